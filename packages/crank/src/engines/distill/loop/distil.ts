import { majority, naiveBayes } from '../baselines.ts';
import { bestOf, thresholdFor } from '../calibrate.ts';
import { clustersOf } from '../duplicates.ts';
import { type Evaluation, evaluate } from '../evaluate.ts';
import type { Example } from '../examples.ts';
import { type Looks, looksOf } from '../serving/drift.ts';
import { refused } from '../serving/refused.ts';
import { type Student, scoresOf, softmax } from '../serving/student.ts';
import { randomSplit, type Split, timeSplit } from '../split.ts';
import { type Candidate, scoreAll, train } from '../train.ts';
import { linearSpec } from '../train-linear.ts';
import { type Desk, startAsking } from './asking.ts';
import { type Gathered, gather, type Labelled } from './gather.ts';

/** A text to learn from. */
export interface Item {
  text: string;
  /** A person's; such a text is what student and teacher are checked on, or learnt from where there is no teacher. */
  label?: string | undefined;
  /** Milliseconds since 1970. */
  time?: number | undefined;
  group?: string | undefined;
}

export interface DistilOptions {
  labels: readonly string[];
  /** Labels that are asked for at most. */
  most: number;
  /** Share of right answers that what is not abstained from should reach, 0 to 1. */
  target: number;
  seed: number;
  split: 'random' | 'time';
  progress: (share: number, what: string) => void;
}

/** What was done, and how good it is. Every figure says what it was measured on. */
export interface Report {
  texts: { read: number; distinct: number; split: 'random' | 'time'; heldOut: number };
  labels: { source: 'teacher' | 'person'; train: number; validation: number; test: number } & Labelled['noise'];
  cost: { microUsd: number; questions: number; isExhausted: boolean };
  student: { kind: Student['kind']; temperature: number; candidates: Candidate[] };
  /** Against the labels of `labels.source`, on held-out texts of the split. */
  test: Evaluation;
  baselines: { majority: number; naiveBayes: number };
  /** Against a person's labels, none of which anything was trained on or chosen by. */
  person?: { student: Evaluation; teacher: number | undefined; texts: number };
  abstain: {
    target: number;
    threshold: number;
    coverageOnValidation: number;
    onTest: { coverage: number; accuracy: number };
  };
  groups: Record<string, { texts: number; accuracy: number }>;
}

/** From texts and a teacher to a student, with a report. @throws Error that says what is missing */
export const distil = async (
  items: readonly Item[],
  desk: Desk | undefined,
  options: DistilOptions,
): Promise<{ student: Student; report: Report; threshold: number; looks: Looks }> => {
  const { labels, seed, progress, target } = options;
  progress(0, 'near-duplicates');
  const clusters = clustersOf(items.map(({ text }) => text));
  const distinct = items.filter((_, i) => clusters[i] === i);
  const checked = desk === undefined ? [] : distinct.filter(({ label }) => label !== undefined);
  const pool = distinct.filter(({ label }) => (desk === undefined ? label !== undefined : label === undefined));
  const own = { clusters: pool.map((_, i) => i), seed };
  const times = pool.map(({ time }) => time);
  const split = options.split === 'time' ? timeSplit(times, own) : randomSplit(pool.length, own);
  const spec = linearSpec(labels.length);
  const texts = pool.map(({ text }) => text);

  const asking = desk && (await startAsking(desk, [...texts, ...checked.map(({ text }) => text)]));
  const got = asking
    ? await gather(asking, { ...{ texts, labels, split, spec, seed, progress }, most: options.most - checked.length })
    : fromPersons(pool, labels, split);
  demandEnough(got, labels);

  progress(0.6, 'students');
  const { student, candidates } = train(got.train, got.validation, labels, { seed });
  const scored = scoreAll((text) => scoresOf(student, text), got.validation);
  const { temperature } = student;
  const found = thresholdFor(scored, temperature, target) ?? { threshold: 1, coverage: 0 };
  const judged = { temperature, seed };

  progress(0.9, 'figures');
  const tested = scoreAll((text) => scoresOf(student, text), got.test);
  const answered = tested.filter(({ scores }) => Math.max(...softmax(scores, temperature)) >= found.threshold);
  const of = (scores: (text: string) => Float64Array): number =>
    evaluate(scoreAll(scores, got.test), labels, { temperature: 1, seed }).accuracy;
  const person = await personCheck(checked, student, labels, judged, asking);
  await asking?.end();
  const report: Report = {
    texts: { read: items.length, distinct: distinct.length, split: options.split, heldOut: split.test.length },
    labels: {
      source: desk ? 'teacher' : 'person',
      ...{ train: got.train.length, validation: got.validation.length, test: got.test.length },
      ...got.noise,
    },
    cost: {
      microUsd: asking?.spentMicroUsd ?? 0,
      questions: asking?.questions ?? 0,
      isExhausted: asking?.isExhausted ?? false,
    },
    student: { kind: student.kind, temperature, candidates },
    test: evaluate(tested, labels, judged),
    baselines: {
      majority: of(majority(got.train, labels.length).scores),
      naiveBayes: of(naiveBayes(got.train, labels.length, spec).scores),
    },
    ...(person && { person }),
    abstain: {
      ...{ target, threshold: found.threshold, coverageOnValidation: found.coverage },
      onTest: { coverage: answered.length / Math.max(1, tested.length), accuracy: rightShare(answered) },
    },
    groups: byGroup(pool, got.test, tested),
  };
  const looks = looksOf(
    student,
    got.validation.map(({ text }) => text),
  );
  return { student, report, threshold: found.threshold, looks };
};

