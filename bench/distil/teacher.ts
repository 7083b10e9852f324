import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate } from '../../packages/crank/src/engines/distill/evaluate.ts';
import type { Example } from '../../packages/crank/src/engines/distill/examples.ts';
import { startAsking } from '../../packages/crank/src/engines/distill/loop/asking.ts';
import { localDesk } from '../../packages/crank/src/engines/distill/loop/desk.ts';
import { gather } from '../../packages/crank/src/engines/distill/loop/gather.ts';
import { suspectsOf } from '../../packages/crank/src/engines/distill/noise.ts';
import { drawFrom, shuffled } from '../../packages/crank/src/engines/distill/random.ts';
import { scoresOf } from '../../packages/crank/src/engines/distill/serving/student.ts';
import { scoreAll, train } from '../../packages/crank/src/engines/distill/train.ts';
import { linearSpec } from '../../packages/crank/src/engines/distill/train-linear.ts';
import { startLabellingServer } from '../../packages/crank/test/support/labelling-server.ts';
import { markdown } from '../machine.ts';
import { percent, SEED, spamCorpus } from './corpus.ts';
import { LABELS } from './spam-data.ts';

const SPEC = linearSpec(2);

/**
 * What a teacher's answers are worth, on the random split of the SpamAssassin corpus, by linear students. The teacher is the
 * labelling server of the tests, over HTTP: it answers from the true labels, with a share of wrong ones.
 */
export const teacher = async (): Promise<void> => {
  const { mails, splits } = spamCorpus();
  const texts = mails.map(({ text }) => text);
  const truth = new Map(mails.map(({ text, label }) => [text.slice(0, 4_000), LABELS[label]]));
  const of = (side: readonly number[]): Example[] => side.map((i) => ({ text: texts[i]!, label: mails[i]!.label }));
  const { train: pool, validation, test } = splits.random;
  const judge = (learn: readonly Example[], choose: readonly Example[]) => {
    const { student } = train(learn, choose, LABELS, { seed: SEED, kinds: ['linear'] });
    return evaluate(
      scoreAll((text) => scoresOf(student, text), of(test)),
      LABELS,
      { temperature: 1, seed: SEED },
    );
  };
  const rows: string[][] = [];
  const add = (
    what: string,
    calls: number,
    {
      accuracy,
      macroF1,
      intervals: {
        accuracy: [low, high],
      },
    }: ReturnType<typeof judge>,
  ): void => {
    rows.push([what, String(calls), `${percent(accuracy)} (${percent(low)} to ${percent(high)})`, macroF1.toFixed(3)]);
    console.error(rows.at(-1)!.join(' | '));
  };
  add('all labelled, none wrong', pool.length + validation.length, judge(of(pool), of(validation)));
  const folder = mkdtempSync(join(tmpdir(), 'crank-bench-distil-'));
  try {
    for (const wrong of [0, 0.1]) {
      const server = await startLabellingServer({ truth: (text) => truth.get(text)!, labels: LABELS, wrong });
      const task = { labels: LABELS.map((name) => ({ name })) };
      const chat = {
        api: 'openai',
        url: server.url,
        model: 'true labels',
        batch: 20,
        prices: { input: 0.15, output: 0.6 },
      } as const;
      const desk = localDesk(task, chat, {
        folder: join(folder, String(wrong)),
        budget: 'b',
        limitMicroUsd: 10_000_000,
      });
      const asking = await startAsking(desk, texts);
      // What is learnt from and chosen by; figures are from the true labels of the whole test side.
      const got = await gather(asking, {
        ...{ texts, labels: LABELS, split: { train: pool, validation, test: [] }, spec: SPEC, seed: SEED },
        ...{ most: 426, progress: () => {} },
      });
      await asking.end();
      const answers = [...server.answered.values()].reduce((sum, count) => sum + count, 0);
      const { suspects, corrected, dropped } = got.noise;
      add(
        `${percent(wrong, 0)} wrong, ${got.train.length} + ${got.validation.length} labels chosen by the loop; ${suspects} doubted, ${corrected} corrected, ${dropped} dropped; ${server.asked} requests, $${(asking.spentMicroUsd / 1e6).toFixed(4)} at $0.15 / $0.60 a million tokens`,
        answers,
        judge(got.train, got.validation),
      );
      await server.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const count of [400]) {
    const some = shuffled(pool, drawFrom(SEED)).slice(0, count);
    add(`${count} at random, none wrong`, count + 60, judge(of(some), of(validation.slice(0, 60))));
  }
  const draw = drawFrom(5);
  const flipped = of(pool).map((one) => (draw() < 0.1 ? { ...one, label: 1 - one.label } : one));
  const chosen = of(validation).map((one) => (draw() < 0.1 ? { ...one, label: 1 - one.label } : one));
  add('all labelled, 10% wrong, as they are', pool.length + validation.length, judge(flipped, chosen));
  const suspects = new Set(suspectsOf(flipped, 2, SPEC, SEED).map(({ index }) => index));
  const kept = flipped.filter((_, i) => !suspects.has(i));
  const rightly = [...suspects].filter((i) => flipped[i]!.label !== mails[pool[i]!]!.label).length;
  add(
    `all labelled, 10% wrong, without the ${suspects.size} that were doubted out of fold (${rightly} of them wrong)`,
    pool.length + validation.length,
    judge(kept, chosen),
  );
  console.log(`${test.length} texts of the random split, true labels; linear students; seed ${SEED}\n`);
  console.log(markdown(['labels', 'answers', 'accuracy (95%)', 'macro-F1'], rows));
};
