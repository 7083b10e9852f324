import type { Gazetteer } from './gazetteer.ts';
import type { Token } from './tokens.ts';

/** FNV-1a over UTF-16 code units. */
export const hashOf = (text: string, seed = 0x811c9dc5): number => {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
};

/** Joins two numbers to one that looks nothing like them (the finaliser of MurmurHash3). */
const mix = (a: number, b: number): number => {
  let hash = Math.imul(a ^ (b + 0x9e3779b9 + (a << 6) + (a >>> 2)), 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** `Ann` is `Aa`, `IBM` `A`, `McKay` `AaAa`, `4711` `0`: runs of the same kind count once. */
const shapeOf = (word: string): string => {
  let shape = '';
  for (const char of word) {
    const kind = /\p{Lu}/u.test(char)
      ? 'A'
      : /\p{Ll}/u.test(char)
        ? 'a'
        : /\p{L}/u.test(char)
          ? 'x'
          : /\p{N}/u.test(char)
            ? '0'
            : char;
    if (!shape.endsWith(kind)) shape += kind;
  }
  return word.length === 1 ? `${shape}1` : shape;
};

interface Seen {
  /** The word in lower case, digits as their number. */
  word: number;
  shape: number;
  /** What the lists say of it. */
  listed: number;
  prefixes: readonly number[];
  suffixes: readonly number[];
}

const outside = (word: string): Seen => ({
  word: hashOf(word),
  shape: hashOf(word),
  listed: 0,
  prefixes: [],
  suffixes: [],
});
const BEFORE = outside('<before>');
const BEHIND = outside('<behind>');
const PARTS = [1, 2, 3, 4];

const see = ({ text }: Token, lists: Gazetteer): Seen => {
  const small = text.toLowerCase();
  const digits = /^\p{N}/u.test(text);
  const parts = digits || small.length < 2 ? [] : PARTS.filter((length) => length < small.length);
  return {
    word: hashOf(digits ? `0${text.length}` : small),
    shape: hashOf(shapeOf(text)),
    listed: lists.of(small),
    prefixes: parts.map((length) => hashOf(small.slice(0, length))),
    suffixes: parts.map((length) => hashOf(small.slice(-length))),
  };
};

/** Features of one token that are only about its own word: training leaves them out at times, so that the others are learnt. */
export const OWN_WORD = 4;

/**
 * What the model sees of each token: its word, shape, beginnings and ends, what lists say of it, and the same of its
 * neighbours. Indexes into a table of weights of a size that is a power of two; OWN_WORD of the word come first.
 */
export const featuresOf = (tokens: readonly Token[], lists: Gazetteer, size: number): Uint32Array[] => {
  const seen = tokens.map((token) => see(token, lists));
  const at = (index: number): Seen => (index < 0 ? BEFORE : (seen[index] ?? BEHIND));
  return seen.map((here, index) => {
    const [before2, before, behind, behind2] = [at(index - 2), at(index - 1), at(index + 1), at(index + 2)];
    const features: number[] = [];
    let name = 0;
    const add = (value: number): void => {
      features.push(mix(name, value) & (size - 1));
    };
    const next = (value: number): void => {
      name += 1;
      add(value);
    };
    next(here.word);
    next(mix(here.word, here.shape));
    next(mix(before.word, here.word));
    next(mix(here.word, behind.word));
    next(here.shape);
    next(here.listed);
    next(mix(here.shape, here.listed));
    next(before.word);
    next(behind.word);
    next(before2.word);
    next(behind2.word);
    next(mix(before2.word, before.word));
    next(mix(behind.word, behind2.word));
    next(before.shape);
    next(behind.shape);
    next(mix(before.shape, here.shape));
    next(mix(here.shape, behind.shape));
    next(mix(mix(before.shape, here.shape), behind.shape));
    next(before.listed);
    next(behind.listed);
    next(mix(before.listed, here.listed));
    next(mix(here.listed, behind.listed));
    next(mix(mix(before.listed, here.listed), behind.listed));
    next(mix(before.word, mix(here.shape, here.listed)));
    next(mix(behind.word, mix(here.shape, here.listed)));
    next(mix(before2.word, mix(before.shape, here.shape)));
    next(mix(before2.listed, mix(before.listed, here.listed)));
    next(mix(mix(before2.shape, before.shape), mix(here.shape, behind.shape)));
    next(mix(here.shape, mix(behind.shape, behind2.shape)));
    next(mix(behind2.listed, mix(behind.listed, here.listed)));
    name = 100;
    for (const prefix of here.prefixes) next(prefix);
    name = 110;
    for (const suffix of here.suffixes) next(suffix);
    name = 120;
    for (const suffix of here.suffixes) next(mix(suffix, here.shape));
    return Uint32Array.from(features);
  });
};
