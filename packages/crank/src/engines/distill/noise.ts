import { bestOf } from './calibrate.ts';
import type { Example } from './examples.ts';
import { drawFrom, shuffled } from './random.ts';
import { type FeatureSpec, type Features, featuresOf } from './serving/features.ts';
import { softmax } from './serving/student.ts';
import { linearScores, trainOn } from './train-linear.ts';

/** A label that is probably wrong. */
export interface Suspect {
  /** Index of the example. */
  index: number;
  /** The label that models say which did not see this example. */
  likely: number;
  /** How much likelier than the given one, 0 to 1. */
  margin: number;
}

const FOLDS = 5;
const EPOCHS = 8;

/**
 * Finds labels that are probably wrong: models that were trained without an example say what it is, and where they are as sure of
 * another label as they are of texts that have it, the given one is suspect (confident learning, Northcutt et al. 2021).
 *
 * @returns the least believable first
 */
export const suspectsOf = (
  examples: readonly Example[],
  labels: number,
  spec: FeatureSpec,
  seed: number,
): Suspect[] => {
  const features = examples.map(({ text }) => featuresOf(spec, text));
  const likely = outOfFold(examples, features, labels, spec, seed);
  const sums = new Float64Array(labels);
  const counts = new Float64Array(labels);
  for (const [i, { label }] of examples.entries()) {
    sums[label]! += likely[i]![label]!;
    counts[label]! += 1;
  }
  const usual = sums.map((sum, c) => (counts[c]! === 0 ? 1 : sum / counts[c]!));
  return examples
    .map(({ label }, index): Suspect => {
      const best = bestOf(likely[index]!);
      return { index, likely: best, margin: likely[index]![best]! - likely[index]![label]! };
    })
    .filter(({ index, likely: best }) => best !== examples[index]!.label && likely[index]![best]! >= usual[best]!)
    .sort((a, b) => b.margin - a.margin || a.index - b.index);
};

const outOfFold = (
  examples: readonly Example[],
  features: readonly Features[],
  labels: number,
  spec: FeatureSpec,
  seed: number,
): Float64Array[] => {
  const order = shuffled(
    examples.map((_, i) => i),
    drawFrom(seed),
  );
  const likely: Float64Array[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const train = order.filter((_, at) => at % FOLDS !== fold);
    const prepared = train.map((i) => ({ ...features[i]!, label: examples[i]!.label }));
    const model = trainOn(prepared, labels, spec, { seed, epochs: EPOCHS });
    for (const [at, i] of order.entries())
      if (at % FOLDS === fold) likely[i] = softmax(linearScores(model, features[i]!));
  }
  return likely;
};
