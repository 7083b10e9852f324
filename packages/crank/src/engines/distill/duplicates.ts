import { hashOf, tokensOf } from './serving/features.ts';

const PERMUTATIONS = 64;
const BANDS = 16;
const ROWS = PERMUTATIONS / BANDS;
/** Words in a shingle. */
const SHINGLE = 3;
const MOST = 20_000;
/** Of the same bucket, so many before it are compared with: a bucket of a thousand equal texts is one chain. */
const COMPARED = 8;

/**
 * Finds texts that are nearly the same: MinHash over shingles of three words, locality-sensitive hashing in 16 bands of 4, and
 * every candidate pair counted out (Broder 1997; Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, chapter 3).
 *
 * @param least Jaccard similarity of shingles from which two texts count as one
 * @returns for each text the index of the first one of its cluster
 */
export const clustersOf = (texts: readonly string[], least = 0.8): Uint32Array => {
  const parent = Uint32Array.from(texts, (_, i) => i);
  const rootOf = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  const sets = texts.map(shinglesOf);
  const bands = Array.from({ length: BANDS }, () => new Map<number, number[]>());
  for (const [i, set] of sets.entries()) {
    const signature = signatureOf(set);
    for (const [b, band] of bands.entries()) {
      let key = b;
      for (let r = 0; r < ROWS; r++) key = Math.imul(key ^ signature[b * ROWS + r]!, 0x9e3779b1) >>> 0;
      const others = band.get(key);
      if (others === undefined) {
        band.set(key, [i]);
        continue;
      }
      for (const other of others.slice(-COMPARED)) {
        const [one, two] = [rootOf(other), rootOf(i)];
        if (one !== two && jaccard(sets[other]!, set) >= least) parent[Math.max(one, two)] = Math.min(one, two);
      }
      others.push(i);
    }
  }
  return parent.map((_, i) => rootOf(i));
};

/** Hashes in ascending order. A text of fewer words is one shingle. */
const shinglesOf = (text: string): Uint32Array => {
  const tokens = tokensOf(text, MOST);
  const set = new Set<number>();
  for (let i = 0; i === 0 || i + SHINGLE <= tokens.length; i++) set.add(hashOf(tokens.slice(i, i + SHINGLE).join(' ')));
  return Uint32Array.from(set).sort();
};

const signatureOf = (set: Uint32Array): Uint32Array => {
  const signature = new Uint32Array(PERMUTATIONS).fill(2 ** 32 - 1);
  for (const hash of set)
    for (let p = 0; p < PERMUTATIONS; p++) {
      const mixed = Math.imul(hash ^ Math.imul(p + 1, 0x9e3779b1), 0x85ebca6b);
      const value = (mixed ^ (mixed >>> 15)) >>> 0;
      if (value < signature[p]!) signature[p] = value;
    }
  return signature;
};

const jaccard = (a: Uint32Array, b: Uint32Array): number => {
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      shared += 1;
      i += 1;
      j += 1;
    } else if (a[i]! < b[j]!) i += 1;
    else j += 1;
  }
  return shared / (a.length + b.length - shared);
};
