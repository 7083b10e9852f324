import { type FeatureSpec, featuresOf, sequenceOf } from './features.ts';

/** Weights of 8 bits; a row's or a column's scale makes numbers of them. */
export interface LinearStudent {
  kind: 'linear';
  features: FeatureSpec;
  /** buckets × labels, row by row. */
  weights: Int8Array;
  /** One for each label. */
  scales: Float32Array;
  bias: Float32Array;
}

export interface CnnSpec {
  version: 1;
  buckets: number;
  most: number;
  /** Words of a text that are looked at. */
  length: number;
  dimensions: number;
  /** How many words a filter sees, and of each width `filters`. */
  widths: readonly number[];
  filters: number;
}

export interface CnnStudent {
  kind: 'cnn';
  features: CnnSpec;
  /** buckets × dimensions; the scale is of the whole table. */
  table: Int8Array;
  tableScale: number;
  /** For each width: filters × width × dimensions, the scale for each filter, its bias. */
  convolutions: readonly { weights: Int8Array; scales: Float32Array; bias: Float32Array }[];
  /** labels × pooled. */
  weights: Float32Array;
  bias: Float32Array;
}

/** What answers: from a text to a likelihood for each label. */
export type Student = (LinearStudent | CnnStudent) & {
  labels: readonly string[];
  /** Scores are divided by it before they become likelihoods: fitted on texts that training did not see. */
  temperature: number;
};

/** Scores of each label, before the temperature. */
export const scoresOf = (student: Student, text: string): Float64Array => {
  const scores = new Float64Array(student.labels.length);
  if (student.kind === 'linear') addLinear(student, text, scores);
  else addCnn(student, text, scores);
  return scores;
};

/** Likelihoods that sum to 1. */
export const softmax = (scores: Float64Array, temperature = 1): Float64Array => {
  const most = Math.max(...scores);
  const raised = scores.map((score) => Math.exp((score - most) / temperature));
  const sum = raised.reduce((a, b) => a + b, 0);
  return raised.map((one) => one / sum);
};

const addLinear = ({ features, weights, scales, bias }: LinearStudent, text: string, scores: Float64Array): void => {
  const { ids, values } = featuresOf(features, text);
  const count = scores.length;
  for (let i = 0; i < ids.length; i++) {
    const row = ids[i]! * count;
    for (let label = 0; label < count; label++) scores[label]! += weights[row + label]! * values[i]!;
  }
  for (let label = 0; label < count; label++) scores[label] = scores[label]! * scales[label]! + bias[label]!;
};

const addCnn = (student: CnnStudent, text: string, scores: Float64Array): void => {
  const { features, table, tableScale, convolutions, weights, bias } = student;
  const { dimensions, widths, filters, length } = features;
  const ids = sequenceOf(features, text);
  const input = new Float32Array(length * dimensions);
  // Behind the last word all rows are the same: a window of nothing says what the others would.
  let used = length;
  while (used > 0 && ids[used - 1] === 0) used -= 1;
  used = Math.min(length, used + Math.max(...widths));
  for (let t = 0; t < used; t++)
    for (let d = 0; d < dimensions; d++) input[t * dimensions + d] = table[ids[t]! * dimensions + d]! * tableScale;
  const pooled = new Float32Array(widths.length * filters);
  for (const [w, width] of widths.entries()) {
    const { weights: kernel, scales, bias: offset } = convolutions[w]!;
    const span = width * dimensions;
    for (let f = 0; f < filters; f++) {
      let most = 0;
      for (let t = 0; t + width <= used; t++) {
        const value = dot(kernel, f * span, input, t * dimensions, span) * scales[f]! + offset[f]!;
        if (value > most) most = value;
      }
      pooled[w * filters + f] = most;
    }
  }
  for (let label = 0; label < scores.length; label++) {
    let sum = bias[label]!;
    for (let i = 0; i < pooled.length; i++) sum += weights[label * pooled.length + i]! * pooled[i]!;
    scores[label] = sum;
  }
};

/** The inner product of `span` numbers, four at a time; `span` is a multiple of four, as dimensions are. */
export const dot = (a: Float32Array | Int8Array, from: number, b: Float32Array, at: number, span: number): number => {
  let [w, x, y, z] = [0, 0, 0, 0];
  for (let i = 0; i < span; i += 4) {
    w += a[from + i]! * b[at + i]!;
    x += a[from + i + 1]! * b[at + i + 1]!;
    y += a[from + i + 2]! * b[at + i + 2]!;
    z += a[from + i + 3]! * b[at + i + 3]!;
  }
  return w + x + y + z;
};
