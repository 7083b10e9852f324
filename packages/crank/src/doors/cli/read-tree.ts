import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { CrankError } from '#src/core/error.ts';

const LEFT_OUT = new Set([
  '.git',
  '__pycache__',
  'node_modules',
  '.venv',
  'venv',
  '.mypy_cache',
  '.pytest_cache',
  '.DS_Store',
]);
const MOST = 2_000;

/** What only the author's tools made is not deployed. */
export const isLeftOut = (name: string): boolean => LEFT_OUT.has(name);

export interface TreeFile {
  /** Relative, with `/` between folders. */
  path: string;
  bytes: Uint8Array;
}

/** A file or pipe, or all files of a folder but what only the author's tools made. @throws CrankError `invalid-input` */
export const readTree = async (path: string): Promise<TreeFile[]> => {
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(path);
  } catch (error) {
    throw new CrankError('invalid-input', `There is no file or folder ${path}.`, { cause: error });
  }
  if (found.isFile() || found.isFIFO()) return [{ path: basename(path), bytes: await readFile(path) }];
  const files: TreeFile[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (isLeftOut(entry.name)) continue;
      const full = join(folder, entry.name);
      if (entry.isDirectory()) await walk(full);
      else if (entry.isFile())
        files.push({ path: relative(path, full).split(sep).join('/'), bytes: await readFile(full) });
      if (files.length > MOST)
        throw new CrankError('invalid-input', `${path} holds more than ${MOST} files: deploy a smaller folder.`);
    }
  };
  await walk(path);
  if (files.length === 0)
    throw new CrankError('invalid-input', `${path} is empty: give a script, a module, a model or a folder with one.`);
  return files;
};
