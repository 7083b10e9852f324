import { CrankError, errorOf } from './errors.ts';
import { bodyLines, serverEvents } from './event-stream.ts';
import { fromJson } from './json.ts';
import { brokenOff, frameIn, type StreamEnd } from './stream-frame.ts';

export interface Progress {
  /** 1 is the whole; null where the service does not say. */
  fraction: number | null;
  message: string;
}

export interface StreamSource {
  /** Makes the call. */
  open(accept: string): Promise<Response>;
  /** Called with the bytes that the receipt commits to, and the end, where the receipt is to be verified. */
  verify?: (bytes: Uint8Array, end: StreamEnd) => Promise<void>;
  onProgress?: ((progress: Progress) => void) | undefined;
  bigint: boolean;
}

/**
 * The items of a streaming operation, as they come. The call is made once somebody iterates, and only once; leaving the loop early ends
 * it. Iterating throws a CrankError where the call fails, also in the middle.
 */
export class CallStream<T = unknown> implements AsyncIterable<T> {
  readonly #source: StreamSource;
  #began = false;
  /** How the call ended; undefined before. */
  end: StreamEnd | undefined;
  /** Id of the call; undefined before it began. */
  call: string | undefined;
  /** Digest of the version that runs. */
  version: string | undefined;

  constructor(source: StreamSource) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    if (this.#began) throw new TypeError('A stream is read once: call again for another.');
    this.#began = true;
    const { onProgress, verify, bigint } = this.#source;
    // Lines of NDJSON have no place for progress.
    const response = await this.#source.open(
      onProgress === undefined ? 'application/x-ndjson' : 'text/event-stream, application/x-ndjson;q=0.5',
    );
    this.call = response.headers.get('crank-call') ?? undefined;
    this.version = response.headers.get('crank-version') ?? undefined;
    const seen: Uint8Array[] = [];
    const lines = bodyLines(response.body!, verify && ((bytes) => seen.push(bytes)));
    const events = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    try {
      for await (const { type, text } of events ? eventItems(lines) : lineItems(lines)) {
        if (type === 'item') yield fromJson(text, bigint) as T;
        else if (type === 'progress') onProgress?.(JSON.parse(text) as Progress);
        else this.end = JSON.parse(text) as StreamEnd;
      }
    } catch (error) {
      throw error instanceof CrankError || isAbort(error) ? error : brokenOff(error);
    }
    if (this.end === undefined) throw brokenOff();
    await verify?.(beforeFrame(seen, events), this.end);
    if (this.end.error !== undefined) throw errorOf(this.end.error);
  }

  /** All items, once the last has come. @throws CrankError */
  async toArray(): Promise<T[]> {
    const items: T[] = [];
    for await (const item of this) items.push(item);
    return items;
  }
}

interface Piece {
  type: 'item' | 'progress' | 'end';
  text: string;
}

async function* lineItems(lines: AsyncIterable<string>): AsyncGenerator<Piece> {
  for await (const line of lines) {
    const end = frameIn(line);
    yield end === undefined ? { type: 'item', text: line } : { type: 'end', text: JSON.stringify(end) };
  }
}

async function* eventItems(lines: AsyncIterable<string>): AsyncGenerator<Piece> {
  for await (const { event, data } of serverEvents(lines))
    yield { type: event === 'receipt' ? 'end' : event === 'progress' ? 'progress' : 'item', text: data };
}

const isAbort = (error: unknown): boolean =>
  error instanceof DOMException && (error.name === 'AbortError' || error.name === 'TimeoutError');

/** What was sent before the last frame: the receipt commits to that. */
const beforeFrame = (pieces: readonly Uint8Array[], events: boolean): Uint8Array => {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  // Latin-1 has a character for each byte, so places are the same.
  const text = new TextDecoder('latin1').decode(all);
  const frame = text.lastIndexOf(events ? 'event: receipt\n' : '{"$crank":');
  return all.subarray(0, Math.max(0, frame));
};
