import { isUtf8 } from 'node:buffer';
import { CrankError } from '#src/core/error.ts';
import { tooLarge } from './body.ts';
import { type Parametrised, readParametrised } from './media-type.ts';

/** One part of a form. `chunks` must be read before the next part is asked for; what is left of it is skipped. */
export interface Part {
  name: string;
  /** As sent, path and all: not to be trusted. */
  filename: string | undefined;
  contentType: string | undefined;
  chunks: AsyncGenerator<Buffer, void, void>;
}

const HEADER_BYTES = 16 * 1024;
const PREAMBLE_BYTES = 1024;
const CRLF = Buffer.from('\r\n');
const HEADERS_END = Buffer.from('\r\n\r\n');

const malformed = (what: string): CrankError =>
  new CrankError('malformed-request', `The multipart body ${what}: send a form as RFC 7578 says.`);

/**
 * The parts of a `multipart/form-data` body (RFC 7578, RFC 2046), as they arrive. Pulls only what its reader takes, so a
 * slow disk slows the sender. Strict: what the RFCs do not allow is refused, not skipped.
 *
 * @param most parts
 * @throws CrankError `malformed-request`, `too-large`, and what the source throws
 */
export async function* readParts(
  source: AsyncGenerator<Buffer, void, void>,
  boundary: string,
  most: number,
): AsyncGenerator<Part, void, void> {
  try {
    yield* parts(source, boundary, most);
  } finally {
    await source.return(); // lets go of the request, whose rest may have to be skipped
  }
}

async function* parts(
  source: AsyncGenerator<Buffer, void, void>,
  boundary: string,
  most: number,
): AsyncGenerator<Part, void, void> {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The first delimiter may stand at the very start: a line break in front of everything makes it like the others.
  let held: Buffer = CRLF;
  const more = async (): Promise<void> => {
    const next = await source.next();
    if (next.done) throw malformed('ends before its last boundary');
    held = held.length === 0 ? next.value : Buffer.concat([held, next.value]);
  };
  const atLeast = async (length: number): Promise<void> => {
    while (held.length < length) await more();
  };

  let preamble = held.indexOf(delimiter);
  while (preamble < 0) {
    if (held.length > PREAMBLE_BYTES + delimiter.length) throw malformed('does not begin with its boundary');
    await more();
    preamble = held.indexOf(delimiter);
  }
  held = held.subarray(preamble + delimiter.length);

  let inside = false;
  async function* content(): AsyncGenerator<Buffer, void, void> {
    while (inside) {
      const end = held.indexOf(delimiter);
      if (end >= 0) {
        inside = false;
        const last = held.subarray(0, end);
        held = held.subarray(end + delimiter.length);
        if (last.length > 0) yield last;
        return;
      }
      const sure = held.length - delimiter.length + 1;
      if (sure > 0) {
        const part = held.subarray(0, sure);
        held = held.subarray(sure);
        yield part;
      }
      await more();
    }
  }

  for (let count = 0; ; count++) {
    await atLeast(2);
    if (held[0] === 0x2d && held[1] === 0x2d) break;
    while (held[0] === 0x20 || held[0] === 0x09) {
      held = held.subarray(1); // "transport padding"
      await atLeast(2);
    }
    if (!held.subarray(0, 2).equals(CRLF)) throw malformed('holds its boundary in the middle of a line');
    if (count === most) throw new CrankError('too-large', `The form has more than ${most} parts: send fewer at once.`);
    let end = held.indexOf(HEADERS_END);
    while (end < 0) {
      if (held.length > HEADER_BYTES) throw tooLarge('The head of a part', HEADER_BYTES);
      await more();
      end = held.indexOf(HEADERS_END);
    }
    const head = readHead(held.subarray(2, Math.max(2, end)));
    held = held.subarray(end + HEADERS_END.length);
    // An empty part: the line break of its head is the one of its boundary.
    held = Buffer.concat([CRLF, held]);
    inside = true;
    yield { ...head, chunks: skipFirst(content(), CRLF.length) };
    for await (const _ of content()); // what the reader left
  }
  for (;;) if ((await source.next()).done) return; // the epilogue
}

/** Leaves out the first bytes of what comes. */
async function* skipFirst(
  source: AsyncGenerator<Buffer, void, void>,
  count: number,
): AsyncGenerator<Buffer, void, void> {
  let left = count;
  for await (const chunk of source) {
    const rest = chunk.subarray(Math.min(left, chunk.length));
    left -= chunk.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}

const readHead = (bytes: Buffer): Omit<Part, 'chunks'> => {
  if (!isUtf8(bytes)) throw malformed('has a head that is not UTF-8');
  const headers = new Map<string, string>();
  for (const line of bytes.toString('utf8').split('\r\n')) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/s.exec(line);
    if (match === null || hasControl(line)) throw malformed('has a head line that is none');
    const name = match[1]!.toLowerCase();
    if (headers.has(name)) throw malformed(`has a part with two ${name.slice(0, 40)} lines`);
    headers.set(name, match[2]!);
  }
  const disposition = readParametrised(headers.get('content-disposition') ?? '', unescapeName);
  const name = disposition?.parameters.get('name');
  if (disposition?.value !== 'form-data' || name === undefined) {
    throw malformed('has a part without "Content-Disposition: form-data; name=..."');
  }
  if (!/^(7bit|8bit|binary)$/i.test(headers.get('content-transfer-encoding') ?? 'binary')) {
    throw malformed('has a part with a transfer encoding');
  }
  return { name, filename: filenameOf(disposition), contentType: headers.get('content-type') };
};

const hasControl = (text: string): boolean => /[^\P{Cc}\t]/u.test(text);

/** Browsers and fetch write a quote as `%22`, older curl as `\"`; a lone backslash stands for itself. */
const unescapeName = (quoted: string): string => quoted.replace(/\\(["\\])/g, '$1').replaceAll('%22', '"');

/** `filename`, or the extended form that some clients use for names that are not ASCII (RFC 8187). */
const filenameOf = ({ parameters }: Parametrised): string | undefined => {
  const extended = parameters.get('filename*');
  if (extended === undefined) return parameters.get('filename');
  const encoded = /^utf-8'[^']*'(.*)$/i.exec(extended)?.[1];
  try {
    if (encoded !== undefined) {
      const name = decodeURIComponent(encoded);
      if (!hasControl(name)) return name;
    }
  } catch {
    // Falls through to the one message below.
  }
  throw malformed('has a file name that cannot be read');
};
