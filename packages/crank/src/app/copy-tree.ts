import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, readlink, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** One entry of a backup: a file with its digest, a link with its target, or a folder. */
export interface BackupEntry {
  path: string;
  mode: number;
  sha256?: string;
  link?: string;
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Copies one file durably. @returns its SHA-256, hexadecimal */
export const copyDigested = async (from: string, to: string, mode: number): Promise<string> => {
  const digest = createHash('sha256');
  await mkdir(dirname(to), { recursive: true });
  await pipeline(
    createReadStream(from),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        digest.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(to, { mode, flush: true }),
  );
  await chmod(to, mode);
  return digest.digest('hex');
};

/** SHA-256 of a file, hexadecimal. */
export const digestFile = async (path: string): Promise<string> => {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest('hex');
};

/**
 * Copies what is below a folder; what vanishes meanwhile is left out, and so are hidden folders, in which versions are
 * made and unmade.
 *
 * @param skip paths, relative to `root`, that stay behind
 */
export const copyTree = async (
  root: string,
  path: string,
  to: string,
  skip: (path: string) => boolean = () => false,
): Promise<BackupEntry[]> => {
  const entries: BackupEntry[] = [];
  const visit = async (at: string): Promise<void> => {
    if (skip(at)) return;
    try {
      const found = await lstat(join(root, at));
      const mode = found.mode & 0o7777;
      if (found.isSymbolicLink()) {
        const link = await readlink(join(root, at));
        await mkdir(dirname(join(to, at)), { recursive: true });
        await symlink(link, join(to, at)).catch((error: unknown) => {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        });
        entries.push({ path: at, mode, link });
      } else if (found.isFile()) {
        entries.push({ path: at, mode, sha256: await copyDigested(join(root, at), join(to, at), mode) });
      } else if (found.isDirectory()) {
        entries.push({ path: at, mode });
        await mkdir(join(to, at), { recursive: true });
        for (const name of (await readdir(join(root, at))).sort())
          if (!/^\.(new|old)-/.test(name)) await visit(join(at, name));
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  };
  await visit(path);
  return entries;
};

/** Makes new names in a folder survive a power failure. */
export const syncFolder = async (folder: string): Promise<void> => {
  await using handle = await open(folder, 'r');
  await handle.sync();
};
