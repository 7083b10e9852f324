import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '#src/core/id.ts';
import type { CallBody } from '../call.ts';
import { createPartWriter, type PartsOf, type PartWriter, readParts } from './parts.ts';

interface Head {
  /** Bytes of the arguments. */
  input: number;
  /** What the schema saw, where that is not the arguments themselves. */
  value?: unknown;
  files: { parameter: string; name: string; sha256: string; size: number }[];
}

/** `uint32 length of head ‖ head ‖ arguments ‖ files`, in pieces; the head is JSON. @returns the writer, to be finished */
export const storeInput = async (of: PartsOf, { input, value, files }: CallBody): Promise<PartWriter> => {
  const writer = createPartWriter(of);
  const sizes = await Promise.all(files.map(({ path }) => sizeOf(path)));
  const heads = files.map(({ parameter, name, sha256 }, at) => ({ parameter, name, sha256, size: sizes[at]! }));
  const made: Head = { input: input.length, files: heads, ...(files.length > 0 && { value }) };
  const head = Buffer.from(JSON.stringify(made));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  await writer.write(Buffer.concat([length, head, input]));
  for (const { path } of files)
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) await writer.write(chunk as Buffer);
  return writer;
};

const sizeOf = async (path: string): Promise<number> => {
  await using file = await open(path);
  return (await file.stat()).size;
};

/**
 * The inverse: the arguments, and the files anew in `scratch`.
 *
 * @param taken gets the path of each file as soon as it is there: whoever began the call deletes them
 */
export const loadInput = async (of: PartsOf, scratch: string, taken: string[]): Promise<CallBody> => {
  const reader = createReader(readParts(of));
  const head = JSON.parse((await reader.take((await reader.take(4)).readUInt32BE())).toString()) as Head;
  const input = await reader.take(head.input);
  const files: CallBody['files'] = [];
  for (const { parameter, name, sha256, size } of head.files) {
    const path = join(scratch, newId('in'));
    taken.push(path);
    await using file = await open(path, 'wx', 0o600);
    for await (const bytes of reader.pieces(size)) await file.writeFile(bytes);
    files.push({ parameter, name, sha256, path });
  }
  const value: unknown = head.value ?? JSON.parse(input.toString());
  return { input, value, files, fingerprint: () => '' };
};

/** Cuts a stream of pieces at other places. */
const createReader = (pieces: AsyncGenerator<Buffer, void, void>) => {
  let rest: Buffer = Buffer.alloc(0);
  const fill = async (): Promise<void> => {
    const { value, done } = await pieces.next();
    if (done || value === undefined) throw new Error('the input of the job is not whole');
    rest = value;
  };
  async function* upTo(bytes: number): AsyncGenerator<Buffer, void, void> {
    for (let left = bytes; left > 0; ) {
      if (rest.length === 0) await fill();
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }
  return {
    pieces: upTo,
    take: async (bytes: number): Promise<Buffer> => {
      const all: Buffer[] = [];
      for await (const piece of upTo(bytes)) all.push(piece);
      return Buffer.concat(all);
    },
  };
};