const rightShare = (scored: readonly { scores: Float64Array; label: number }[]): number =>
  scored.filter(({ scores, label }) => bestOf(scores) === label).length / Math.max(1, scored.length);

const fromPersons = (pool: readonly Item[], labels: readonly string[], split: Split): Labelled => {
  const of = (side: readonly number[]): Gathered[] =>
    side.map((index) => ({ index, text: pool[index]!.text, label: labels.indexOf(pool[index]!.label!) }));
  const noise = { suspects: 0, corrected: 0, dropped: 0, disagreement: undefined };
  return { train: of(split.train), validation: of(split.validation), test: of(split.test), noise };
};

/** A student of nothing would be a number without a meaning. */
const demandEnough = ({ train: learn, validation, test }: Labelled, labels: readonly string[]): void => {
  const seen = new Set(learn.map(({ label }) => label));
  const missing = labels.filter((_, i) => !seen.has(i));
  if (missing.length > 0)
    throw refused(
      `No text to learn from was labelled ${missing.join(', ')}: more texts, a larger budget or fewer labels.`,
      'texts',
    );
  if (validation.length < 10 || test.length < 10)
    throw refused(
      `There are labels for ${learn.length} texts to learn from, ${validation.length} to choose by and ${test.length} to measure on: at least 10 of each are needed. More texts, or a larger budget.`,
      'texts',
    );
};

const personCheck = async (
  checked: readonly Item[],
  student: Student,
  labels: readonly string[],
  judged: { temperature: number; seed: number },
  asking: Awaited<ReturnType<typeof startAsking>> | undefined,
): Promise<Report['person']> => {
  if (checked.length === 0 || asking === undefined) return undefined;
  const examples: Example[] = checked.map(({ text, label }) => ({ text, label: labels.indexOf(label!) }));
  const said = await asking.labelTexts(checked.map(({ text }) => text));
  const both = checked.filter((_, i) => said[i] !== undefined);
  const right = checked.filter(({ label }, i) => said[i] === label);
  return {
    texts: checked.length,
    student: evaluate(
      scoreAll((text) => scoresOf(student, text), examples),
      labels,
      judged,
    ),
    teacher: both.length === 0 ? undefined : right.length / both.length,
  };
};

const byGroup = (
  pool: readonly Item[],
  test: readonly Gathered[],
  scored: readonly { scores: Float64Array; label: number }[],
): Report['groups'] => {
  const groups: Record<string, { texts: number; accuracy: number }> = {};
  const names = new Set(test.flatMap(({ index }) => pool[index]!.group ?? []));
  for (const name of [...names].sort().slice(0, 50)) {
    const own = scored.filter((_, i) => pool[test[i]!.index]!.group === name);
    groups[name] = { texts: own.length, accuracy: rightShare(own) };
  }
  return groups;
};
