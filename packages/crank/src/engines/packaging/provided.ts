import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { normaliseName } from './pep508.ts';

/** Whether a folder of installed packages has a module. @param module dotted identifiers */
export const hasModule = async (folder: string, module: string): Promise<boolean> => {
  const parts = module.split('.');
  const last = parts.pop()!;
  const around = join(folder, ...parts);
  if (existsSync(join(around, last)) || existsSync(join(around, `${last}.py`))) return true;
  // Extension modules: name.cpython-311-x86_64-linux-gnu.so, name.abi3.so
  const names = await readdir(around).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return names.some((name) => name.startsWith(`${last}.`) && name.endsWith('.so'));
};

/** Whether a module is among the files that an installed distribution says are its own (RECORD). */
export const providesModule = async (folder: string, distribution: string, module: string): Promise<boolean> => {
  const path = module.replaceAll('.', '/');
  for (const name of await readdir(folder)) {
    const found = /^(.+)-[^-]+\.dist-info$/.exec(name);
    if (found === null || normaliseName(found[1]!) !== normaliseName(distribution)) continue;
    const record = await readFile(join(folder, name, 'RECORD'), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return record.split('\n').some((line) => {
      const file = line.startsWith('"') ? line.slice(1) : line;
      return file.startsWith(`${path}/`) || file.startsWith(`${path}.`);
    });
  }
  return false;
};
