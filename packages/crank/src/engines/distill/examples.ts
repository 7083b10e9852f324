/** Texts with the index of their label. */
export interface Example {
  text: string;
  label: number;
}

/** Something that can be asked, while it is being trained or after: scores of each label for a text. */
export interface Scorer {
  scores(text: string): Float64Array;
}

/** How sure training wants to be of the least frequent labels: a weight for each, of mean 1 over the examples. */
export const labelCounts = (examples: readonly Example[], labels: number): Float64Array => {
  const counts = new Float64Array(labels);
  for (const { label } of examples) counts[label]! += 1;
  return counts;
};
