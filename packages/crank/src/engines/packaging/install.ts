import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { notDeployable } from './findings.ts';
import type { Interpreter } from './interpreters.ts';
import type { Lock } from './lock.ts';
import { series } from './pep440.ts';
import { platformTag } from './platform-tag.ts';
import { explainFailure } from './resolver-failure.ts';
import type { Uv } from './uv.ts';
import { flushFileSystem, syncFolder, writeFileAtomically } from './write-atomically.ts';

/** Where the packages of a lock are, once installed: `<envsDir>/<lock digest>-<series>-<platform>`. */
export const environmentDir = (envsDir: string, lockDigest: string, python: string): string =>
  join(envsDir, `${lockDigest.replace(/^sha256:/, '')}-${python}-${platformTag()}`);

const running = new Map<string, Promise<string>>();

/**
 * Installs a lock's wheels, compiled, into a folder of their own, once: deployments at the same time share the work, and
 * a folder that is there is complete. Every user may read it, since sandboxes run as another one.
 *
 * @returns the folder
 * @throws CrankError `not-deployable` with the installer's words, `unavailable` without package index or uv
 */
export const installLock = (
  lock: Lock,
  options: {
    uv: Uv;
    envsDir: string;
    interpreter: Interpreter;
    /** The file that declared the requirements, for findings. */
    file: string;
    progress: (message: string) => void;
  },
): Promise<string> => {
  const folder = environmentDir(options.envsDir, lock.digest, series(options.interpreter.version));
  let work = running.get(folder);
  if (work === undefined) {
    work = install(lock, folder, options).finally(() => running.delete(folder));
    running.set(folder, work);
  }
  return work;
};

const install = async (lock: Lock, folder: string, options: Parameters<typeof installLock>[1]): Promise<string> => {
  if (await isFolder(folder)) return folder;
  const { uv, envsDir, interpreter, file, progress } = options;
  await mkdir(envsDir, { recursive: true });
  const temporary = await mkdtemp(join(envsDir, '.env-'));
  try {
    const target = join(temporary, 'packages');
    await writeFileAtomically(join(temporary, 'lock.txt'), lock.text);
    progress(`Installing ${lock.packages.join(', ').slice(0, 200)}`);
    // Copies, not links into the cache: nothing that later happens to the cache may change a version's code.
    const args = ['pip', 'install', '--require-hashes', '--no-deps', '--compile-bytecode', '--link-mode', 'copy'];
    args.push('--target', target, '-r', 'lock.txt');
    const ended = await uv(args, { cwd: temporary, python: interpreter.path, progress });
    if (ended.code !== 0) {
      const requirements = lock.packages.map((text) => ({ name: text.split('==')[0]!, text, hashes: [] }));
      throw notDeployable(explainFailure(ended.stderr, file, requirements));
    }
    await rm(join(target, '.lock'), { force: true });
    await makeReadable(target);
    await flushFileSystem(target);
    try {
      await rename(target, folder);
    } catch (error) {
      const taken = ['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (!taken || !(await isFolder(folder))) throw error; // else another process installed the same bytes
    }
    await syncFolder(envsDir);
    return folder;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
};

/** Folders 0755; files 0644, or 0755 where somebody may execute them. */
const makeReadable = async (folder: string): Promise<void> => {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await makeReadable(path);
    else if (entry.isFile()) await chmod(path, (await lstat(path)).mode & 0o111 ? 0o755 : 0o644);
    else await rm(path, { force: true }); // wheels have no links or devices
  }
};

const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};
