import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CrankError } from '#src/core/error.ts';
import { notDeployable, problem } from './findings.ts';
import { makeReadable } from './install.ts';
import type { LockedPackage } from './npm-lock.ts';
import type { NpmRegistry } from './npm-registry.ts';
import { BadArchive, readArchive } from './tarball.ts';
import { flushFileSystem, syncFolder } from './write-atomically.ts';

/** Bytes of one archive, and of all that is in one; of all packages together. */
const most = { archive: 64 * 2 ** 20, unpacked: 256 * 2 ** 20, together: 2 ** 30 };
const atOnce = 8;
const timeoutMs = 120_000;
const running = new Map<string, Promise<void>>();

/**
 * Installs the packages of a lock into a folder of its own, once: archives from the registry, held against their hashes and
 * unpacked. None of their code runs, their install scripts neither. A folder that is there is complete.
 *
 * @throws CrankError `not-deployable` where a package is not there or not the one that was locked, `unavailable` without the
 * registry. Nothing stays then.
 */
export const installPackages = async (
  packages: readonly LockedPackage[],
  folder: string,
  registry: NpmRegistry,
  progress: (message: string) => void,
): Promise<void> => {
  let work = running.get(folder);
  if (work === undefined) {
    work = install(packages, folder, registry, progress).finally(() => running.delete(folder));
    running.set(folder, work);
  }
  return work;
};

const install = async (
  packages: readonly LockedPackage[],
  folder: string,
  registry: NpmRegistry,
  progress: (message: string) => void,
): Promise<void> => {
  if (existsSync(folder)) return;
  const envsDir = dirname(folder);
  await mkdir(envsDir, { recursive: true });
  const temporary = await mkdtemp(join(envsDir, '.env-'));
  try {
    const target = join(temporary, 'packages');
    await mkdir(target);
    progress(
      `Installing ${packages
        .map(({ name, version }) => `${name}@${version}`)
        .join(', ')
        .slice(0, 200)}`,
    );
    const stop = new AbortController();
    const left = [...packages].sort((a, b) => a.path.length - b.path.length);
    let bytes = 0;
    const worker = async (): Promise<void> => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) {
        bytes += await installOne(one, join(target, one.path), registry, stop.signal);
        if (bytes > most.together)
          throw refused(one, `the packages have more than ${most.together / 2 ** 20} MiB together`);
      }
    };
    const work = Array.from({ length: atOnce }, () =>
      worker().catch((error: unknown) => {
        left.length = 0;
        stop.abort(error);
      }),
    );
    await Promise.all(work); // whatever fails: nobody writes any more when the folder is moved or removed
    stop.signal.throwIfAborted();
    await makeReadable(target);
    await flushFileSystem(target);
    await rename(target, folder).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(folder)) throw error; // else another process installed the same bytes
    });
    await syncFolder(envsDir);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
};

/** @returns bytes of its files */
const installOne = async (
  one: LockedPackage,
  folder: string,
  registry: NpmRegistry,
  signal: AbortSignal,
): Promise<number> => {
  const archive = await fetchArchive(one, registry, signal);
  const hash = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  if (hash !== one.integrity)
    throw refused(one, `the registry gives other bytes for it than were locked (${hash.slice(0, 20)}…)`);
  let bytes = 0;
  try {
    for (const { path, content, executable } of await readArchive(archive, most.unpacked)) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content, { mode: executable ? 0o755 : 0o644 });
      bytes += content.length;
    }
  } catch (error) {
    if (error instanceof BadArchive) throw refused(one, `its archive is refused: ${error.message}`);
    // Two files of one name, or a file where there is a folder.
    if (['EISDIR', 'ENOTDIR', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw refused(one, 'its archive has two things of one name');
    throw error;
  }
  return bytes;
};

const fetchArchive = async (one: LockedPackage, registry: NpmRegistry, signal: AbortSignal): Promise<Buffer> => {
  const { url, headers } = registry.archive(one);
  const { host } = new URL(url);
  let response: Response;
  try {
    response = await fetch(url, { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
    if (response.ok) return await bounded(response, one);
  } catch (error) {
    if (error instanceof CrankError) throw error;
    const { cause, message } = error as Error & { cause?: { code?: string } };
    throw unreachable(host, cause?.code ?? message, error);
  }
  await response.body?.cancel();
  if (response.status >= 500 || response.status === 429) throw unreachable(host, `it answers ${response.status}`);
  throw refused(one, `the registry ${host} does not give it (${response.status})`);
};

const bounded = async (response: Response, one: LockedPackage): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > most.archive) throw refused(one, `its archive has more than ${most.archive / 2 ** 20} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const unreachable = (host: string, why: string, cause?: unknown): CrankError =>
  new CrankError(
    'unavailable',
    `The registry ${host} cannot be reached (${why}): check the node's network or npm's configuration, then deploy again.`,
    { retryAfter: 30, ...(cause === undefined ? {} : { cause }) },
  );

const refused = ({ name, version }: LockedPackage, why: string): CrankError =>
  notDeployable([
    problem(
      'package-lock.json',
      `${name}@${version}: ${why}.`,
      'Run `npm install` and deploy package-lock.json again.',
    ),
  ]);
