import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { digest } from '#src/core/digest.ts';
import type { Builds } from './builds.ts';
import { notDeployable } from './findings.ts';
import type { Interpreter } from './interpreters.ts';
import { blocksOf, type Lock } from './lock.ts';
import { series } from './pep440.ts';
import { normaliseName } from './pep508.ts';
import { platformTag } from './platform-tag.ts';
import { explainFailure, lacksNetwork, lacksWheel } from './resolver-failure.ts';
import type { Uv } from './uv.ts';
import { flushFileSystem, syncFolder, writeFileAtomically } from './write-atomically.ts';

/** Where the packages of a lock are, once installed: `<envsDir>/<lock digest>-<series>-<platform>`. */
export const environmentDir = (envsDir: string, lockDigest: string, python: string): string =>
  join(envsDir, `${lockDigest.replace(/^sha256:/, '')}-${python}-${platformTag()}`);

const running = new Map<string, Promise<string>>();

/**
 * Installs a lock's packages, compiled, into a folder of their own, once: wheels from the index, and those that were built
 * here of source distributions where there are none. Deployments at the same time share the work, and a folder that is there is complete. Every user may read it, since sandboxes run as another one.
 *
 * @returns the folder
 * @throws CrankError `not-deployable` with the installer's words, `unavailable` without package index or uv
 */
export const installLock = (
  lock: Lock,
  options: {
    uv: Uv;
    builds: Builds;
    envsDir: string;
    /** Who deploys: builds are made in the name of the first who needs them. */
    account: string;
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
  const { uv, builds, envsDir, interpreter, file, progress } = options;
  await mkdir(envsDir, { recursive: true });
  const temporary = await mkdtemp(join(envsDir, '.env-'));
  try {
    const target = join(temporary, 'packages');
    progress(`Installing ${lock.packages.join(', ').slice(0, 200)}`);
    // Copies, not links into the cache: nothing that later happens to the cache may change a version's code.
    const args = ['pip', 'install', '--require-hashes', '--no-deps', '--compile-bytecode', '--link-mode', 'copy'];
    args.push('--target', target, '-r', 'lock.txt');
    const blocks = blocksOf(lock);
    const wheels = await Promise.all(blocks.map((block) => builds.find(block, interpreter)));
    for (;;) {
      await writeFileAtomically(join(temporary, 'lock.txt'), await installable(blocks, wheels));
      const ended = await uv(args, { cwd: temporary, python: interpreter.path, progress });
      if (ended.code === 0) break;
      if (lacksNetwork(ended.stderr) && !args.includes('--offline')) {
        args.push('--offline'); // what was fetched earlier may do, stale as it is: the hashes hold
        continue;
      }
      const lacking = wheellessIn(ended.stderr, blocks);
      if (lacking === undefined || wheels[lacking] !== undefined) {
        const requirements = lock.packages.map((text) => ({ name: text.split('==')[0]!, text, hashes: [] }));
        throw notDeployable(explainFailure(ended.stderr, file, requirements));
      }
      wheels[lacking] = await builds.build(blocks[lacking]!, options);
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

/** The lock, with wheels of ours by their paths where there are some. */
const installable = async (blocks: readonly string[], wheels: readonly (string | undefined)[]): Promise<string> => {
  const lines = await Promise.all(
    blocks.map(async (block, i) => {
      const wheel = wheels[i];
      if (wheel === undefined) return block;
      const name = /^[A-Za-z0-9][\w.-]*/.exec(block)![0];
      const marker = / ; [^;\\]+(?= \\|$)/.exec(block.split('\n')[0]!)?.[0] ?? '';
      return `${name} @ ${pathToFileURL(wheel).href}${marker} --hash=${digest(await readFile(wheel))}`;
    }),
  );
  return `${lines.join('\n')}\n`;
};

/** The package that has no wheel, in the installer's words; its place among the lock's. */
const wheellessIn = (stderr: string, blocks: readonly string[]): number | undefined => {
  if (!lacksWheel(stderr)) return undefined;
  const name = /Wheels are required for `([A-Za-z0-9][\w.-]*)/.exec(stderr)?.[1];
  const at = blocks.findIndex(
    (block) => name !== undefined && normaliseName(/^[A-Za-z0-9][\w.-]*/.exec(block)![0]) === normaliseName(name),
  );
  return at < 0 ? undefined : at;
};

/** Folders 0755; files 0644, or 0755 where somebody may execute them. */
export const makeReadable = async (folder: string): Promise<void> => {
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
