import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runProgram, toolEnvironment } from './run-program.ts';

/** Makes a folder's entries survive a loss of power. */
export const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

/** Brings everything written to the file system of a folder to the disk: for many files this beats one by one. */
export const flushFileSystem = async (folder: string): Promise<void> => {
  const options = { cwd: folder, env: toolEnvironment(), timeoutMs: 120_000 };
  const { code, stderr } = await runProgram('sync', ['-f', folder], options);
  if (code !== 0) throw new Error(`sync of ${folder} failed: ${stderr}`);
};

/** Writes a new file, and waits until it is on the disk unless told not to. */
export const writeNew = async (
  path: string,
  content: string | Uint8Array,
  mode: number,
  sync = true,
): Promise<void> => {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.chmod(mode); // whatever the umask made of it
    if (sync) await file.sync();
  } finally {
    await file.close();
  }
};

/** Replaces a file: readers see the old or the new content, and so does the next start after a loss of power. */
export const writeFileAtomically = async (path: string, content: string | Uint8Array, mode = 0o644): Promise<void> => {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeNew(temporary, content, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
};
