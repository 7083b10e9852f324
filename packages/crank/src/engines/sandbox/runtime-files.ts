import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chmod, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sha256 } from '#src/core/digest.ts';
import { CrankError } from '#src/core/error.ts';
import type { SandboxUser } from './bubblewrap.ts';
import { installHint, thisDistribution } from './distribution.ts';

const run = promisify(execFile);
const source = fileURLToPath(new URL('./runtime/', import.meta.url));

/** The files that every sandbox sees at /runtime. */
export interface RuntimeFiles {
  path: string;
  /** Host path of the outer filter; the inner ones lie beside it under the same names as inside. */
  outerFilter: string;
}

/**
 * Copies the runtime below `runtimeDir`, readable for all, into a folder named by its content; exports the seccomp
 * filters for this machine with libseccomp; compiles for the interpreter. Done once per node start.
 *
 * @throws CrankError `isolation-unavailable` when libseccomp is missing
 */
export const prepareRuntime = async (
  runtimeDir: string,
  interpreter: string,
  user: SandboxUser,
): Promise<RuntimeFiles> => {
  await makeReadable(runtimeDir);
  const fresh = `${runtimeDir}/new-${randomBytes(8).toString('hex')}`;
  try {
    const names = await copyAll(fresh, user);
    await exportFilters(interpreter, fresh);
    const contents = await Promise.all(
      [...names, ...filters].sort().map(async (name) => [name, await readFile(`${fresh}/${name}`)] as const),
    );
    const digest = sha256(...contents.flatMap(([name, bytes]) => [`${name}:${bytes.length}:`, bytes])).toString('hex');
    const path = `${runtimeDir}/${digest.slice(0, 24)}-${user.uid}`;
    if (!(await exists(`${path}/start.py`))) {
      await compile(interpreter, fresh);
      // Another node of this machine may have been quicker: its folder has the same content.
      await rename(fresh, path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      });
    }
    return { path, outerFilter: `${path}/outer.bpf` };
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
};

const filters = [
  ...['outer.bpf', 'zygote.bpf', 'line.bpf', 'no-subprocess.bpf'],
  ...['outer-network.bpf', 'zygote-network.bpf', 'line-network.bpf', 'scan.bpf', 'tools.bpf', 'build.bpf'],
];

const makeReadable = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
};

/** Copies the Python files, and writes the little of /etc that programs ask for; returns all names. */
const copyAll = async (target: string, { uid, gid }: SandboxUser): Promise<string[]> => {
  const names = (await readdir(source, { recursive: true })).filter((name) => name.endsWith('.py')).sort();
  const folders = new Set(['.', ...names.map((name) => name.split('/').slice(0, -1).join('/') || '.')]);
  for (const folder of [...folders].sort()) await makeReadable(`${target}/${folder}`);
  for (const name of names) {
    await copyFile(`${source}${name}`, `${target}/${name}`);
    await chmod(`${target}/${name}`, 0o644);
  }
  const etc = { passwd: `sandbox:x:${uid}:${gid}::/tmp/work:/bin/sh\n`, group: `sandbox:x:${gid}:\n` };
  for (const [name, text] of Object.entries(etc)) {
    await writeFile(`${target}/${name}`, text);
    await chmod(`${target}/${name}`, 0o644);
  }
  // What containers see in place of what their engine would show them.
  await writeFile(`${target}/closed`, '', { mode: 0o000 });
  await mkdir(`${target}/nothing`);
  await chmod(`${target}/nothing`, 0o555);
  return [...names, ...Object.keys(etc)];
};

const exportFilters = async (interpreter: string, folder: string): Promise<void> => {
  try {
    await run(interpreter, ['-I', '-S', `${folder}/seccomp_export.py`, folder], { env: {}, cwd: '/', timeout: 30_000 });
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? (error as Error).message).trim();
    throw new CrankError(
      'isolation-unavailable',
      `The seccomp filter cannot be made: ${said.slice(-500)}. Install libseccomp 2 (${installHint('libseccomp', thisDistribution())}).`,
      { cause: error },
    );
  }
};

/** Byte code spares every sandbox start the compiling. `unchecked-hash`: it never looks at the source's time. */
const compile = async (interpreter: string, folder: string): Promise<void> => {
  const args = [
    '-I',
    '-S',
    '-m',
    'compileall',
    '-q',
    '--invalidation-mode',
    'unchecked-hash',
    `${folder}/crank_runtime`,
  ];
  await run(interpreter, args, { env: {}, cwd: '/', timeout: 60_000 });
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
