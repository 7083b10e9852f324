import { drawFrom, shuffled } from './random.ts';

/** Indices of items; those that fit nowhere without a near-duplicate on the other side are in none. */
export interface Split {
  train: number[];
  /** What models and temperatures are chosen by. */
  validation: number[];
  /** What figures are reported on, and nothing was chosen by. */
  test: number[];
}

export interface Splittable {
  /** Of near-duplicates; `clustersOf`. */
  clusters: ArrayLike<number>;
  seed: number;
  /** Share of the items that are held out. */
  test?: number | undefined;
  /** Share of the others that choose. */
  validation?: number | undefined;
}

const TEST = 0.2;
const VALIDATION = 0.15;

/** Holds out clusters at random. */
export const randomSplit = (count: number, { clusters, seed, test = TEST, validation }: Splittable): Split => {
  const held = new Set(drawClusters(indices(count), clusters, test, seed));
  return withValidation(indices(count), held, { clusters, seed, validation });
};

/** Holds out the newest. An older near-duplicate keeps a new one out of the test. @param times of items; those without one are trained on */
export const timeSplit = (
  times: readonly (number | undefined)[],
  { clusters, seed, test = TEST, validation }: Splittable,
): Split => {
  const dated = indices(times.length).filter((i) => times[i] !== undefined);
  const ordered = dated.sort((a, b) => times[a]! - times[b]! || a - b);
  return withValidation(
    indices(times.length),
    new Set(ordered.slice(ordered.length - Math.round(ordered.length * test))),
    {
      ...{ clusters, seed, validation },
    },
  );
};

/** Holds out whole groups. */
export const groupSplit = (
  groups: readonly (string | undefined)[],
  heldOut: ReadonlySet<string>,
  { clusters, seed, validation }: Splittable,
): Split => {
  const held = indices(groups.length).filter((i) => groups[i] !== undefined && heldOut.has(groups[i]));
  return withValidation(indices(groups.length), new Set(held), { clusters, seed, validation });
};

const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const drawClusters = (items: readonly number[], clusters: ArrayLike<number>, share: number, seed: number): number[] => {
  const members = new Map<number, number[]>();
  for (const i of items) members.set(clusters[i]!, [...(members.get(clusters[i]!) ?? []), i]);
  const drawn: number[] = [];
  for (const one of shuffled([...members.values()], drawFrom(seed))) {
    if (drawn.length >= items.length * share) break;
    drawn.push(...one);
  }
  return drawn;
};

const withValidation = (
  all: readonly number[],
  held: ReadonlySet<number>,
  { clusters, seed, validation = VALIDATION }: Splittable,
): Split => {
  const rest = all.filter((i) => !held.has(i));
  const seen = new Set(rest.map((i) => clusters[i]!));
  const choosing = new Set(drawClusters(rest, clusters, validation, seed + 1));
  return {
    train: rest.filter((i) => !choosing.has(i)),
    validation: [...choosing].sort((a, b) => a - b),
    test: [...held].filter((i) => !seen.has(clusters[i]!)).sort((a, b) => a - b),
  };
};
