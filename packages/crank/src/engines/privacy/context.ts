import { fold } from './fold.ts';

/** How far before and behind a finding words are looked for, where nothing else is said. */
const BEFORE = 60;
const BEHIND = 24;

/** Words or phrases that are looked for. Made into an expression when first asked for: a node starts with a hundred of them. */
export type Words = () => RegExp;

/** Any of some words or phrases (regular expression sources, lower case), whole words only. */
export const wordsOf = (words: readonly string[]): Words => {
  let made: RegExp | undefined;
  return () => {
    made ??= new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})(?![\\p{L}\\p{N}])`, 'gu');
    return made;
  };
};

/** A text as detectors see it. */
export interface Subject {
  /** Of the original's length, with digits, letters, spaces and dashes of other scripts folded to ASCII. */
  text: string;
  /** Names of the fields that hold it, in words: `customer date of birth`. */
  context: string;
  /** Whether one of the words stands near a place, or names the field. */
  near(start: number, end: number, words: Words, before?: number, behind?: number): boolean;
}

/** In lower case, and of the same length: one letter's is longer. */
const lower = (text: string): string => {
  const whole = text.toLowerCase();
  return whole.length === text.length ? whole : text.replaceAll('İ', 'I').toLowerCase();
};

/** @param context names of the fields that hold the text, in lower case */
export const createSubject = (original: string, context: string): Subject => {
  const text = fold(original);
  const small = lower(text);
  // Where the words stand is looked up once, so that many candidates cost no more than few.
  const places = new Map<Words, readonly (readonly [start: number, end: number])[]>();
  const placesOf = (words: Words) => {
    let known = places.get(words);
    if (known === undefined) {
      known = Array.from(small.matchAll(words()), ({ index, 0: word }) => [index, index + word.length] as const);
      places.set(words, known);
    }
    return known;
  };
  const within = (words: Words, from: number, to: number): boolean => {
    const known = placesOf(words);
    let [low, high] = [0, known.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (known[middle]![0] < from) low = middle + 1;
      else high = middle;
    }
    return low < known.length && known[low]![1] <= to;
  };
  return {
    text,
    context,
    near: (start, end, words, before = BEFORE, behind = BEHIND) =>
      within(words, start - before, start) ||
      (behind > 0 && within(words, end, end + behind)) ||
      (context !== '' && context.search(words()) >= 0),
  };
};

/** A JSON Pointer's names in words: `/customers/0/dateOfBirth` is `customers 0 date of birth`. */
export const pointerWords = (pointer: string): string =>
  pointer
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase();
