import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Absolute path of the checkout. */
export const root = resolve(import.meta.dirname, '..');

/** Every file of the project, tracked or not yet, without what git ignores; paths from the root with `/`, sorted. */
export const projectFiles = (): string[] =>
  execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 })
    .split('\0')
    .filter((path) => path !== '' && existsSync(resolve(root, path)))
    .sort();

/** The TypeScript sources of the packages. */
export const sources = (): string[] =>
  projectFiles().filter((path) => /^packages\/[^/]+\/src\/.*\.[cm]?tsx?$/.test(path));
