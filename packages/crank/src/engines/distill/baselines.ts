import { type Example, labelCounts, type Scorer } from './examples.ts';
import { type FeatureSpec, gramsOf, hashOf } from './serving/features.ts';

/** What a student has to beat without having looked: always the most frequent label. */
export const majority = (examples: readonly Example[], labels: number): Scorer => {
  const counts = labelCounts(examples, labels);
  const scores = counts.map((count) => Math.log((count + 1) / (examples.length + labels)));
  return { scores: () => scores };
};

/** Multinomial naive Bayes over the same hashed words, add-one smoothing. */
export const naiveBayes = (examples: readonly Example[], labels: number, features: FeatureSpec): Scorer => {
  const spec: FeatureSpec = {
    ...features,
    words: [1],
    characters: features.words.length === 0 ? features.characters : [],
  };
  const counts = new Float64Array(spec.buckets * labels).fill(1);
  const totals = new Float64Array(labels).fill(spec.buckets);
  for (const { text, label } of examples)
    for (const gram of gramsOf(spec, text)) {
      counts[(hashOf(gram) & (spec.buckets - 1)) * labels + label]! += 1;
      totals[label]! += 1;
    }
  const prior = labelCounts(examples, labels).map((count) => Math.log((count + 1) / (examples.length + labels)));
  return {
    scores: (text) => {
      const scores = Float64Array.from(prior);
      for (const gram of gramsOf(spec, text)) {
        const row = (hashOf(gram) & (spec.buckets - 1)) * labels;
        for (let c = 0; c < labels; c++) scores[c]! += Math.log(counts[row + c]! / totals[c]!);
      }
      return scores;
    },
  };
};
