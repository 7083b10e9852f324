/** How deep arrays and objects may stand in one another. */
export const MAX_DEPTH = 1000;

export type JsonType = 'string' | 'number' | 'boolean' | 'null' | 'array' | 'object';

/** Told of every value when it ends, inner values first: its JSON Pointer and where its text stands. `false` stops the walk. */
export type JsonVisitor = (pointer: string, start: number, end: number, type: JsonType) => boolean;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORDS = [
  ['true', 'boolean'],
  ['false', 'boolean'],
  ['null', 'null'],
] as const;

class Stop extends Error {}

/** Text of an RFC 6901 reference token. */
const token = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/**
 * Walks the values of a JSON text (RFC 8259) with their places in it, so that one can be replaced and all else stays as
 * it was written: order of members, digits of numbers, white space. Members with the same name are all visited.
 *
 * @param onName told of the name of every member before its value: the member's pointer, and where the name's text stands
 * @throws SyntaxError where the text is not JSON
 * @throws RangeError where it nests deeper than MAX_DEPTH
 */
export const walkJson = (
  text: string,
  visit: JsonVisitor,
  onName?: (pointer: string, start: number, end: number) => void,
): void => {
  let at = 0;
  const fail = (): never => {
    throw new SyntaxError(`not JSON at position ${at}`);
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  /** The next string with its quotes. A regular expression would need stack by the length of the string. */
  const string = (): string | undefined => {
    if (text[at] !== '"') return undefined;
    let end = at;
    let escapes: number;
    do {
      end = text.indexOf('"', end + 1);
      if (end === -1) return fail();
      escapes = 0;
      while (text[end - 1 - escapes] === '\\') escapes += 1;
    } while (escapes % 2 === 1);
    const found = text.slice(at, end + 1);
    JSON.parse(found); // refuses control characters and unknown escapes
    at = end + 1;
    return found;
  };
  const take = (char: string): boolean => {
    match(SPACE);
    if (text[at] !== char) return false;
    at += 1;
    return true;
  };

  const array = (pointer: string, depth: number): void => {
    if (take(']')) return;
    let index = 0;
    do value(`${pointer}/${index++}`, depth);
    while (take(','));
    if (!take(']')) fail();
  };
  const object = (pointer: string, depth: number): void => {
    if (take('}')) return;
    do {
      match(SPACE);
      const name = string() ?? fail();
      const nameEnd = at;
      if (!take(':')) fail();
      const member = `${pointer}/${token(JSON.parse(name) as string)}`;
      onName?.(member, nameEnd - name.length, nameEnd);
      value(member, depth);
    } while (take(','));
    if (!take('}')) fail();
  };
  const read = (pointer: string, depth: number): JsonType => {
    if (take('{')) {
      object(pointer, depth + 1);
      return 'object';
    }
    if (take('[')) {
      array(pointer, depth + 1);
      return 'array';
    }
    if (string() !== undefined) return 'string';
    for (const [word, type] of WORDS) {
      if (!text.startsWith(word, at)) continue;
      at += word.length;
      return type;
    }
    return match(NUMBER) ? 'number' : fail();
  };
  const value = (pointer: string, depth: number): void => {
    if (depth > MAX_DEPTH) throw new RangeError(`JSON nested deeper than ${MAX_DEPTH}`);
    match(SPACE);
    const start = at;
    const type = read(pointer, depth);
    if (!visit(pointer, start, at, type)) throw new Stop();
  };

  try {
    value('', 0);
    match(SPACE);
    if (at !== text.length) fail();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  }
};
