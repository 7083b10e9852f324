import { randomBytes } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Source } from './source.ts';
import { flushFileSystem, syncFolder, writeNew } from './write-atomically.ts';

/** The folder of a version: `<versionsDir>/<digest without its prefix>`; the source is in its `code`. */
export const versionDir = (versionsDir: string, digest: string): string => {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined) throw new TypeError(`not a version digest: ${digest.slice(0, 100)}`);
  return join(versionsDir, hex);
};

export const codeDir = (versionsDir: string, digest: string): string => join(versionDir(versionsDir, digest), 'code');

/**
 * Writes a source to its version's folder: all of it or nothing, on the disk when this returns. Every user may read it.
 *
 * @returns false where the folder was there before
 */
export const unpack = async (versionsDir: string, digest: string, source: Source): Promise<boolean> => {
  const home = versionDir(versionsDir, digest);
  if (existsSync(home)) return false;
  await mkdir(versionsDir, { recursive: true, mode: 0o755 });
  const temporary = join(versionsDir, `.new-${randomBytes(8).toString('hex')}`);
  try {
    const folders = new Set([temporary, join(temporary, 'code')]);
    for (const path of source.files.keys())
      for (let folder = dirname(path); folder !== '.'; folder = dirname(folder))
        folders.add(join(temporary, 'code', folder));
    const shortestFirst = [...folders].sort((a, b) => a.length - b.length);
    for (const folder of shortestFirst) {
      await mkdir(folder);
      await chmod(folder, 0o755); // whatever the umask made of it
    }
    const entries = [...source.files];
    const few = entries.length <= 32;
    for (let i = 0; i < entries.length; i += 32)
      await Promise.all(
        entries.slice(i, i + 32).map(([path, bytes]) => writeNew(join(temporary, 'code', path), bytes, 0o644, few)),
      );
    if (few) for (const folder of shortestFirst.reverse()) await syncFolder(folder);
    else await flushFileSystem(temporary);
    // Looked at again without a pause: of two deployments of the same source one writes, the other finds it.
    if (existsSync(home)) return false;
    renameSync(temporary, home);
    await syncFolder(versionsDir);
    return true;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
};

/** Takes a version's folder away, all at once: nothing finds half of it. */
export const dropVersion = async (versionsDir: string, digest: string): Promise<void> => {
  const home = versionDir(versionsDir, digest);
  const trash = join(versionsDir, `.old-${randomBytes(8).toString('hex')}`);
  try {
    renameSync(home, trash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await rm(trash, { recursive: true, force: true });
};
