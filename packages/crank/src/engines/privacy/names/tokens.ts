/** A word, a number or a sign of a text. UTF-16 code units. */
export interface Token {
  text: string;
  start: number;
  end: number;
}

/** Letters with their marks, and an apostrophe between two of them (O'Brien); digits; any other sign by itself. */
const TOKEN = /\p{L}[\p{L}\p{M}]*(?:['’]\p{L}{2}[\p{L}\p{M}]*)*|\p{N}+|[^\s\p{Z}]/gu;
/** Longer words are nobody's name: they are cut, so that no word costs more than its length. */
const LONGEST = 64;

/** @param from where in the text to begin; what stands there must not go on a word */
export const tokensOf = (text: string, from = 0, to = text.length): Token[] => {
  const tokens: Token[] = [];
  for (const { 0: word, index } of text.slice(from, to).matchAll(TOKEN)) {
    const start = from + index;
    tokens.push({ text: word.length > LONGEST ? word.slice(0, LONGEST) : word, start, end: start + word.length });
  }
  return tokens;
};
