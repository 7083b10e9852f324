import { drawFrom, shuffled } from './random.ts';
import { type Features, hashOf } from './serving/features.ts';
import { softmax } from './serving/student.ts';
import { linearScores, type TrainedLinear } from './train-linear.ts';

const PLACES = 64;
/** Candidates for each one that is chosen: among the most uncertain, the most different are taken. */
const POOL = 3;

/** Features in few dimensions: distances stay about what they were (random signs, Achlioptas 2003). */
const sketchOf = ({ ids, values }: Features): Float32Array => {
  const sketch = new Float32Array(PLACES);
  for (const [i, id] of ids.entries()) {
    const hash = hashOf(`~${id}`);
    sketch[hash % PLACES]! += hash & 0x8000 ? values[i]! : -values[i]!;
  }
  return sketch;
};

/** Without a model yet: texts that are far from one another, one after the other from a sample. */
export const chooseFirst = (features: readonly Features[], count: number, seed: number): number[] =>
  spread(
    features,
    shuffled(
      features.map((_, i) => i),
      drawFrom(seed),
    ).slice(0, count * POOL),
    [],
    count,
  );

/**
 * What to ask next: texts of which the model knows least (smallest margin between its first two labels), and among them those
 * that differ most from one another and from what was asked for.
 *
 * @param asked indices that have labels already
 */
export const chooseNext = (
  model: TrainedLinear,
  features: readonly Features[],
  asked: ReadonlySet<number>,
  count: number,
): number[] => {
  const uncertain = features
    .map((one, index) => ({ index, margin: asked.has(index) ? Infinity : marginOf(model, one) }))
    .filter(({ margin }) => margin < Infinity)
    .sort((a, b) => a.margin - b.margin || a.index - b.index)
    .slice(0, count * POOL)
    .map(({ index }) => index);
  return spread(features, uncertain, [...asked].slice(-count * POOL), count);
};

const marginOf = (model: TrainedLinear, features: Features): number => {
  const [first = 0, second = 0] = [...softmax(linearScores(model, features))].sort((a, b) => b - a);
  return first - second;
};

/** Farthest-first: always the candidate whose nearest chosen neighbour is the farthest away (Gonzalez 1985). */
const spread = (
  features: readonly Features[],
  candidates: readonly number[],
  near: readonly number[],
  count: number,
): number[] => {
  const left = candidates.map((index) => ({ index, sketch: sketchOf(features[index]!), distance: Infinity }));
  const move = (sketch: Float32Array): void => {
    for (const one of left) one.distance = Math.min(one.distance, distanceOf(one.sketch, sketch));
  };
  for (const index of near) move(sketchOf(features[index]!));
  const chosen: number[] = [];
  while (chosen.length < count && left.length > 0) {
    let best = 0;
    for (let i = 1; i < left.length; i++) if (left[i]!.distance > left[best]!.distance) best = i;
    const { index, sketch } = left.splice(best, 1)[0]!;
    chosen.push(index);
    move(sketch);
  }
  return chosen;
};

const distanceOf = (a: Float32Array, b: Float32Array): number => {
  let sum = 0;
  for (let i = 0; i < PLACES; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
};
