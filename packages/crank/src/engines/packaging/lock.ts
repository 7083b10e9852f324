import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '#src/core/canonical-json.ts';
import { digest, sha256 } from '#src/core/digest.ts';
import type { Finding } from '#src/core/error.ts';
import type { Builds } from './builds.ts';
import { notDeployable, problem, quote } from './findings.ts';
import type { Interpreter } from './interpreters.ts';
import { series } from './pep440.ts';
import { normaliseName, type Requirement } from './pep508.ts';
import { platformTag } from './platform-tag.ts';
import type { Needs } from './requirements.ts';
import { explainFailure, lacksWheel } from './resolver-failure.ts';
import type { Uv } from './uv.ts';
import { writeFileAtomically } from './write-atomically.ts';

/** Exact packages with hashes. The same text always has the same digest. */
export interface Lock {
  /** pip's requirements format, one package a block, sorted: `name==version` and its `--hash=sha256:...` lines. */
  readonly text: string;
  /** `sha256:...` of the text. */
  readonly digest: string;
  readonly packages: readonly string[];
}

/** The packages of a lock, each with its hashes. */
export const blocksOf = (lock: Lock): string[] => lock.text.trimEnd().split(/\n(?=\S)/);

/**
 * Resolves requirements to exact packages, or finds the lock made earlier for the same requirements, interpreter series
 * and platform: unchanged needs keep their lock, without network, until it is asked for afresh.
 *
 * @returns null where no package is needed on this platform
 * @throws CrankError `not-deployable` with the resolver's words, `unavailable` without package index or uv
 */
export const lockRequirements = async (
  needs: Needs,
  options: {
    uv: Uv;
    builds: Builds;
    locksDir: string;
    account: string;
    interpreter: Interpreter;
    refresh: boolean;
    progress: (message: string) => void;
  },
): Promise<Lock | null> => {
  const { uv, locksDir, interpreter, refresh, progress } = options;
  const lines = (list: readonly Requirement[]) => [...new Set(list.map((r) => r.text))].sort();
  const hashes = allowedHashes([...needs.requirements, ...needs.constraints]);
  const requirements = lines(needs.requirements);
  if (requirements.length === 0) return null;
  const constraints = lines(needs.constraints);
  const python = series(interpreter.version);
  const asked = { format: 1, requirements, constraints, hashes: [...hashes], python, platform: platformTag() };
  const file = join(locksDir, `${sha256(canonicalJson(asked)).toString('hex')}.txt`);
  const known = refresh ? undefined : await readIfThere(file);
  if (known !== undefined) return lockOf(known);
  await mkdir(locksDir, { recursive: true });
  const cwd = await mkdtemp(join(locksDir, '.lock-'));
  try {
    progress(`Resolving ${requirements.length === 1 ? requirements[0] : `${requirements.length} packages`}`);
    const args = ['pip', 'compile', '-', '--generate-hashes', '--no-header', '--no-annotate', '--no-strip-extras'];
    if (constraints.length > 0) {
      await writeFileAtomically(join(cwd, 'constraints.txt'), `${constraints.join('\n')}\n`);
      args.push('--constraint', 'constraints.txt');
    }
    const input = `${requirements.join('\n')}\n`;
    let ended = await uv(args, { cwd, python: interpreter.path, input, progress });
    if (ended.code !== 0 && lacksWheel(ended.stderr))
      ended = await options.builds.resolve(requirements, constraints, { ...options, file: needs.file });
    if (ended.code !== 0) throw notDeployable(explainFailure(ended.stderr, needs.file, needs.requirements));
    const text = canonicalLock(ended.stdout, hashes, needs.file);
    await writeFileAtomically(file, text);
    return lockOf(text);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
};

const lockOf = (text: string): Lock | null => {
  const packages = text.split('\n').flatMap((line) => /^(\S+==\S+)/.exec(line)?.[1] ?? []);
  return packages.length === 0 ? null : { text, digest: digest(text), packages };
};

/** Hashes that the author allows, by package; a package without any may have whatever the index says. */
const allowedHashes = (requirements: readonly Requirement[]): Map<string, string[]> => {
  const allowed = new Map<string, string[]>();
  for (const { name, hashes } of requirements)
    if (hashes.length > 0) allowed.set(name, [...new Set([...(allowed.get(name) ?? []), ...hashes])].sort());
  return new Map([...allowed].sort(([a], [b]) => (a < b ? -1 : 1)));
};

/**
 * Reprints what the resolver printed so that equal content is equal text, and lets nothing else through: every line is
 * `name==version` (with extras or a marker) or a SHA-256.
 */
const canonicalLock = (printed: string, allowed: ReadonlyMap<string, readonly string[]>, file: string): string => {
  const findings: Finding[] = [];
  const blocks = new Map<string, { head: string; hashes: string[] }>();
  let current: { head: string; hashes: string[] } | undefined;
  for (const raw of printed.split('\n')) {
    const line = raw.replace(/\\$/, '').trim();
    if (line === '' || line.startsWith('#')) continue;
    const hash = /^--hash=(sha256:[0-9a-f]{64})$/.exec(line)?.[1];
    const head = /^([A-Za-z0-9][\w.-]*)(?:\[[\w.,-]+\])?==[\w.+!-]+(?: ; [^;]+)?$/.exec(line);
    if (hash !== undefined && current !== undefined) current.hashes.push(hash);
    else if (head !== null) {
      current = { head: line, hashes: [] };
      blocks.set(normaliseName(head[1]!), current);
    } else {
      // What resolved in a sandbox, beside build scripts, may be anybody's.
      const message = `What the packages were resolved to is no lock: ${quote(line, 200)}.`;
      throw notDeployable([problem(file, message, 'Ask for versions that have wheels.')]);
    }
  }
  const text: string[] = [];
  for (const [name, { head, hashes }] of [...blocks].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const own = allowed.get(name);
    const kept = [...new Set(hashes)].filter((hash) => own === undefined || own.includes(hash)).sort();
    if (kept.length === 0)
      findings.push(
        problem(
          file,
          own === undefined
            ? `The index gives no SHA-256 for ${head}.`
            : `No --hash given for ${name} is one that the index has for ${head}.`,
          own === undefined ? 'Ask for another version.' : 'Pin the version that the hashes belong to.',
        ),
      );
    text.push([head, ...kept.map((hash) => `    --hash=${hash}`)].join(' \\\n'));
  }
  if (findings.length > 0) throw notDeployable(findings);
  return text.length === 0 ? '' : `${text.join('\n')}\n`;
};

const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};
