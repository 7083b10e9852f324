import type { Student } from './serving/student.ts';
import type { TrainedCnn } from './train-cnn.ts';
import type { TrainedLinear } from './train-linear.ts';

/** Weights of 8 bits: symmetric, a scale for each label or filter, so that 127 stands for the largest. */
export const quantise = (
  trained: TrainedLinear | TrainedCnn,
  labels: readonly string[],
  temperature: number,
): Student => {
  if (trained.kind === 'linear') {
    const { features, weights, bias } = trained;
    const scales = scalesOf(weights, labels.length, (i) => i % labels.length);
    const small = Int8Array.from(weights, (weight, i) => Math.round(weight / scales[i % labels.length]!));
    return { kind: 'linear', labels, temperature, features, weights: small, scales, bias };
  }
  const { features, table, kernels, offsets, weights, bias } = trained;
  const tableScale = scalesOf(table, 1, () => 0)[0]!;
  return {
    ...{ kind: 'cnn', labels, temperature, features, weights, bias, tableScale },
    table: Int8Array.from(table, (value) => Math.round(value / tableScale)),
    convolutions: kernels.map((kernel, w) => {
      const span = features.widths[w]! * features.dimensions;
      const scales = scalesOf(kernel, features.filters, (i) => Math.floor(i / span));
      const small = Int8Array.from(kernel, (value, i) => Math.round(value / scales[Math.floor(i / span)]!));
      return { weights: small, scales, bias: offsets[w]! };
    }),
  };
};

const scalesOf = (values: Float32Array, count: number, of: (i: number) => number): Float32Array => {
  const most = new Float32Array(count);
  for (const [i, value] of values.entries()) most[of(i)] = Math.max(most[of(i)]!, Math.abs(value));
  return most.map((one) => (one === 0 ? 1 : one / 127));
};
