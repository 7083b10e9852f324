import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';

/**
 * A file or folder below `folder` that is made once, whole or not at all, for all to read and run.
 * @param name says its content, or the version of that
 * @param make fills the empty folder that it is given; what it puts in that folder's place counts, too
 */
export const placeOnce = async (
  folder: string,
  name: string,
  make: (fresh: string) => Promise<void>,
): Promise<string> => {
  const target = `${folder}/${name}`;
  if (existsSync(target)) return target;
  const fresh = `${folder}/new-${randomBytes(8).toString('hex')}`;
  try {
    await mkdir(fresh, { recursive: true });
    await make(fresh);
    await open(fresh);
    // Another node of this machine may have been quicker.
    await rename(fresh, target).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return target;
};

/** For all to read, and to run. */
const open = async (path: string): Promise<void> => {
  await chmod(path, 0o755);
  const inside = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') return [];
    throw error;
  });
  for (const entry of inside) await open(`${path}/${entry.name}`);
};
