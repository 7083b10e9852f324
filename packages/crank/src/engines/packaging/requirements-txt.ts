import { posix } from 'node:path';
import type { Finding } from '#src/core/error.ts';
import { problem, quote } from './findings.ts';
import { parseRequirement, type Requirement } from './pep508.ts';
import { normalisePath, type Source } from './source.ts';

export interface RequirementsFile {
  readonly requirements: readonly Requirement[];
  /** From `-c`: they bound versions without asking for a package. */
  readonly constraints: readonly Requirement[];
}

const MAX_LINES = 5_000;
const MAX_LENGTH = 64 * 1024;
const INDEX = /^(?:-i|-f|--index-url|--extra-index-url|--find-links|--no-index|--trusted-host|--index-strategy)\b/;
const NO_EFFECT = /^(?:--prefer-binary|--require-hashes|--only-binary(?:=|\s+):all:)$/;
const INCLUDE = /^(-r|-c|--requirement|--constraint)(?:=|\s+|(?<=^-[rc]))(\S.*)$/;

/**
 * Reads a requirements file (pip's format): names and versions, comments, line continuations, `-r` and `-c` of files
 * within the source, and `--hash`. Options that choose an index or a path are errors: where packages come from is the
 * operator's choice.
 */
export const readRequirementsFile = (source: Source, path: string, findings: Finding[]): RequirementsFile => {
  const requirements: Requirement[] = [];
  const constraints: Requirement[] = [];
  let lines = 0;
  const visited = new Set<string>();
  const visit = (file: string, into: Requirement[], open: readonly string[]): void => {
    // A file read twice adds nothing, and reading it again and again would cost a line each and the file's length.
    if (visited.size === visited.add(`${into === constraints} ${file}`).size) return;
    for (const { text, line } of logicalLines(new TextDecoder().decode(source.files.get(file)))) {
      const wrong = (message: string, fix: string) => {
        if (findings.length < 50) findings.push(problem(file, message, fix, line));
      };
      if (++lines > MAX_LINES) wrong(`There are more than ${MAX_LINES} lines.`, 'Name fewer packages.');
      if (lines > MAX_LINES) return;
      if (text.length > MAX_LENGTH) {
        wrong(`The line has more than ${MAX_LENGTH} characters.`, 'Shorten it.');
        continue;
      }
      const include = INCLUDE.exec(text);
      if (include !== null) {
        const target = normalisePath(posix.join(posix.dirname(file), include[2]!.trim()));
        const next = 'path' in target ? target.path : undefined;
        if (next === undefined || !source.files.has(next))
          wrong(`${quote(include[2]!)} is not among the files.`, 'Put it beside this file, or copy its lines here.');
        else if ([...open, file].includes(next))
          wrong(`${quote(next)} includes itself.`, 'Take out one of the two lines.');
        else visit(next, include[1] === '-c' || include[1] === '--constraint' ? constraints : into, [...open, file]);
      } else if (INDEX.test(text)) {
        wrong(
          `${quote(text)} chooses where packages come from.`,
          'Leave it out; the operator of the node sets the index.',
        );
      } else if (text.startsWith('-') && !NO_EFFECT.test(text)) {
        wrong(`${quote(text)} is not supported.`, 'Leave it out: only packages of the package index are installed.');
      } else if (!text.startsWith('-')) {
        const requirement = withHashes(text);
        if ('wrong' in requirement) wrong(`${quote(text)} ${requirement.wrong}.`, requirement.fix);
        else into.push(requirement);
      }
    }
  };
  visit(path, requirements, []);
  return { requirements, constraints };
};

const withHashes = (text: string): ReturnType<typeof parseRequirement> => {
  const [body, ...options] = text.split(' --');
  const hashes: string[] = [];
  for (const option of options) {
    const match = /^hash[= ]\s*(sha256:[0-9a-f]{64})$/.exec(option.trim());
    if (match === null) return { wrong: `has an option that is not supported`, fix: 'Keep --hash=sha256:... only.' };
    hashes.push(match[1]!);
  }
  const requirement = parseRequirement(body!);
  return 'wrong' in requirement ? requirement : { ...requirement, hashes };
};

/** Lines without comments, those that end in a backslash joined with the next. */
function* logicalLines(content: string): Generator<{ text: string; line: number }> {
  let kept: string[] = [];
  let first = 1;
  for (const [index, raw] of content
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    if (kept.length === 0) first = index + 1;
    const continued = raw.endsWith('\\') && !/^\s*#/.test(raw);
    kept.push(continued ? raw.slice(0, -1) : raw.replace(/(^|\s)#.*$/, ''));
    if (continued) continue;
    const text = oneSpaced(kept);
    kept = [];
    if (text !== '') yield { text, line: first };
  }
  const text = oneSpaced(kept);
  if (text !== '') yield { text, line: first };
}

const oneSpaced = (parts: readonly string[]): string => parts.join(' ').split(/\s+/).join(' ').trim();
