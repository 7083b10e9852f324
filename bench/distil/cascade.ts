import { bestOf, thresholdFor } from '../../packages/crank/src/engines/distill/calibrate.ts';
import { drawFrom, shuffled } from '../../packages/crank/src/engines/distill/random.ts';
import { driftOf, looksOf } from '../../packages/crank/src/engines/distill/serving/drift.ts';
import { scoresOf, softmax } from '../../packages/crank/src/engines/distill/serving/student.ts';
import { scoreAll, train } from '../../packages/crank/src/engines/distill/train.ts';
import { markdown } from '../machine.ts';
import { percent, SEED, spamCorpus } from './corpus.ts';
import { LABELS } from './spam-data.ts';

const TARGET = 0.99;
const LOOK = 50;
const CALLS = 500;
const RUNS = 20;

/**
 * What abstaining below a threshold delivers on each split of the SpamAssassin corpus, and after how many texts `drift` raises
 * its alarm: twenty orders of the test side, looked at every fifty texts.
 */
export const cascade = (): void => {
  const { mails, splits } = spamCorpus();
  const rows = Object.entries(splits).map(([name, split]) => {
    const of = (side: readonly number[]) => side.map((i) => mails[i]!);
    const [validation, test] = [of(split.validation), of(split.test)];
    const { student } = train(of(split.train), validation, LABELS, { seed: SEED, kinds: ['linear'] });
    const score = (text: string): Float64Array => scoresOf(student, text);
    const found = thresholdFor(scoreAll(score, validation), student.temperature, TARGET)!;
    const scored = scoreAll(score, test);
    const given = scored.filter(({ scores }) => Math.max(...softmax(scores, student.temperature)) >= found.threshold);
    const right = given.filter(({ scores, label }) => bestOf(scores) === label).length;
    const then = looksOf(
      student,
      validation.map(({ text }) => text),
    );
    const alarms = Array.from({ length: RUNS }, (_, run) => {
      const texts = shuffled(test, drawFrom(run)).map(({ text }) => text);
      for (let seen = LOOK; seen <= CALLS; seen += LOOK)
        if (driftOf(student, then, texts.slice(0, seen)).alarm) return seen;
      return Number.POSITIVE_INFINITY;
    }).sort((a, b) => a - b);
    const raised = alarms.filter(Number.isFinite);
    return [
      name,
      String(test.length),
      found.threshold.toFixed(3),
      percent(given.length / test.length),
      percent(right / given.length),
      `${raised.length} of ${RUNS}`,
      raised.length === 0 ? 'none' : `${raised[0]} to ${raised.at(-1)}`,
    ];
  });
  console.log(
    `Linear students, ${percent(TARGET, 0)} asked for on validation; alarms within ${CALLS} texts; seed ${SEED}\n`,
  );
  console.log(
    markdown(['split', 'texts', 'threshold', 'answered', 'of that right', 'orders with an alarm', 'after texts'], rows),
  );
};
