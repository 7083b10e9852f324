import { type SearchDocument, wordsOf } from './search-document.ts';

/** What is looked for. */
export interface SearchQuery {
  /** Words of name, description and schemas, in any language. */
  text?: string | undefined;
  /** What has to go in: `PDF`, `a list of numbers`. */
  takes?: string | undefined;
  /** What has to come out. */
  gives?: string | undefined;
}

/** What a word counts where it stands; a word that only begins like it counts half. */
const WEIGHTS = { name: 6, text: 3, takes: 1, gives: 1 } as const;
const fields = Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[];
/** They tell nothing apart. */
const STOP = new Set('a an and are for from give i in into is it of on or out that the thi to which with'.split(' '));
const MOST_WORDS = 32;

const SENTENCE = /\b(takes?|given?|accepts?|from)\s+(.+?)(?=[,;.]|\s+(?:and\s+)?(?:gives?|returns?)\b|$)/iu;
const RESULT = /\b(?:gives?|returns?)\s+(.+?)(?=[,;.]|$)/iu;

/** `takes a PDF, gives text` says what goes in and what comes out: what a text has of that becomes those members. */
export const readQuery = (query: SearchQuery): SearchQuery => {
  const text = query.text ?? '';
  const takes = query.takes ?? (/^takes?|^accepts?/i.test(text.trim()) ? SENTENCE.exec(text)?.[2] : undefined);
  const gives = query.gives ?? RESULT.exec(text)?.[1];
  return { text, takes, gives };
};

const queryWords = (text: string | undefined): string[] => {
  const words = [...new Set(wordsOf(text ?? ''))].filter((word) => !STOP.has(word)).slice(0, MOST_WORDS);
  return words;
};

const matches = (words: ReadonlySet<string>, wanted: string): number => {
  if (words.has(wanted)) return 1;
  if (wanted.length < 3) return 0;
  for (const word of words) if (word.startsWith(wanted)) return 0.5;
  return 0;
};

/**
 * The best first; what has nothing of a query is left out, and so is what does not take or give anything that it asks for.
 * Rare words count more than those that most have (as in tf-idf).
 */
export const rank = <T extends { document: SearchDocument }>(
  all: readonly T[],
  query: SearchQuery,
): { one: T; score: number }[] => {
  const { text, takes, gives } = readQuery(query);
  const sides = [
    ['takes', queryWords(takes)],
    ['gives', queryWords(gives)],
  ] as const;
  const wanted = queryWords(text);
  const weights = new Map(wanted.map((word) => [word, rarity(all, word)]));
  const found: { one: T; score: number }[] = [];
  for (const one of all) {
    let score = 0;
    let fits = true;
    for (const [side, words] of sides) {
      if (words.length === 0) continue;
      const hits = words.reduce((sum, word) => {
        const { document } = one;
        // What it is about is often said in its name alone: `pdf-text` takes a PDF.
        const side1 = matches(document[side], word);
        return sum + Math.max(side1, side === 'takes' ? 0.5 * matches(document.name, word) : 0);
      }, 0);
      if (hits === 0) fits = false;
      score += 4 * (hits / words.length);
    }
    if (!fits) continue;
    for (const [word, weight] of weights)
      score += weight * Math.max(...fields.map((field) => WEIGHTS[field] * matches(one.document[field], word)));
    if (score > 0) found.push({ one, score });
  }
  return found.sort((a, b) => b.score - a.score);
};

const rarity = (all: readonly { document: SearchDocument }[], word: string): number => {
  const having = all.filter(({ document }) => fields.some((field) => matches(document[field], word) > 0)).length;
  return Math.log(1 + all.length / (1 + having));
};
