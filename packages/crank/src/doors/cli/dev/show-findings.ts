import type { Finding } from '#src/core/error.ts';
import type { Problem } from '#src/core/problem.ts';
import type { TreeFile } from '../read-tree.ts';

/** Why a source cannot be deployed, with the lines that are meant and where in them. */
export const showProblem = (problem: Problem, files: readonly TreeFile[]): string => {
  const { findings = [] } = problem as { findings?: Finding[] };
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length === 0) return problem.detail;
  return errors.map((finding) => showFinding(finding, files)).join('\n');
};

const showFinding = ({ file, line, column, message, fix }: Finding, files: readonly TreeFile[]): string => {
  const where = `${file}${line === undefined ? '' : `:${line}`}${column === undefined ? '' : `:${column}`}`;
  const source = files.find(({ path }) => path === file);
  const text =
    source && line !== undefined ? new TextDecoder().decode(source.bytes).split(/\r\n|\r|\n/)[line - 1] : undefined;
  return [`${where}: ${message}`, ...(text === undefined ? [] : marked(line!, text, column)), `  ${fix}`].join('\n');
};

/** The line with a caret below where it is wrong, or below all of it. */
const marked = (line: number, text: string, column: number | undefined): string[] => {
  // Control characters of the source do not reach the terminal.
  const shown = text
    .replace(/\t/g, ' ')
    .replace(/\p{Cc}/gu, '\ufffd')
    .slice(0, 200);
  const start = column === undefined ? shown.length - shown.trimStart().length : Math.min(column - 1, shown.length);
  const length = column === undefined ? Math.max(shown.trim().length, 1) : 1;
  return [`  ${line} | ${shown}`, `  ${' '.repeat(String(line).length)} | ${' '.repeat(start)}${'^'.repeat(length)}`];
};
