import { decodeWords } from './encoded-words.ts';
import type { Findings } from './finding.ts';

const FIELD = /^([\x21-\x39\x3b-\x7e]+)[ \t]*:/;
/** Lines before a message that mailboxes and transports add. */
const ENVELOPE = /^(?:>?From |\*\*\*|HTTP\/|POST )/;

/** The header of a message or of a part (RFC 5322 §2.2), in its order. */
export class Header {
  /** Names in lower case; values unfolded, a character for each byte. */
  readonly fields: readonly (readonly [name: string, value: string])[];

  constructor(fields: readonly (readonly [string, string])[]) {
    this.fields = fields;
  }

  /** The first value under a name: of fields that may stand once, later ones are what somebody added. */
  raw(name: string): string {
    for (const field of this.fields) if (field[0] === name) return field[1];
    return '';
  }

  all(name: string): string[] {
    const values: string[] = [];
    for (const field of this.fields) if (field[0] === name) values.push(field[1]);
    return values;
  }

  /** Text of a field, decoded, with white space made one. */
  text(name: string): string {
    return decodeWords(this.raw(name)).replace(/\s+/g, ' ').trim();
  }
}

/** Characters of a header that are looked at first; most are shorter. */
const AT_FIRST = 4_096;
const LATER_FIELD = /\n[\x21-\x39\x3b-\x7e]+[ \t]*:/;
const LOOK_AHEAD = 2_000;
const END = /\n\r?\n|^\r?\n/;

/**
 * Reads the header that a message or part begins with. Lines may end in CRLF, LF or both mixed. A line that is no field is
 * left out where another field follows it, and begins the body otherwise.
 *
 * @returns where the body begins
 */
export const readHeader = (
  bytes: Buffer,
  start: number,
  end: number,
  findings: Findings,
): { header: Header; body: number } => {
  let text = '';
  let body = end;
  for (let size = AT_FIRST; ; size *= 8) {
    const stop = Math.min(start + size, end);
    text = bytes.toString('latin1', start, stop);
    const match = END.exec(text);
    if (match !== null) {
      body = start + match.index + match[0].length;
      text = text.slice(0, match.index);
      break;
    }
    if (stop === end) break;
  }
  const fields: [string, string][] = [];
  for (let at = 0; at < text.length; ) {
    let stop = text.indexOf('\n', at);
    if (stop < 0) stop = text.length;
    const line = text.charCodeAt(stop - 1) === 0x0d ? text.slice(at, stop - 1) : text.slice(at, stop);
    const code = line.charCodeAt(0);
    if (code === 0x20 || code === 0x09) {
      const last = fields.at(-1);
      if (last !== undefined) last[1] += line;
    } else {
      const colon = line.indexOf(':');
      const match = colon > 0 ? FIELD.exec(line) : null;
      if (match !== null) fields.push([nameOf(match[1]!), line.slice(match[0].length).trimStart()]);
      else if (!(at === 0 && ENVELOPE.test(line))) {
        findings.add('bad-header-line', `A line of the header is no field: ${JSON.stringify(line.slice(0, 60))}.`);
        if (!LATER_FIELD.test(text.slice(stop, stop + LOOK_AHEAD)))
          return { header: new Header(fields), body: start + at };
        // A line that a mailer broke without indenting it.
        const last = fields.at(-1);
        if (last !== undefined && !line.includes(':')) last[1] += ` ${line}`;
      }
    }
    at = stop + 1;
  }
  return { header: new Header(fields), body };
};

const names = new Map<string, string>();
/** Lower case, of the few names that mail has again and again. */
const nameOf = (written: string): string => {
  let name = names.get(written);
  if (name === undefined) {
    name = written.toLowerCase();
    if (names.size < 2_000) names.set(written, name);
  }
  return name;
};
