import type { Finding } from '#src/core/error.ts';
import { notDeployable, problem, quote, remark } from './findings.ts';

/** What a user hands in: file contents by relative path (`/` between components, NFC), already checked by `readSource`. */
export interface Source {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Name of the folder that was handed in, where it was one. */
  readonly folder?: string;
}

/** Bounds of a source. */
const sourceLimits = { files: 2_000, bytes: 64 * 2 ** 20, pathBytes: 1_024, componentBytes: 255, depth: 32 };

/** Folders and files that tools leave behind; they are no part of what the user wrote. */
const IGNORED = new Set([
  ...['.git', '.hg', '.svn', '__pycache__', 'node_modules', '.venv', '.tox'],
  ...['.mypy_cache', '.pytest_cache', '.ruff_cache', '.DS_Store'],
]);

const isIgnored = (path: string): boolean => path.split('/').some((component) => IGNORED.has(component));

const PLAIN = 'Use a plain relative path such as data/words.txt.';

/** The path in normal form, or what is wrong with it. Nothing that leaves the folder or reads as two names gets through. */
export const normalisePath = (given: string): { path: string } | { wrong: string } => {
  if (given === '') return { wrong: 'is empty' };
  if (!given.isWellFormed()) return { wrong: 'is not well-formed Unicode' };
  if (/\p{Cc}/u.test(given)) return { wrong: 'has a control character' };
  if (given.includes('\\')) return { wrong: 'has a backslash' };
  if (given.startsWith('/')) return { wrong: 'is absolute' };
  const parts = given.normalize('NFC').split('/');
  if (parts.at(-1) === '') return { wrong: 'names a folder' };
  const kept = parts.filter((part) => part !== '' && part !== '.');
  if (kept.includes('..')) return { wrong: 'leaves the folder' };
  if (kept.length === 0 || parts.at(-1) === '.') return { wrong: 'names a folder' };
  // Characters that look like a separator or a dot only after compatibility folding, such as U+2024 or U+FF0F.
  if (kept.some((part) => /[/\\]/.test(part.normalize('NFKC')) || /^\.{1,2}$/.test(part.normalize('NFKC'))))
    return { wrong: 'has a character that can be mistaken for a separator' };
  const path = kept.join('/');
  if (/^[A-Za-z]:/.test(path)) return { wrong: 'is absolute' }; // a drive of Windows
  if (kept.length > sourceLimits.depth) return { wrong: `is deeper than ${sourceLimits.depth} folders` };
  if (Buffer.byteLength(path) > sourceLimits.pathBytes)
    return { wrong: `is longer than ${sourceLimits.pathBytes} bytes` };
  if (kept.some((part) => Buffer.byteLength(part) > sourceLimits.componentBytes))
    return { wrong: `has a name longer than ${sourceLimits.componentBytes} bytes` };
  return { path };
};

/** Two paths with the same key are one file on some file system. */
const foldKey = (path: string): string => path.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');

/**
 * Takes in files as they arrive (from a folder or a multipart body); none at all only where that is what is expected.
 *
 * @throws CrankError `not-deployable` with one finding per bad path, or where a bound is passed.
 */
export const readSource = (
  entries: Iterable<readonly [path: string, content: Uint8Array]>,
  folder?: string,
  mayBeEmpty = false,
): { source: Source; findings: Finding[] } => {
  const files = new Map<string, Uint8Array>();
  const seen = new Map<string, string>();
  const findings: Finding[] = [];
  let bytes = 0;
  for (const [given, content] of entries) {
    const normal = normalisePath(given);
    if ('wrong' in normal) {
      findings.push(problem('', `The path ${quote(given)} ${normal.wrong}.`, PLAIN));
      if (findings.length >= 20) throw notDeployable(findings);
      continue;
    }
    if (isIgnored(normal.path)) continue;
    const twin = seen.get(foldKey(normal.path));
    if (twin !== undefined) {
      const message = `The paths ${quote(twin)} and ${quote(normal.path)} are the same on some file systems.`;
      findings.push(problem(normal.path, message, 'Rename one of them.'));
      if (findings.length >= 20) throw notDeployable(findings);
      continue;
    }
    seen.set(foldKey(normal.path), normal.path);
    files.set(normal.path, content);
    bytes += content.byteLength;
    if (files.size > sourceLimits.files)
      throw notDeployable([problem('', `There are more than ${sourceLimits.files} files.`, 'Hand in fewer files.')]);
    if (bytes > sourceLimits.bytes)
      throw notDeployable([
        problem('', `The files have more than ${sourceLimits.bytes / 2 ** 20} MiB together.`, 'Hand in less data.'),
      ]);
  }
  findings.push(...fileAndFolderClashes(files.keys(), seen));
  if (findings.length > 0) throw notDeployable(findings);
  if (files.size === 0 && !mayBeEmpty)
    throw notDeployable([
      problem(
        '',
        'There is no file in it.',
        'Hand in a script, a module, a model, a folder, or the template of a command.',
      ),
    ]);
  for (const path of files.keys())
    if (path.split('/').at(-1) === '.env')
      findings.push(remark(path, 'This file becomes part of the version.', 'Leave it out if it holds secrets.'));
  const sorted = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { source: { files: sorted, ...(folder === undefined ? {} : { folder }) }, findings };
};

const fileAndFolderClashes = (paths: Iterable<string>, seen: ReadonlyMap<string, string>): Finding[] => {
  const clashes = new Map<string, Finding>();
  for (const path of paths) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const file = seen.get(foldKey(parts.slice(0, depth).join('/')));
      if (file === undefined) continue;
      const message = `${quote(file)} is a file, and ${quote(path)} needs it to be a folder.`;
      clashes.set(file, problem(file, message, 'Rename one of them.'));
    }
  }
  return [...clashes.values()].slice(0, 20);
};
