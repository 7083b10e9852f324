import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '#src/core/id.ts';
import { tooLarge } from './body.ts';

export interface SavedFile {
  path: string;
  size: number;
  /** Hexadecimal, of the content. */
  sha256: string;
}

/**
 * Writes a file under a name of its own, hashing it on the way; nothing stays where that fails.
 *
 * @param limit bytes
 * @throws CrankError `too-large`, and what the source throws
 */
export const saveFile = async (
  folder: string,
  chunks: AsyncIterable<Buffer>,
  limit: number,
  what: string,
): Promise<SavedFile> => {
  const path = join(folder, newId('in'));
  const file = await open(path, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > limit) throw tooLarge(what, limit);
      hash.update(chunk);
      for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
    }
    await file.close();
    return { path, size, sha256: hash.digest('hex') };
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
};
