import type { Findings } from './finding.ts';
import { type Header, readHeader } from './header.ts';
import { parseParameters } from './parameters.ts';

/** A part of a message, the message itself being the topmost (RFC 2046 §5). */
export interface Part {
  header: Header;
  /** In lower case, `text/plain` where none is said. */
  type: string;
  parameters: ReadonlyMap<string, string>;
  /** The body's place in the bytes of the message. */
  start: number;
  end: number;
  children: readonly Part[];
}

/** Deeper ones are taken as they are. */
const MOST_DEEP = 64;
/** Of one message. */
const MOST_PARTS = 5_000;
const TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/;

interface Reading {
  bytes: Buffer;
  findings: Findings;
  parts: number;
}

/** Reads the structure of the message between two places. */
export const readPart = (bytes: Buffer, start: number, end: number, findings: Findings): Part =>
  read({ bytes, findings, parts: 0 }, start, end, 'text/plain', 0);

const read = (reading: Reading, start: number, end: number, byDefault: string, depth: number): Part => {
  const { bytes, findings } = reading;
  reading.parts++;
  const { header, body } = readHeader(bytes, start, end, findings);
  const said = parseParameters(header.raw('content-type'));
  let type = said.value;
  if (type === 'text')
    type = 'text/plain'; // RFC 822's time
  else if (!TYPE.test(type)) {
    if (type !== '') findings.add('bad-content-type', `The content type ${JSON.stringify(type.slice(0, 60))} is none.`);
    type = byDefault;
  }
  const part: Part = { header, type, parameters: said.parameters, start: body, end, children: [] };
  if (!type.startsWith('multipart/')) return part;
  if (depth >= MOST_DEEP) {
    findings.add('too-deep', `Parts are nested more than ${MOST_DEEP} levels deep: what is below is not read.`);
    return part;
  }
  const boundary = boundaryOf(reading, part);
  if (boundary === undefined) return { ...part, type: 'text/plain' };
  const inner = type === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
  part.children = ranges(reading, part, boundary).map(([from, to]) => read(reading, from, to, inner, depth + 1));
  return part;
};

const boundaryOf = ({ bytes, findings }: Reading, { parameters, start, end }: Part): string | undefined => {
  const said = parameters.get('boundary')?.trimEnd();
  if (said !== undefined && said !== '') return said;
  // The first line that looks like one, where the header lost it.
  const guessed = /(?:^|\n)--([^\s-][^\r\n]{0,68}?)[ \t]*\r?\n[\w-]+:/.exec(
    bytes.toString('latin1', start, Math.min(end, start + 65_536)),
  )?.[1];
  findings.add(
    'no-boundary',
    guessed === undefined
      ? 'A multipart has no boundary: it is read as text.'
      : 'A multipart names no boundary: the first line that looks like one is taken.',
  );
  return guessed;
};

/** Where each part of a multipart begins and ends (RFC 2046 §5.1.1): the line break before a delimiter is the delimiter's. */
const ranges = (reading: Reading, { start, end }: Part, boundary: string): [number, number][] => {
  const { bytes, findings } = reading;
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  const found: [number, number][] = [];
  let from = -1;
  for (let at = start; ; ) {
    const next = bytes.indexOf(delimiter, at);
    if (next < 0 || next >= end) break;
    at = next + delimiter.length;
    if (next !== start && bytes[next - 1] !== 0x0a) continue;
    const closing = bytes[at] === 0x2d && bytes[at + 1] === 0x2d;
    let line = closing ? at + 2 : at;
    while (bytes[line] === 0x20 || bytes[line] === 0x09) line++;
    // A boundary that begins another one's name: `--a` and `--ab`.
    if (line < end && bytes[line] !== 0x0a && bytes[line] !== 0x0d) continue;
    if (from >= 0) found.push([from, Math.max(from, next - (bytes[next - 2] === 0x0d ? 2 : 1))]);
    from = -1;
    if (closing) return found;
    const newline = bytes.indexOf(0x0a, line);
    from = newline < 0 || newline >= end ? end : newline + 1;
    at = from;
    if (reading.parts + found.length >= MOST_PARTS) {
      findings.add('too-many-parts', `There are more than ${MOST_PARTS} parts: the others are not read.`);
      return found;
    }
  }
  if (from >= 0) found.push([from, end]);
  findings.add(
    'not-closed',
    found.length === 0 ? 'A multipart has no part.' : 'The last delimiter of a multipart is missing.',
  );
  return found;
};
