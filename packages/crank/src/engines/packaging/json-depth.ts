import { CrankError } from '#src/core/error.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Refuses JSON text nested deeper than `max` before anything recursive sees it. Looks at brackets outside strings only:
 * whether the text is JSON at all is for the parser to say.
 *
 * @throws CrankError `malformed-request`
 */
export const assertJsonDepth = (text: string | Uint8Array, max = 100): void => {
  if (isDeeperThan(text, max))
    throw new CrankError('malformed-request', `The JSON is nested deeper than ${max} levels: send it flatter.`);
};

export const isDeeperThan = (text: string | Uint8Array, max: number): boolean => {
  // UTF-16 and UTF-8 alike: all that matters is ASCII, and no ASCII byte is part of a longer UTF-8 sequence.
  const at = typeof text === 'string' ? (i: number) => text.charCodeAt(i) : (i: number) => text[i]!;
  const { length } = text;
  let depth = 0;
  for (let i = 0; i < length; i++) {
    const c = at(i);
    if (c === QUOTE) {
      for (i++; i < length; i++) {
        const inside = at(i);
        if (inside === QUOTE) break;
        if (inside === BACKSLASH) i++;
      }
    } else if (c === 0x5b || c === 0x7b) {
      if (++depth > max) return true;
    } else if (c === 0x5d || c === 0x7d) depth--;
  }
  return false;
};
