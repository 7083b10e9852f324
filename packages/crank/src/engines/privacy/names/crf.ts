/** Tags of tokens: none, or where a name of a type begins or goes on (IOB2). */
export const NAME_TYPES = ['person', 'location', 'organisation'] as const;
export type NameType = (typeof NAME_TYPES)[number];
export const TAGS = 1 + 2 * NAME_TYPES.length;
export const beginOf = (type: number): number => 1 + 2 * type;
export const insideOf = (type: number): number => 2 + 2 * type;

/** A linear-chain conditional random field (Lafferty, McCallum, Pereira 2001). */
export interface Weights {
  /** By feature and tag: `feature * TAGS + tag`. */
  state: ArrayLike<number>;
  /** What one step of a state weight is worth. */
  scale: number;
  /** By the tag before and the tag: `before * TAGS + tag`; the last row is the beginning. */
  step: ArrayLike<number>;
}

/** Scores of each tag of each token by its features alone. */
export const stateScores = (features: readonly Uint32Array[], { state, scale }: Weights): Float64Array => {
  const scores = new Float64Array(features.length * TAGS);
  features.forEach((ones, at) => {
    for (const feature of ones) {
      const base = feature * TAGS;
      for (let tag = 0; tag < TAGS; tag++) scores[at * TAGS + tag]! += state[base + tag]! * scale;
    }
  });
  return scores;
};

/**
 * How likely each tag of each token is, by the forward-backward algorithm with scaling: `token * TAGS + tag`. Time and
 * memory grow with the number of tokens.
 *
 * @param onPair told how likely a tag is behind another, for training; the tag before the first is TAGS
 */
export const marginals = (
  scores: Float64Array,
  { step }: Weights,
  onPair?: (before: number, tag: number, probability: number) => void,
): Float64Array => {
  const count = scores.length / TAGS;
  const moves = Float64Array.from(step, Math.exp);
  const here = new Float64Array(scores.length);
  for (let at = 0; at < count; at++) {
    let most = Number.NEGATIVE_INFINITY;
    for (let tag = 0; tag < TAGS; tag++) most = Math.max(most, scores[at * TAGS + tag]!);
    for (let tag = 0; tag < TAGS; tag++) here[at * TAGS + tag] = Math.exp(scores[at * TAGS + tag]! - most);
  }
  const forward = new Float64Array(scores.length);
  const sums = new Float64Array(count);
  for (let at = 0; at < count; at++) {
    let sum = 0;
    for (let tag = 0; tag < TAGS; tag++) {
      let reached = 0;
      if (at === 0) reached = moves[TAGS * TAGS + tag]!;
      else
        for (let before = 0; before < TAGS; before++)
          reached += forward[(at - 1) * TAGS + before]! * moves[before * TAGS + tag]!;
      reached *= here[at * TAGS + tag]!;
      forward[at * TAGS + tag] = reached;
      sum += reached;
    }
    sums[at] = sum;
    for (let tag = 0; tag < TAGS; tag++) forward[at * TAGS + tag]! /= sum;
  }
  const backward = new Float64Array(TAGS).fill(1);
  const left = new Float64Array(TAGS);
  const likely = new Float64Array(scores.length);
  for (let at = count - 1; at >= 0; at--) {
    for (let tag = 0; tag < TAGS; tag++) likely[at * TAGS + tag] = forward[at * TAGS + tag]! * backward[tag]!;
    left.fill(0);
    for (let tag = 0; tag < TAGS; tag++) {
      const onward = (here[at * TAGS + tag]! * backward[tag]!) / sums[at]!;
      if (at === 0) {
        onPair?.(TAGS, tag, moves[TAGS * TAGS + tag]! * onward);
        continue;
      }
      for (let before = 0; before < TAGS; before++) {
        const move = moves[before * TAGS + tag]! * onward;
        left[before]! += move;
        onPair?.(before, tag, forward[(at - 1) * TAGS + before]! * move);
      }
    }
    backward.set(left);
  }
  return likely;
};
