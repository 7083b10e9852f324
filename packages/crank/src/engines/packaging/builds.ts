import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { canonicalJson } from '#src/core/canonical-json.ts';
import { sha256 } from '#src/core/digest.ts';
import { CrankError } from '#src/core/error.ts';
import { type BuiltWheel, checkWheel } from './built-wheel.ts';
import { notDeployable, problem } from './findings.ts';
import type { Interpreter } from './interpreters.ts';
import type { PackageIndex } from './package-index.ts';
import { series } from './pep440.ts';
import { normaliseName } from './pep508.ts';
import { platformTag } from './platform-tag.ts';
import type { Ended } from './run-program.ts';
import type { Workshop } from './workshop.ts';
import { writeFileAtomically } from './write-atomically.ts';
import { ZipError } from './zip.ts';

/** Makes wheels of source distributions, each in a sandbox of its own. */
export interface Builds {
  /**
   * Resolves requirements of which some have no wheels: uv runs inside, since it asks build scripts what they need.
   *
   * @returns how uv ended; the lock is its stdout. Nobody's word: build scripts ran beside it
   */
  resolve(requirements: readonly string[], constraints: readonly string[], work: BuildFor): Promise<Ended>;
  /** The wheel made earlier of a locked package. @param block as in a lock: `name==version`, and its hashes */
  find(block: string, interpreter: Interpreter): Promise<string | undefined>;
  /** Makes it. @returns its path @throws CrankError `not-deployable` with the words of the build, `unavailable` */
  build(block: string, work: BuildFor): Promise<string>;
}

export interface BuildFor {
  account: string;
  interpreter: Interpreter;
  /** The file that declared the requirement, for findings. */
  file: string;
  progress: (message: string) => void;
}

const RESOLVE_MS = 5 * 60_000;
const BUILD_MS = 10 * 60_000;
const OTHERWISE = 'Ask for a version that has wheels, or for another Python (--python).';

