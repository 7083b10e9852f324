/** From a text to numbers. Training and serving use this file; services carry a copy of it, so that a change here changes no service. */

/** How texts become features. Another `version` is another meaning of the same numbers. */
export interface FeatureSpec {
  version: 1;
  /** Places that features are hashed to; a power of two. */
  buckets: number;
  /** Orders of n-grams of words: 1 and 2 are words and pairs. */
  words: readonly number[];
  /** Orders of n-grams of characters within a word, its edges marked. */
  characters: readonly number[];
  /** Characters of a text that are looked at. */
  most: number;
}

/** What a text has: places in ascending order, and how much of each; the sum of squares is 1, or nothing is there. */
export interface Features {
  ids: Uint32Array;
  values: Float32Array;
}

const TOKEN = /\p{L}[\p{L}\p{M}'’]*|\p{N}+|[!?$€£%@]/gu;
const LONGEST = 24;

/**
 * Words, numbers and telling signs of a text: compatibility forms folded (NFKC), lower case, digits as `0` and at most four of
 * them, words cut at 24 characters.
 */
export const tokensOf = (text: string, most: number): string[] => {
  const folded = text.slice(0, most).normalize('NFKC').toLowerCase();
  const tokens = folded.match(TOKEN) ?? [];
  return tokens.map((token) =>
    /^\p{N}/u.test(token) ? '0'.repeat(Math.min(4, token.length)) : token.slice(0, LONGEST).replaceAll('’', "'"),
  );
};

/** FNV-1a of 32 bits over UTF-16 units, stirred once more so that its low bits are good (the end of MurmurHash3). */
export const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** Each n-gram of a text, as often as it is there. Words are joined by a space; those of characters begin with `#`. */
export const gramsOf = (spec: FeatureSpec, text: string): string[] => {
  const tokens = tokensOf(text, spec.most);
  const grams: string[] = [];
  for (const order of spec.words)
    for (let i = 0; i + order <= tokens.length; i++)
      grams.push(order === 1 ? tokens[i]! : tokens.slice(i, i + order).join(' '));
  for (const order of spec.characters)
    for (const token of tokens) {
      const edged = `<${token}>`;
      for (let i = 0; i + order <= edged.length; i++) grams.push(`#${edged.slice(i, i + order)}`);
    }
  return grams;
};

/** 1 + ln(count) at the place of each n-gram, scaled to length 1. */
export const featuresOf = (spec: FeatureSpec, text: string): Features => {
  const counts = new Map<number, number>();
  for (const gram of gramsOf(spec, text)) {
    const place = hashOf(gram) & (spec.buckets - 1);
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  const ids = Uint32Array.from(counts.keys()).sort();
  const values = Float32Array.from(ids, (id) => 1 + Math.log(counts.get(id)!));
  let squares = 0;
  for (const value of values) squares += value * value;
  const length = Math.sqrt(squares);
  if (length > 0) for (let i = 0; i < values.length; i++) values[i]! /= length;
  return { ids, values };
};

/** Places of the first `length` words in a table of `buckets` rows; row 0 stands for nothing and fills up. */
export const sequenceOf = (spec: { buckets: number; most: number; length: number }, text: string): Uint32Array => {
  const ids = new Uint32Array(spec.length);
  const tokens = tokensOf(text, spec.most);
  const count = Math.min(tokens.length, spec.length);
  for (let i = 0; i < count; i++) ids[i] = 1 + (hashOf(tokens[i]!) % (spec.buckets - 1));
  return ids;
};
