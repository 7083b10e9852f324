import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes that are read at one time. */
const CHUNK = 2 ** 20;

/** A file read from its beginning to its end, of which a window is in memory. Offsets are of the file. */
export class FileWindow {
  readonly #fd: number;
  readonly size: number;
  #buffer: Buffer = Buffer.allocUnsafe(0);
  #start: number;
  #end: number;

  constructor(path: string, from = 0) {
    this.#fd = openSync(path, 'r');
    this.size = fstatSync(this.#fd).size;
    this.#start = from;
    this.#end = from;
  }

  /** Where what is in memory ends. */
  get end(): number {
    return this.#end;
  }

  get complete(): boolean {
    return this.#end >= this.size;
  }

  /** Lets go of what is before an offset, and reads more. @returns false at the end of the file */
  more(keep: number): boolean {
    const kept = this.#end - keep;
    // A new buffer each time: slices of the old one, which others hold, stay as they are.
    const size = Math.min(CHUNK, Math.max(0, this.size - this.#end));
    const next = Buffer.allocUnsafe(kept + size);
    this.#buffer.copy(next, 0, keep - this.#start, this.#end - this.#start);
    const read = readSync(this.#fd, next, kept, size, this.#end);
    this.#buffer = next;
    this.#start = keep;
    this.#end += read;
    return read > 0;
  }

  /** Where bytes stand next, at or after an offset that is in memory; -1 where they do not. */
  indexOf(bytes: Buffer, from: number): number {
    const found = this.#buffer.subarray(0, this.#end - this.#start).indexOf(bytes, from - this.#start);
    return found < 0 ? -1 : found + this.#start;
  }

  byte(at: number): number | undefined {
    return at < this.#end ? this.#buffer[at - this.#start] : undefined;
  }

  /** Bytes between two offsets that are in memory. */
  slice(from: number, to: number): Buffer {
    return this.#buffer.subarray(from - this.#start, Math.min(to, this.#end) - this.#start);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
