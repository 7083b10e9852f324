import { execFile } from 'node:child_process';
import { closeSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs';
import { promisify } from 'node:util';
import type { SandboxUser } from './bubblewrap.ts';
import { blockedBy } from './reachable.ts';

const run = promisify(execFile);

export interface Interpreter {
  /** Series, such as `3.11`. */
  version: string;
  /** Absolute, without links. */
  path: string;
}

export interface RejectedInterpreter {
  path: string;
  reason: string;
}

/** The oldest series that the runtime is written for. */
const oldest = [3, 9] as const;

/**
 * Looks for Python where programs usually are, and tries each: it must run as the sandbox's user, with the modules that
 * the runtime needs. System folders come first, so that a service gets the same one whatever shell started the node.
 *
 * @param tryInside runs an interpreter with `-S -c CODE` in a sandbox and returns what it printed; throws with the reason
 * @param user the sandbox's user where it is not our own
 */
export const findInterpreters = async (
  tryInside: (interpreter: string, code: string) => Promise<string>,
  user: SandboxUser | undefined,
  searchPath = process.env['PATH'] ?? '',
): Promise<{ usable: Interpreter[]; rejected: RejectedInterpreter[] }> => {
  const usable: Interpreter[] = [];
  const rejected: RejectedInterpreter[] = [];
  const seen = new Set<string>();
  for (const candidate of foldersOf(searchPath).flatMap(pythons)) {
    const path = realpathSync(candidate);
    if (seen.has(path)) continue;
    seen.add(path);
    const found = await examine(path, tryInside, user);
    if ('reason' in found) rejected.push({ path: candidate, reason: found.reason });
    else if (!usable.some(({ version }) => version === found.version)) usable.push(found);
  }
  return { usable, rejected };
};

/** Any Python 3 of this machine, for work outside of sandboxes; system folders first. */
export const anyPython = (searchPath = process.env['PATH'] ?? ''): string | undefined =>
  foldersOf(searchPath).flatMap(pythons)[0];

const foldersOf = (searchPath: string): string[] => [
  ...new Set(['/usr/bin', '/usr/local/bin', ...searchPath.split(':').filter((folder) => folder.startsWith('/'))]),
];

const pythons = (folder: string): string[] => {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return []; // not there, or closed to us too
  }
  return names
    .filter((name) => /^python3(\.\d+)?$/.test(name))
    .map((name) => `${folder}/${name}`)
    .filter(isProgram);
};

/** A real program and no dangling link, and no script that chooses a program (pyenv's shims). */
const isProgram = (path: string): boolean => {
  const magic = Buffer.alloc(4);
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    readSync(handle, magic);
  } finally {
    closeSync(handle);
  }
  return magic.toString('latin1') === '\x7fELF';
};

const question = 'import sys, ctypes, json, resource, select, socket; sys.stdout.write("%d.%d" % sys.version_info[:2])';

const examine = async (
  path: string,
  tryInside: (interpreter: string, code: string) => Promise<string>,
  user: SandboxUser | undefined,
): Promise<Interpreter | { reason: string }> => {
  const obstacle = user === undefined ? undefined : blockedBy(path, user);
  if (user !== undefined && obstacle !== undefined) {
    return {
      reason: `${obstacle} is closed to the sandbox's user (uid ${user.uid}): install a Python in /usr or open that folder`,
    };
  }
  let version: string;
  try {
    version = (await tryInside(path, question)).trim();
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr || (error as Error).message).trim();
    return { reason: `it does not run inside the sandbox: ${said.slice(-300)}` };
  }
  const [major, minor] = version.split('.').map(Number);
  if (major !== oldest[0] || minor === undefined || !(minor >= oldest[1])) {
    return { reason: `it is Python ${version}; ${oldest.join('.')} or newer is needed` };
  }
  return { version, path };
};

/** Runs a short program to its end. @throws what execFile throws, with `stderr` */
export const runToEnd = async (
  program: string,
  args: readonly string[],
  user: SandboxUser | undefined,
): Promise<string> => {
  const { stdout } = await run(program, [...args], { env: {}, cwd: '/', timeout: 20_000, ...(user ?? {}) });
  return stdout;
};
