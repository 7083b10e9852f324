import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrankError } from '#src/core/error.ts';
import { runOpa } from './opa-run.ts';

/** The version of Open Policy Agent that is installed, and that compiled the default bundle. */
export const OPA_VERSION = '1.22.2';

export interface OpaOptions {
  /** Folder for programs of our own; default `$XDG_CACHE_HOME/crank/tools` or `~/.cache/crank/tools`. */
  toolsDir?: string;
  env?: Readonly<Record<string, string | undefined>>;
  /** Told in plain words what goes on, at most about once a second. */
  onProgress?: (text: string) => void;
}

/** Where our own programs are kept when nobody says otherwise. */
const defaultToolsDir = (env: OpaOptions['env'] = process.env): string =>
  join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'crank', 'tools');

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

const onPath = async (name: string, env: OpaOptions['env'] = process.env): Promise<string | undefined> => {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder.startsWith('/') && (await isExecutable(path))) return path;
  }
  return undefined;
};

/** `1.22.2`; undefined where a program is not `opa`. */
export const opaVersion = async (path: string): Promise<string | undefined> =>
  /^Version: (\S+)/m.exec((await runOpa(path, ['version'])).stdout)?.[1];

const installed = (toolsDir: string): string => join(toolsDir, `opa-${OPA_VERSION}`);

/** The `opa` to use, where one is there: our own, else one on PATH of version 1 or later. */
export const findOpa = async ({ toolsDir, env }: OpaOptions = {}): Promise<string | undefined> => {
  const own = installed(toolsDir ?? defaultToolsDir(env));
  if (await isExecutable(own)) return own;
  const other = await onPath('opa', env);
  if (other === undefined) return undefined;
  return Number((await opaVersion(other))?.split('.')[0]) >= 1 ? other : undefined;
};

/** Compiles and installs `opa` with Go, into a folder of its own, so that only a whole one is ever seen. */
const goInstall = async (
  go: string,
  toolsDir: string,
  { env = process.env, onProgress }: OpaOptions,
): Promise<void> => {
  const work = await mkdtemp(join(toolsDir, 'opa-build-'));
  try {
    const said: string[] = [];
    let compiled = 0;
    let told = 0;
    const child = spawn(go, ['install', '-v', '-trimpath', `github.com/open-policy-agent/opa@v${OPA_VERSION}`], {
      env: { ...env, GOBIN: work, CGO_ENABLED: '0', GOOS: '', GOARCH: '' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (said.length > 20) said.shift();
      if (!line.startsWith('go: ')) compiled += 1;
      if (Date.now() - told < 1000) return;
      told = Date.now();
      onProgress?.(
        compiled === 0
          ? `getting the sources of opa ${OPA_VERSION}`
          : `compiling opa ${OPA_VERSION}: ${compiled} packages done`,
      );
    });
    const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    if (code !== 0) {
      throw new CrankError(
        'unavailable',
        `go install of opa ${OPA_VERSION} failed (${said.slice(-3).join('; ')}). ${BY_HAND}`,
      );
    }
    await rename(join(work, 'opa'), installed(toolsDir));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

/** What to do where we cannot. */
const BY_HAND =
  `Install Go (https://go.dev/doc/install) and do the same again, or put the program opa ${OPA_VERSION} on PATH yourself: ` +
  'https://www.openpolicyagent.org/docs#1-download-opa';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Takes the lock file, which holds the taker's process id; false where a living process has it. */
const takeLock = async (path: string): Promise<boolean> => {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(String(process.pid)).finally(() => file.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  try {
    const holder = Number(await readFile(path, 'utf8'));
    const ageMs = Date.now() - (await stat(path)).mtimeMs;
    // An empty file was just taken, or its taker died at once. No installation takes half an hour.
    const left = holder > 0 ? !isAlive(holder) || ageMs > 1_800_000 : ageMs > 10_000;
    if (left) await rm(path, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // given back meanwhile
  }
  return false;
};

const install = async (options: OpaOptions, toolsDir: string): Promise<string> => {
  const go = await onPath('go', options.env);
  if (go === undefined) {
    throw new CrankError(
      'unavailable',
      `Compiling a policy needs the program opa, and neither it nor Go is here. ${BY_HAND}`,
    );
  }
  const path = installed(toolsDir);
  const lock = `${path}.lock`;
  await mkdir(toolsDir, { recursive: true });
  while (!(await takeLock(lock))) {
    options.onProgress?.('waiting for another process that installs opa');
    await sleep(500);
    if (await isExecutable(path)) return path;
  }
  try {
    if (!(await isExecutable(path))) {
      options.onProgress?.(`installing opa ${OPA_VERSION} with Go, once: this takes some minutes`);
      await goInstall(go, toolsDir, options);
    }
    return path;
  } finally {
    await rm(lock, { force: true });
  }
};

const installs = new Map<string, Promise<string>>();

/**
 * The path of an `opa` program: the one that is there, else one compiled with Go from pinned sources, whose checksums Go
 * verifies. There is no download of a release: nobody here could have checked its digest.
 *
 * @throws CrankError `unavailable` with what to do where there is neither `opa` nor Go, or its installation fails
 */
export const ensureOpa = async (options: OpaOptions = {}): Promise<string> => {
  const found = await findOpa(options);
  if (found !== undefined) return found;
  const toolsDir = options.toolsDir ?? defaultToolsDir(options.env);
  const running = installs.get(toolsDir) ?? install(options, toolsDir).finally(() => installs.delete(toolsDir));
  installs.set(toolsDir, running);
  return running;
};
