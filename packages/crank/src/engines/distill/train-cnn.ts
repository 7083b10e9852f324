import type { Example } from './examples.ts';
import { drawFrom, shuffled } from './random.ts';
import { sequenceOf } from './serving/features.ts';
import { type CnnSpec, dot, softmax } from './serving/student.ts';

/** Weights of floats, as they come out of training. */
export interface TrainedCnn {
  kind: 'cnn';
  features: CnnSpec;
  /** buckets × dimensions */
  table: Float32Array;
  /** For each width: filters × width × dimensions. */
  kernels: Float32Array[];
  offsets: Float32Array[];
  /** labels × pooled */
  weights: Float32Array;
  bias: Float32Array;
}

export interface CnnOptions {
  epochs?: number;
  rate?: number;
  /** Share of pooled features that an example does not see. */
  dropout?: number;
  seed: number;
}

export const cnnSpec: CnnSpec = {
  ...{ version: 1, buckets: 2 ** 13, most: 6_000, length: 256, dimensions: 16, widths: [1, 2, 3], filters: 24 },
};

/**
 * A convolution over words with global max-pooling (Kim 2014), trained by AdaGrad. Only the place where a filter was largest has
 * a gradient, so that a step touches a few rows of the table: that is what makes it quick without a matrix library.
 */
export const trainCnn = (
  examples: readonly Example[],
  labels: number,
  features: CnnSpec,
  { epochs = 6, rate = 0.05, dropout = 0.3, seed }: CnnOptions,
): TrainedCnn => {
  const { buckets, dimensions, widths, filters } = features;
  const draw = drawFrom(seed);
  const normal = (count: number, deviation: number): Float32Array =>
    Float32Array.from(
      { length: count },
      () => deviation * Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw()),
    );
  const table = normal(buckets * dimensions, 0.25);
  table.fill(0, 0, dimensions);
  const kernels = widths.map((width) => normal(filters * width * dimensions, Math.sqrt(2 / (width * dimensions))));
  const offsets = widths.map(() => new Float32Array(filters));
  const size = widths.length * filters;
  const weights = normal(labels * size, Math.sqrt(1 / size));
  const bias = new Float32Array(labels);
  const model: TrainedCnn = { kind: 'cnn', features, table, kernels, offsets, weights, bias };

  const all = [table, ...kernels, ...offsets, weights, bias];
  const slopes = new Map(all.map((one) => [one, new Float32Array(one.length)]));
  const step = (of: Float32Array, at: number, slope: number): void => {
    const sums = slopes.get(of)!;
    sums[at]! += slope * slope;
    of[at]! -= (rate * slope) / (Math.sqrt(sums[at]!) + 1e-8);
  };

  const prepared = examples.map(({ text, label }) => ({ ids: sequenceOf(features, text), label }));
  const { pooled, places } = buffers(features);
  const kept = new Uint8Array(size);
  const back = new Float32Array(size);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const { ids, label } of shuffled(prepared, draw)) {
      pool(model, ids, pooled, places);
      for (let i = 0; i < size; i++) kept[i] = draw() < dropout ? 0 : 1;
      const scores = new Float64Array(labels);
      for (let c = 0; c < labels; c++) {
        let sum = bias[c]!;
        for (let i = 0; i < size; i++) if (kept[i]) sum += (weights[c * size + i]! * pooled[i]!) / (1 - dropout);
        scores[c] = sum;
      }
      const likely = softmax(scores);
      back.fill(0);
      for (let c = 0; c < labels; c++) {
        const wrong = likely[c]! - (c === label ? 1 : 0);
        step(bias, c, wrong);
        for (let i = 0; i < size; i++) {
          if (!kept[i] || pooled[i] === 0) continue;
          back[i]! += (wrong * weights[c * size + i]!) / (1 - dropout);
          step(weights, c * size + i, (wrong * pooled[i]!) / (1 - dropout));
        }
      }
      for (const [w, width] of widths.entries()) {
        const span = width * dimensions;
        const kernel = kernels[w]!;
        for (let f = 0; f < filters; f++) {
          const slope = back[w * filters + f]!;
          if (slope === 0) continue;
          step(offsets[w]!, f, slope);
          const at = places[w * filters + f]!;
          for (let i = 0; i < span; i++) {
            const id = ids[at + Math.floor(i / dimensions)]!;
            const cell = id * dimensions + (i % dimensions);
            const weight = kernel[f * span + i]!;
            step(kernel, f * span + i, slope * table[cell]!);
            if (id !== 0) step(table, cell, slope * weight);
          }
        }
      }
    }
  }
  return model;
};

const buffers = ({ widths, filters }: CnnSpec): { pooled: Float32Array; places: Uint32Array } => ({
  pooled: new Float32Array(widths.length * filters),
  places: new Uint32Array(widths.length * filters),
});

/** The largest of each filter, none below 0, and where it was. */
const pool = (
  { features, table, kernels, offsets }: TrainedCnn,
  ids: Uint32Array,
  pooled: Float32Array,
  places: Uint32Array,
): void => {
  const { dimensions, widths, filters } = features;
  // Behind the last word all rows are zero: one window of nothing says what the others would.
  const end = lastWord(ids) + Math.max(...widths);
  const used = Math.min(ids.length, end);
  const input = new Float32Array(used * dimensions);
  for (let t = 0; t < used; t++)
    for (let d = 0; d < dimensions; d++) input[t * dimensions + d] = table[ids[t]! * dimensions + d]!;
  for (const [w, width] of widths.entries()) {
    const span = width * dimensions;
    const kernel = kernels[w]!;
    for (let f = 0; f < filters; f++) {
      const offset = offsets[w]![f]!;
      let most = 0;
      let place = 0;
      for (let t = 0; t + width <= used; t++) {
        const sum = offset + dot(kernel, f * span, input, t * dimensions, span);
        if (sum > most) {
          most = sum;
          place = t;
        }
      }
      pooled[w * filters + f] = most;
      places[w * filters + f] = place;
    }
  }
};

const lastWord = (ids: Uint32Array): number => {
  let end = ids.length;
  while (end > 0 && ids[end - 1] === 0) end -= 1;
  return end;
};

export const cnnScores = (model: TrainedCnn, text: string): Float64Array => {
  const { pooled, places } = buffers(model.features);
  pool(model, sequenceOf(model.features, text), pooled, places);
  const scores = Float64Array.from(model.bias);
  for (let c = 0; c < scores.length; c++)
    for (let i = 0; i < pooled.length; i++) scores[c]! += model.weights[c * pooled.length + i]! * pooled[i]!;
  return scores;
};
