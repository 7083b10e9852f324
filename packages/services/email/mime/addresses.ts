import { decodeWords } from './encoded-words.ts';

export interface Address {
  name: string;
  /** `local@domain` as written, the domain in lower case; empty where a name stands alone. */
  address: string;
}

/** Of one field: what lists of tens of thousands do to memory is nobody's wish. */
const MOST = 5_000;
const DOMAIN = /[^\s,;<>()]*/y;
const ATOM = /[^\s"(<,;:]+/y;
/** What nearly all are. */
const SIMPLE = /^(?:"([^"\\<>]*)"|([^"\\<>(),:;@]*))[ \t]*<([^\s<>,:"@]+@[\w.-]+)>$/;

/**
 * Mailboxes of an address field (RFC 5322 §3.4, with the obsolete forms of §4.4): groups are flattened, comments are names where there is no
 * other, routes are dropped. `value` is unfolded, a character for each byte.
 */
export const parseAddresses = (value: string): Address[] => {
  const simple = SIMPLE.exec(value);
  if (simple !== null && !value.includes('=?')) {
    const name = decodeWords((simple[1] ?? simple[2] ?? '').replace(/\s+/g, ' ').trim());
    return [{ name, address: normal(simple[3]!) }];
  }
  const found: Address[] = [];
  let words: string[] = [];
  let quotedAddress = false;
  let comment = '';
  let angle: string | undefined;
  const flush = (): void => {
    const one = mailbox(words, angle, comment, quotedAddress);
    if (one !== undefined && found.length < MOST) found.push(one);
    words = [];
    comment = '';
    angle = undefined;
    quotedAddress = false;
  };
  for (let at = 0; at < value.length; ) {
    const char = value[at]!;
    if (char === '"') {
      const { text, end } = quoted(value, at);
      // A quoted local part touches its `@`; anything else in quotes is a name, whatever it looks like.
      if (value[end] === '@') {
        DOMAIN.lastIndex = end;
        const rest = DOMAIN.exec(value)![0];
        words.push(`${JSON.stringify(text)}${rest}`);
        quotedAddress = true;
        at = end + rest.length;
      } else {
        words.push(text === '' ? '' : `\u0000${text}`);
        at = end;
      }
    } else if (char === '(') {
      const { text, end } = parenthesised(value, at);
      comment ||= text;
      at = end;
    } else if (char === '<') {
      const end = angleEnd(value, at);
      if (angle === undefined) angle = value.slice(at + 1, end);
      at = value[end] === '>' ? end + 1 : end;
    } else if (char === ',' || char === ';') {
      flush();
      at++;
    } else if (char === ':' && angle === undefined && !words.some((word) => word.includes('@'))) {
      words = []; // a group's name
      at++;
    } else if (char === ' ' || char === '\t' || char === '\n' || char === '\r') at++;
    else {
      ATOM.lastIndex = at;
      const text = ATOM.exec(value)?.[0] ?? char;
      words.push(text);
      at += text.length;
    }
  }
  flush();
  return found;
};

const quoted = (value: string, at: number): { text: string; end: number } => {
  let text = '';
  let end = at + 1;
  for (; end < value.length && value[end] !== '"'; end++) {
    if (value[end] === '\\' && end + 1 < value.length) end++;
    text += value[end];
  }
  return { text, end: Math.min(end + 1, value.length) };
};

const parenthesised = (value: string, at: number): { text: string; end: number } => {
  let depth = 0;
  let text = '';
  for (let end = at; end < value.length; end++) {
    const char = value[end]!;
    if (char === '\\' && end + 1 < value.length) text += value[++end];
    else if (char === '(') {
      if (depth++ > 0) text += char;
    } else if (char === ')') {
      if (--depth === 0) return { text: text.trim(), end: end + 1 };
      text += char;
    } else text += char;
  }
  return { text: text.trim(), end: value.length };
};

const angleEnd = (value: string, at: number): number => {
  const end = value.indexOf('>', at);
  if (end >= 0) return end;
  const comma = value.slice(at).search(/[,;]/); // it is not closed
  return comma < 0 ? value.length : at + comma;
};

const mailbox = (
  words: readonly string[],
  angle: string | undefined,
  comment: string,
  quotedAddress: boolean,
): Address | undefined => {
  const plain = (list: readonly string[]): string =>
    decodeWords(
      list
        .filter((word) => word !== '')
        .map((word) => word.replace('\u0000', ''))
        .join(' '),
    )
      .replace(/\s+/g, ' ')
      .trim();
  if (angle !== undefined) {
    // `<@relay,@relay:local@domain>`: RFC 5322 §4.4
    const bare = angle
      .replace(/^\s*@[^:]*:/, '')
      .replace(/\([^()]*\)/g, '')
      .trim();
    const name = plain(words) || decodeWords(comment);
    const address = normal(bare);
    return address === '' && name === '' ? undefined : { name, address };
  }
  if (words.length === 0 && comment === '') return undefined;
  // Obsolete: white space around `@` and dots of an address that stands alone.
  const spaced = quotedAddress ? words : closed(words);
  const which = spaced.findIndex((word) => word.includes('@') && !word.startsWith('\u0000'));
  if (which < 0) {
    const name = plain(words) || decodeWords(comment);
    return name === '' ? undefined : { name, address: '' };
  }
  const rest = plain(spaced.filter((_, index) => index !== which));
  return { name: rest || decodeWords(comment), address: normal(spaced[which]!) };
};

const closed = (words: readonly string[]): string[] => {
  const line = words.join('\n').replace(/\n?@\n?/, '@');
  const mark = line.indexOf('@');
  return (line.slice(0, Math.max(0, mark)) + line.slice(Math.max(0, mark)).replace(/\n?\.\n?/g, '.')).split('\n');
};

const normal = (text: string): string => {
  const bare = decodeWords(text)
    .replace(/^mailto:/i, '')
    .trim();
  const mark = bare.lastIndexOf('@');
  if (mark < 0) return bare.replace(/\s+/g, '');
  return `${bare.slice(0, mark).trim()}@${bare
    .slice(mark + 1)
    .replace(/\s+/g, '')
    .toLowerCase()}`;
};
