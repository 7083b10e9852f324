import { decodeText } from './charset.ts';
import { decodeWords } from './encoded-words.ts';

export interface Parameterised {
  /** In lower case. */
  value: string;
  parameters: ReadonlyMap<string, string>;
}

const QUOTED = /"((?:[^"\\]|\\[\s\S])*)"?/y;
const PLAIN = /[^;]*/y;
const SECTION = /^([^*]+)(?:\*(\d{1,4}))?(\*)?$/;

interface Section {
  order: number;
  text: string;
  extended: boolean;
}

/**
 * `value; name=text; name="text"` (RFC 2045 §5.1), with continuations, charsets and languages (RFC 2231 §3, §4). Comments are not
 * taken out: `;`-less ones of real mail are in values. Values that hold encoded words, against RFC 2047 §5, are decoded.
 */
export const parseParameters = (field: string): Parameterised => {
  const semicolon = field.indexOf(';');
  const value = (semicolon < 0 ? field : field.slice(0, semicolon))
    .replace(/\([^)]*\)/g, '')
    .trim()
    .toLowerCase();
  const parameters = new Map<string, string>();
  if (semicolon < 0) return { value, parameters };
  const sections = new Map<string, Section[]>();
  let at = semicolon;
  while (at >= 0 && at < field.length) {
    at++;
    const equals = field.indexOf('=', at);
    if (equals < 0) break;
    const stray = field.lastIndexOf(';', equals);
    const name = field
      .slice(Math.max(at, stray + 1), equals)
      .trim()
      .toLowerCase();
    let from = equals + 1;
    while (/\s/.test(field[from] ?? '')) from++;
    const pattern = field[from] === '"' ? QUOTED : PLAIN;
    pattern.lastIndex = from;
    const match = pattern.exec(field)!;
    const text = pattern === QUOTED ? match[1]!.replace(/\\(["\\])/g, '$1') : match[0].trim();
    at = field.indexOf(';', pattern.lastIndex);
    const section = SECTION.exec(name);
    if (section === null) continue;
    const [, base, number, star] = section;
    if (number === undefined && star === undefined) {
      if (!parameters.has(base!)) parameters.set(base!, decodeWords(text));
      continue;
    }
    const list = sections.get(base!) ?? [];
    list.push({ order: Number(number ?? 0), text, extended: star !== undefined });
    sections.set(base!, list);
  }
  // What RFC 2231 says goes before the plain form beside it (RFC 6266 §4.3).
  for (const [name, list] of sections) parameters.set(name, joined(list));
  return { value, parameters };
};

const joined = (sections: Section[]): string => {
  sections.sort((a, b) => a.order - b.order);
  let charset = 'utf-8';
  const bytes = sections.map(({ text, extended }, index) => {
    if (!extended) return Buffer.from(text, 'latin1');
    const start = index === 0 ? /^([^']*)'[^']*'/.exec(text) : null;
    if (start !== null) charset = start[1] || charset;
    return percent(text.slice(start?.[0].length ?? 0));
  });
  const { text } = decodeText(Buffer.concat(bytes), charset);
  return text.includes('=?') ? decodeWords(text) : text;
};

const percent = (text: string): Buffer =>
  Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    'latin1',
  );
