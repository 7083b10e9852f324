import { randomBytes } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { environmentDir } from './install.ts';

const ENVIRONMENT = /^[0-9a-f]{64}-3\.\d+-/;

/**
 * Removes the installed packages of locks that no version uses, each folder all at once.
 *
 * @param kept folders that a deployment may be about to use
 * @returns how many were removed
 */
export const collectEnvironments = async (
  envsDir: string,
  used: readonly { lock: string; python: string }[],
  kept: ReadonlySet<string>,
): Promise<number> => {
  const needed = new Set(used.map(({ lock, python }) => environmentDir(envsDir, lock, python)));
  const names = await readdir(envsDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  let removed = 0;
  for (const name of names.filter((one) => ENVIRONMENT.test(one))) {
    const path = join(envsDir, name);
    if (needed.has(path) || kept.has(path)) continue;
    const trash = join(envsDir, `.old-${randomBytes(8).toString('hex')}`);
    await rename(path, trash);
    await rm(trash, { recursive: true, force: true });
    removed++;
  }
  return removed;
};
