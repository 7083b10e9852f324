import { hashOf } from './features.ts';

/** Lists of words, as bits: a word may be in several. */
export const LISTS = [
  'first-name',
  'last-name',
  'city',
  'city-word',
  'region',
  'region-word',
  'company',
  'street',
  'title',
  'month',
  'field',
] as const;
export type List = (typeof LISTS)[number];

/** Lists of words by the hashes of the words. */
export interface Gazetteer {
  /** @param word in lower case @returns bits by their place in LISTS; 0: in none */
  of(word: string): number;
}

/** 24 bits of a hash: of 60,000 words, one other in 280 looks listed. */
const HASH_BITS = 24;
export const gazetteerHash = (word: string): number => hashOf(word) >>> (32 - HASH_BITS);

export const createGazetteer = (words: ReadonlyMap<number, number>): Gazetteer => ({
  of: (word) => words.get(gazetteerHash(word)) ?? 0,
});
