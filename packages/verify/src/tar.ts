import { VerificationError } from './verification-error.ts';

const BLOCK = 512;
/** Files of an export have some 500 receipts at most. */
const MAX_BYTES = 1 << 28;

/** A file of an archive. */
export interface TarFile {
  name: string;
  content: Uint8Array;
}

const wrong = (why: string): VerificationError =>
  new VerificationError('archive', `The archive is damaged: ${why}. Get the export again.`);

const octal = (block: Uint8Array, at: number, length: number, what: string): number => {
  const text = String.fromCharCode(...block.subarray(at, at + length));
  const match = /^([0-7]+)[\0 ]+$/.exec(text);
  if (match === null) throw wrong(`the ${what} of a file is no octal number`);
  return Number.parseInt(match[1]!, 8);
};

/** Whether these first bytes of a file begin an archive rather than a receipt. */
export const isTar = (head: Uint8Array): boolean =>
  head.length >= 262 && String.fromCharCode(...head.subarray(257, 262)) === 'ustar';

/**
 * Reads a tar archive (POSIX.1-1988 ustar, plain files only) file by file; memory holds one.
 *
 * @throws VerificationError (part `archive`), also where it ends early
 */
export async function* readTar(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<TarFile> {
  let held: Uint8Array[] = [];
  let size = 0;
  const source = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  const take = async (count: number): Promise<Uint8Array> => {
    while (size < count) {
      const next = await source.next();
      if (next.done) throw wrong('it ends early');
      held.push(next.value);
      size += next.value.length;
    }
    const all = new Uint8Array(size);
    let at = 0;
    for (const chunk of held) {
      all.set(chunk, at);
      at += chunk.length;
    }
    held = count < size ? [all.subarray(count)] : [];
    size -= count;
    return all.subarray(0, count);
  };
  for (;;) {
    const head = await take(BLOCK);
    if (head.every((byte) => byte === 0)) break;
    if (!isTar(head)) throw wrong('a head is not in ustar form');
    const sum = octal(head, 148, 8, 'checksum');
    let found = 8 * 0x20;
    for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) found += head[i]!;
    if (found !== sum) throw wrong('the checksum of a head does not match');
    if (head[156] !== 0x30) throw wrong('it holds something that is no plain file');
    const length = octal(head, 124, 12, 'size');
    if (length > MAX_BYTES) throw wrong(`a file is larger than ${MAX_BYTES} bytes`);
    const name = String.fromCharCode(...head.subarray(0, 100)).replace(/\0+$/, '');
    const padded = await take(length + ((BLOCK - (length % BLOCK)) % BLOCK));
    if (padded.subarray(length).some((byte) => byte !== 0)) throw wrong(`there are bytes behind ${name}`);
    yield { name, content: padded.subarray(0, length) };
  }
  if ((await take(BLOCK)).some((byte) => byte !== 0)) throw wrong('its end is not zeros');
  if (size > 0 || !(await source.next()).done) throw wrong('there are bytes behind its end');
}