export const createBuilds = (options: {
  workshop: Workshop;
  index: (progress: (message: string) => void, interpreter: Interpreter) => Promise<PackageIndex | { wrong: string }>;
  /** `<folder>/<digest>/<wheel>`, readable for sandboxes' user; the digest is of the distribution's hashes. */
  folder: string;
  /** The uv program: a path, or a name on PATH. */
  uv: (progress: (message: string) => void) => Promise<string>;
}): Builds => {
  const { workshop, folder } = options;
  const running = new Map<string, Promise<string>>();

  /** A folder with uv in it, and nothing else, that sandboxes can read. */
  const tools = async (progress: (message: string) => void): Promise<string> => {
    const program = onPath(await options.uv(progress));
    const bytes = await readFile(program);
    const place = join(folder, `uv-${sha256(bytes).toString('hex').slice(0, 16)}`);
    if (existsSync(join(place, 'uv'))) return place;
    await makeFolder(folder);
    const temporary = await mkdtemp(join(folder, '.new-'));
    await chmod(temporary, 0o755);
    await copyFile(program, join(temporary, 'uv'));
    await chmod(join(temporary, 'uv'), 0o755);
    await put(temporary, place);
    return place;
  };

  /** `what`: for findings. */
  const run = async (
    request: Record<string, unknown>,
    what: string,
    wallMs: number,
    { account, interpreter, progress, file }: BuildFor,
  ): Promise<Ended & { files: { name: string; bytes: Buffer }[] }> => {
    const index = await options.index(progress, interpreter);
    if ('wrong' in index) {
      const message = `A source distribution would have to be built, but ${index.wrong}.`;
      throw notDeployable([problem(file, message, 'Ask for versions that have wheels.')]);
    }
    const { environment, destinations } = index;
    const building = workshop.build({
      ...{ account, interpreter: interpreter.path, folders: [await tools(progress)], destinations, wallMs },
      request: (proxy) => {
        const variables = { ...environment, HTTP_PROXY: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy, NO_PROXY: '' };
        const seconds = wallMs / 1000 - 10;
        return Buffer.from(JSON.stringify({ ...request, python: interpreter.path, environment: variables, seconds }));
      },
    });
    const answer = await building.catch((error: unknown) => {
      if (!(error instanceof CrankError)) throw error;
      const why = {
        'not-deployable': `its build did not come to an end: ${error.message}.`,
        'isolation-unavailable': `it cannot be built on this node: ${error.message}`,
      }[error.code as string];
      if (why === undefined) throw error;
      throw notDeployable([problem(file, `${what} has no wheel for this interpreter, and ${why}`, OTHERWISE)]);
    });
    return readAnswer(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength));
  };

  const make = async (block: string, place: string, work: BuildFor): Promise<string> => {
    const { name, version } = nameOf(block);
    work.progress(`Building ${name} ${version}`);
    const fail = (message: string): CrankError => notDeployable([problem(work.file, message, OTHERWISE)]);
    const what = `${name} ${version}`;
    const ended = await run({ act: 'build', requirement: block, name }, what, BUILD_MS, work);
    if (ended.code !== 0) {
      const words = ended.stderr
        .trim()
        .split('\n')
        .slice(-12)
        .map((line) => line.trim())
        .join('\n')
        .slice(-2_000);
      throw fail(
        `${name} ${version} has no wheel for this interpreter, and its build ${ended.code === null ? 'took too long' : 'failed'}. It says: ${words}`,
      );
    }
    const faults: string[] = [];
    for (const { name: wheel, bytes } of ended.files) {
      let checked: BuiltWheel;
      try {
        checked = checkWheel(wheel, bytes, { name, version });
      } catch (error) {
        if (!(error instanceof ZipError)) throw error;
        faults.push(error.message);
        continue;
      }
      await makeFolder(folder);
      const temporary = await mkdtemp(join(folder, '.new-'));
      await chmod(temporary, 0o755);
      await writeFileAtomically(join(temporary, checked.file), checked.bytes);
      await put(temporary, place);
      return join(place, (await readdir(place))[0]!);
    }
    throw fail(
      `The build of ${name} ${version} gave no wheel that can be installed: ${faults.join('; ') || 'none at all'}.`,
    );
  };

  const placeOf = (block: string, interpreter: Interpreter): string => {
    const { name, version, hashes } = nameOf(block);
    const key = { name, version, hashes, python: series(interpreter.version), platform: platformTag() };
    return join(folder, sha256(canonicalJson(key)).toString('hex'));
  };

  return {
    resolve: async (requirements, constraints, work) => {
      work.progress('Resolving in a sandbox, since a package has no wheel');
      const { files, ...ended } = await run(
        { act: 'resolve', requirements, constraints },
        'A package',
        RESOLVE_MS,
        work,
      );
      return { ...ended, stdout: files[0]?.bytes.toString() ?? '' };
    },
    find: async (block, interpreter) => {
      const place = placeOf(block, interpreter);
      if (!existsSync(place)) return undefined;
      const wheel = (await readdir(place)).find((file) => file.endsWith('.whl'));
      return wheel && join(place, wheel);
    },
    build: (block, work) => {
      const place = placeOf(block, work.interpreter);
      let made = running.get(place);
      if (made === undefined) {
        made = make(block, place, work).finally(() => running.delete(place));
        running.set(place, made);
      }
      return made;
    },
  };
};

const nameOf = (block: string): { name: string; version: string; hashes: string[] } => {
  const [, name, version] = /^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)/.exec(block)!;
  return { name: normaliseName(name!), version: version!, hashes: block.match(/sha256:[0-9a-f]{64}/g) ?? [] };
};

const onPath = (program: string): string => {
  if (program.includes('/')) return program;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((one) => join(one, program)).find((path) => existsSync(path)) ?? program;
};

const makeFolder = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
};

/** Another deployment may have been faster. */
const put = async (temporary: string, place: string): Promise<void> => {
  await rename(temporary, place).catch(async (error: NodeJS.ErrnoException) => {
    await rm(temporary, { recursive: true, force: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
};

/** `building.py` describes it; what breaks the form is an empty answer. */
const readAnswer = (answer: Buffer): Ended & { files: { name: string; bytes: Buffer }[] } => {
  const end = answer.indexOf('\n');
  const nothing = { code: 1, stdout: '', stderr: 'The build answered nonsense.', files: [] };
  let head: { code?: unknown; stderr?: unknown; files?: unknown };
  try {
    head = JSON.parse(answer.toString('utf8', 0, Math.max(0, end))) ?? {};
  } catch {
    return nothing;
  }
  if (!Array.isArray(head.files)) return nothing;
  let at = end + 1;
  const files: { name: string; bytes: Buffer }[] = [];
  for (const file of head.files.slice(0, 10)) {
    const [name, length] = Array.isArray(file) ? file : [];
    if (typeof name !== 'string' || !Number.isSafeInteger(length) || length < 0) return nothing;
    files.push({ name, bytes: answer.subarray(at, at + length) });
    at += length;
  }
  const code = head.code === null || Number.isInteger(head.code) ? (head.code as number | null) : 1;
  return { code, stdout: '', stderr: typeof head.stderr === 'string' ? head.stderr : '', files };
};
