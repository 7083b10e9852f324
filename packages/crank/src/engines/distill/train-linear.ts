import type { Example } from './examples.ts';
import { drawFrom, shuffled } from './random.ts';
import { type FeatureSpec, type Features, featuresOf } from './serving/features.ts';
import { softmax } from './serving/student.ts';

/** Weights of floats, as they come out of training. */
export interface TrainedLinear {
  kind: 'linear';
  features: FeatureSpec;
  weights: Float32Array;
  bias: Float32Array;
}

export interface LinearOptions {
  epochs?: number;
  rate?: number;
  /** L2, on the weights of features that an example has. */
  decay?: number;
  seed: number;
}

const PLACES = 2 ** 18;

/** Features for texts: at most 256 Ki weights of a byte, so that a student has no more than 256 KiB. */
export const linearSpec = (labels: number, characters: readonly number[] = []): FeatureSpec => ({
  version: 1,
  buckets: Math.min(2 ** 16, 2 ** Math.floor(Math.log2(PLACES / labels))),
  words: [1, 2],
  characters,
  most: 10_000,
});

/** Multinomial logistic regression over hashed features by AdaGrad (Duchi et al. 2011); the same for the same seed. */
export const trainLinear = (
  examples: readonly Example[],
  labels: number,
  features: FeatureSpec,
  { epochs = 20, rate = 0.5, decay = 1e-6, seed }: LinearOptions,
): TrainedLinear =>
  trainOn(
    examples.map(({ text, label }) => ({ ...featuresOf(features, text), label })),
    labels,
    features,
    { epochs, rate, decay, seed },
  );

/** The same for texts whose features are there already: rounds of selection and folds train on the same ones again. */
export const trainOn = (
  prepared: readonly (Features & { label: number })[],
  labels: number,
  features: FeatureSpec,
  { epochs = 20, rate = 0.5, decay = 1e-6, seed }: LinearOptions,
): TrainedLinear => {
  const weights = new Float32Array(features.buckets * labels);
  const slopes = new Float32Array(weights.length);
  const bias = new Float32Array(labels);
  const biasSlopes = new Float32Array(labels);
  const draw = drawFrom(seed);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const { ids, values, label } of shuffled(prepared, draw)) {
      const likely = softmax(linearScores({ weights, bias }, { ids, values }));
      for (let c = 0; c < labels; c++) {
        const wrong = likely[c]! - (c === label ? 1 : 0);
        biasSlopes[c]! += wrong * wrong;
        bias[c]! -= (rate * wrong) / (Math.sqrt(biasSlopes[c]!) + 1e-8);
        for (let i = 0; i < ids.length; i++) {
          const at = ids[i]! * labels + c;
          const slope = wrong * values[i]! + decay * weights[at]!;
          slopes[at]! += slope * slope;
          weights[at]! -= (rate * slope) / (Math.sqrt(slopes[at]!) + 1e-8);
        }
      }
    }
  }
  return { kind: 'linear', features, weights, bias };
};

export const linearScores = (
  { weights, bias }: Pick<TrainedLinear, 'weights' | 'bias'>,
  { ids, values }: Features,
): Float64Array => {
  const labels = bias.length;
  const scores = Float64Array.from(bias);
  for (let i = 0; i < ids.length; i++) {
    const row = ids[i]! * labels;
    for (let c = 0; c < labels; c++) scores[c]! += weights[row + c]! * values[i]!;
  }
  return scores;
};
