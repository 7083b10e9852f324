import { access, chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CrankError } from '#src/core/error.ts';
import { runProgram, toolEnvironment } from './run-program.ts';

/** The release of uv that is installed where there is none. */
export const UV_VERSION = '0.13.9';

/** SHA-256 of its wheels: x86-64 (glibc, musl), AArch64 (glibc, musl), macOS (AArch64, x86-64). */
const WHEELS = [
  '2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25',
  '5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe',
  '66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63',
  'c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5',
  'd7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19',
  'ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375',
];

/** Older ones lack options that we use. */
const OLDEST = [0, 8];

/**
 * The path of a uv program: the one installed here, one on PATH that is new enough, or else installed now into
 * `<toolsDir>/uv-<version>` with the pip of any Python at hand. Nothing of the machine's Python is changed.
 *
 * @param pythons interpreters to try, the best first
 * @throws CrankError `unavailable` that says what to type
 */
export const ensureUv = async (
  toolsDir: string,
  progress: (message: string) => void,
  pythons: readonly string[] = ['python3', '/usr/bin/python3'],
): Promise<string> => {
  const home = join(toolsDir, `uv-${UV_VERSION}`);
  const program = join(home, 'bin', 'uv');
  if (await isThere(program)) return program;
  await mkdir(toolsDir, { recursive: true });
  if (isNewEnough(await versionOf('uv', toolsDir))) return 'uv';
  progress(`Installing uv ${UV_VERSION}, which installs Python packages`);
  const said: string[] = [];
  for (const python of new Set(pythons)) {
    const temporary = await mkdtemp(join(toolsDir, '.uv-'));
    try {
      const failure = await installWith(python, temporary);
      if (failure === undefined) {
        await chmod(join(temporary, 'uv'), 0o755);
        // Another process may have been faster: both hold the same bytes.
        await rename(join(temporary, 'uv'), home).catch(async (error) => {
          if (!(await isThere(program))) throw error;
        });
        return program;
      }
      said.push(`${python}: ${failure}`);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }
  throw new CrankError(
    'unavailable',
    `The script needs packages, and uv, which installs them, is not there and could not be installed. Type one of: \
\`apt-get install python3-pip\`, \`pipx install uv==${UV_VERSION}\`, or put a uv program on PATH; then deploy again. \
Tried: ${said.join('; ')}`,
  );
};

/** Installs uv into `<temporary>/uv`. Returns why it did not work. */
const installWith = async (python: string, temporary: string): Promise<string | undefined> => {
  const wanted = join(temporary, 'wanted.txt');
  await writeFile(wanted, `uv==${UV_VERSION} ${WHEELS.map((hash) => `--hash=sha256:${hash}`).join(' ')}\n`);
  // Through the environment, since older pips refuse options that they don't know. --target touches nothing else, so
  // the mark of an externally managed Python (PEP 668) says nothing about it.
  const env = toolEnvironment({
    PIP_BREAK_SYSTEM_PACKAGES: '1',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_ROOT_USER_ACTION: 'ignore',
    PIP_NO_INPUT: '1',
  });
  const run = async (program: string, args: readonly string[]): Promise<string | undefined> => {
    try {
      const ended = await runProgram(program, args, { cwd: temporary, env, timeoutMs: 300_000 });
      const words = `${ended.stderr}\n${ended.stdout}`.trim().split('\n');
      const reason = words.find((line) => /error|no module/i.test(line)) ?? words.at(-1)!;
      return ended.code === 0 ? undefined : reason.slice(0, 300);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== undefined) return (error as Error).message;
      throw error;
    }
  };
  const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary', ':all:', '--require-hashes'];
  install.push('--target', join(temporary, 'uv'), '-r', wanted);
  let failure = await run(python, install);
  if (failure !== undefined && /no module named pip/i.test(failure)) {
    // No pip of its own, but perhaps the means to make an environment with one.
    const withPip = join(temporary, 'venv');
    failure = (await run(python, ['-m', 'venv', withPip])) && failure;
    if (failure === undefined) failure = await run(join(withPip, 'bin', 'python'), install);
  }
  if (failure !== undefined) return failure;
  const version = await versionOf(join(temporary, 'uv', 'bin', 'uv'), temporary);
  return version === undefined ? 'the installed program does not run on this machine' : undefined;
};

const versionOf = async (program: string, cwd: string): Promise<string | undefined> => {
  try {
    const { code, stdout } = await runProgram(program, ['--version'], {
      cwd,
      env: toolEnvironment(),
      timeoutMs: 20_000,
    });
    return code === 0 ? /^uv (\d+\.\d+\.\d+)/.exec(stdout)?.[1] : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
};

const isNewEnough = (version: string | undefined): boolean => {
  if (version === undefined) return false;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0]! || (major === OLDEST[0] && minor >= OLDEST[1]!);
};

const isThere = async (path: string): Promise<boolean> => {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
};
