import { featuresOf } from './features.ts';
import { type Student, scoresOf, softmax } from './student.ts';

/** What texts look like to a student: of each, how sure it is, and how much of it training had seen. Both in ascending order. */
export interface Looks {
  confidence: number[];
  /** Empty for a network, which cannot tell. */
  known: number[];
}

/** One of the two, compared. */
export interface Shift {
  mean: number;
  /** In the texts that the student was chosen by. */
  meanThen: number;
  /** Likelihood of a difference like this where nothing has changed (Kolmogorov-Smirnov). */
  p: number;
}

export interface Drift {
  texts: number;
  /** Something has changed: what the card says of accuracy and abstaining need not hold any more. */
  alarm: boolean;
  confidence: Shift;
  known?: Shift;
}

/** Two comparisons at each look, and a look for every fifty texts: one false alarm in fifty times five hundred texts, at most. */
const ALARM = 0.001;
const KEPT = 500;

/** @returns looks of these texts, thinned out to 500 */
export const looksOf = (student: Student, texts: readonly string[]): Looks => {
  const confidence = texts.map((text) => Math.max(...softmax(scoresOf(student, text), student.temperature)));
  const known = student.kind === 'linear' ? texts.map((text) => knownShare(student, text)) : [];
  return { confidence: thinned(confidence), known: thinned(known) };
};

/** Whether texts of now look like those of then. */
export const driftOf = (student: Student, then: Looks, texts: readonly string[]): Drift => {
  const now = looksOf(student, texts);
  const confidence = shiftOf(then.confidence, now.confidence);
  const known = then.known.length === 0 || now.known.length === 0 ? undefined : shiftOf(then.known, now.known);
  const alarm = confidence.p < ALARM || (known?.p ?? 1) < ALARM;
  return { texts: texts.length, alarm, confidence, ...(known && { known }) };
};

/** Share of a text's features that training gave a weight to. */
const knownShare = (student: Student & { kind: 'linear' }, text: string): number => {
  const { ids, values } = featuresOf(student.features, text);
  const count = student.labels.length;
  let seen = 0;
  for (const [i, id] of ids.entries()) {
    const row = student.weights.subarray(id * count, (id + 1) * count);
    if (row.some((weight) => weight !== 0)) seen += values[i]! * values[i]!;
  }
  return ids.length === 0 ? 0 : seen;
};

const thinned = (values: readonly number[]): number[] => {
  const sorted = [...values].sort((a, b) => a - b);
  const count = Math.min(KEPT, sorted.length);
  return Array.from({ length: count }, (_, i) => {
    const value = sorted[Math.floor(((i + 0.5) * sorted.length) / count)]!;
    return Math.round(value * 1e4) / 1e4;
  });
};

const mean = (values: readonly number[]): number =>
  Math.round((values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)) * 1e4) / 1e4;

const shiftOf = (then: readonly number[], now: readonly number[]): Shift => ({
  mean: mean(now),
  meanThen: mean(then),
  p: kolmogorovSmirnov(then, now),
});

/** Two samples in ascending order; the asymptotic distribution (Press et al., Numerical Recipes, section 14.3). */
export const kolmogorovSmirnov = (a: readonly number[], b: readonly number[]): number => {
  if (a.length === 0 || b.length === 0) return 1;
  let [i, j, most] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i]! <= value) i += 1;
    while (j < b.length && b[j]! <= value) j += 1;
    most = Math.max(most, Math.abs(i / a.length - j / b.length));
  }
  const size = Math.sqrt((a.length * b.length) / (a.length + b.length));
  const x = (size + 0.12 + 0.11 / size) * most;
  if (x < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return Math.min(1, Math.max(0, sum));
};
