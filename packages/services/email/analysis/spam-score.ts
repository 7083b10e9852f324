import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Hundredths of the logarithm of how much likelier a word is in spam than in other mail. */
interface Model {
  words: Record<string, number>;
}

/** Characters of a text that are looked at, and words that count. */
const LOOK = 20_000;
const MOST_WORDS = 400;

/** The different words of a text. */
export const wordsOf = (text: string): Set<string> => {
  const found = new Set<string>();
  for (const word of text
    .slice(0, LOOK)
    .toLowerCase()
    .match(/[a-z$!%'-]{3,20}|!{2,}|\${2,}/g) ?? []) {
    found.add(word);
    if (found.size >= MOST_WORDS) break;
  }
  return found;
};

let weights: Map<string, number> | undefined;

/** Naive Bayes over the words of a subject and a body: above 0 means spam. bench/email/train.ts made the weights, and says how good they are. */
export const spamScore = (subject: string, text: string): number => {
  weights ??= new Map(
    Object.entries((JSON.parse(readFileSync(join(import.meta.dirname, 'spam-words.json'), 'utf8')) as Model).words),
  );
  let score = 0;
  for (const word of wordsOf(`${subject} ${text}`)) score += weights.get(word) ?? 0;
  return score / 100;
};
