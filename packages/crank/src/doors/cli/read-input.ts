import { open, readFile } from 'node:fs/promises';
import { CrankError } from '#src/core/error.ts';

/** @throws CrankError `invalid-input` where a file cannot be read */
export const readInput = async (path: string): Promise<Uint8Array> => {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CrankError('invalid-input', `${path} cannot be read: ${(error as Error).message}.`);
  }
};

/** The first bytes of a file. */
export const headOf = async (path: string): Promise<Uint8Array> => {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw new CrankError('invalid-input', `${path} cannot be read: ${(error as Error).message}.`);
  }
};
