import { bestOf, calibrationError, type Scored } from './calibrate.ts';
import { drawFrom } from './random.ts';

export interface ClassFigures {
  label: string;
  precision: number;
  recall: number;
  f1: number;
  /** Texts that are of it. */
  support: number;
}

/** How a model does on some texts. Shares are 0 to 1. */
export interface Evaluation {
  texts: number;
  accuracy: number;
  macroF1: number;
  /** 95%, by drawing the texts again a thousand times (percentile bootstrap). */
  intervals: { accuracy: [low: number, high: number]; macroF1: [low: number, high: number] };
  classes: ClassFigures[];
  /** [what it is][what was said] */
  confusion: number[][];
  /** Expected calibration error. */
  calibrationError: number;
}

const DRAWS = 1_000;

export const evaluate = (
  scored: readonly Scored[],
  labels: readonly string[],
  { temperature, seed }: { temperature: number; seed: number },
): Evaluation => {
  const confusion = labels.map(() => labels.map(() => 0));
  const pairs = scored.map(({ scores, label }) => [label, bestOf(scores)] as const);
  for (const [is, said] of pairs) confusion[is]![said]! += 1;
  const classes = classesOf(confusion, labels);
  const draw = drawFrom(seed);
  const drawn = Array.from({ length: scored.length === 0 ? 0 : DRAWS }, () => {
    const again = labels.map(() => labels.map(() => 0));
    for (let i = 0; i < pairs.length; i++) {
      const [is, said] = pairs[Math.floor(draw() * pairs.length)]!;
      again[is]![said]! += 1;
    }
    return { accuracy: accuracyOf(again), macroF1: macroOf(classesOf(again, labels)) };
  });
  return {
    texts: scored.length,
    accuracy: accuracyOf(confusion),
    macroF1: macroOf(classes),
    intervals: {
      accuracy: middle(drawn.map(({ accuracy }) => accuracy)),
      macroF1: middle(drawn.map(({ macroF1 }) => macroF1)),
    },
    classes,
    confusion,
    calibrationError: calibrationError(scored, temperature),
  };
};

const accuracyOf = (confusion: readonly (readonly number[])[]): number => {
  let right = 0;
  let all = 0;
  for (const [is, row] of confusion.entries())
    for (const [said, count] of row.entries()) {
      all += count;
      if (is === said) right += count;
    }
  return all === 0 ? 0 : right / all;
};

const classesOf = (confusion: readonly (readonly number[])[], labels: readonly string[]): ClassFigures[] =>
  labels.map((label, i) => {
    const right = confusion[i]![i]!;
    const support = confusion[i]!.reduce((sum, count) => sum + count, 0);
    const said = confusion.reduce((sum, row) => sum + row[i]!, 0);
    const precision = said === 0 ? 0 : right / said;
    const recall = support === 0 ? 0 : right / support;
    return { label, precision, recall, f1: right === 0 ? 0 : (2 * right) / (said + support), support };
  });

/** Over labels that are there or were said. */
const macroOf = (classes: readonly ClassFigures[]): number => {
  const there = classes.filter(({ support }) => support > 0);
  return there.length === 0 ? 0 : there.reduce((sum, { f1 }) => sum + f1, 0) / there.length;
};

const middle = (values: readonly number[]): [number, number] => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return [at(0.025), at(0.975)];
};
