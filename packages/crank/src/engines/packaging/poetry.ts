import type { Finding } from '#src/core/error.ts';
import { type Declared, parseLines } from './declared.ts';
import { problem, quote } from './findings.ts';
import type { Requirement } from './pep508.ts';
import { type Table, table } from './toml-file.ts';

/** Reads [tool.poetry]: dependencies with carets, tildes and wildcards, groups as offered. */
export const readPoetry = (poetry: Table, file: string, findings: Finding[]): Declared => {
  const all = table(poetry['dependencies']);
  const python = typeof all['python'] === 'string' ? poetryVersions(all['python']) : undefined;
  const needed: Requirement[] = [];
  const offered: Requirement[] = [];
  for (const [name, given] of Object.entries(all)) {
    if (name === 'python') continue;
    (table(given)['optional'] === true ? offered : needed).push(...requirementOf(name, given, file, findings));
  }
  for (const group of Object.values(table(poetry['group'])))
    for (const [name, given] of Object.entries(table(table(group)['dependencies'])))
      offered.push(...requirementOf(name, given, file, []));
  return { requirements: needed, constraints: [], offered, ...(python && { python }) };
};

const requirementOf = (name: string, given: unknown, file: string, findings: Finding[]): Requirement[] => {
  const one = Array.isArray(given) ? given.map(table) : [typeof given === 'string' ? { version: given } : table(given)];
  return one.flatMap((fields) => {
    const { version, extras, markers, python } = fields as Table;
    const versions = typeof version === 'string' ? poetryVersions(version) : undefined;
    if (versions === undefined) {
      const message = `${quote(name)} has no versions that can be read here.`;
      findings.push(
        problem(file, message, 'Only packages of the index are installed: name versions, such as "^2.31".'),
      );
      return [];
    }
    const bracket = Array.isArray(extras) ? `[${extras.join(',')}]` : '';
    const bounds = typeof python === 'string' ? (poetryVersions(python) ?? '') : '';
    const forPython = bounds
      .split(',')
      .filter(Boolean)
      .map((clause) => clause.replace(/^([<>=!~]+)(.*)$/, "python_version $1 '$2'"));
    const conditions = [...(typeof markers === 'string' ? [`(${markers})`] : []), ...forPython].join(' and ');
    return parseLines(file, [`${name}${bracket}${versions}${conditions && ` ; ${conditions}`}`], findings);
  });
};

/** Poetry's version constraints as PEP 440 writes them: `^1.2` is `>=1.2,<2`. Undefined for what has none, such as `a || b`. */
export const poetryVersions = (text: string): string | undefined => {
  const clauses: string[] = [];
  for (const clause of text.split(',').map((one) => one.trim())) {
    const [, sign, number, wildcard] = /^(\^|~|=)?\s*(\d+(?:\.\d+)*)(\.\*)?$/.exec(clause) ?? [];
    if (clause === '*' || clause === '') continue;
    if (/^(?:~=|===|==|!=|<=|>=|<|>)\s*[\w.*+!-]+$/.test(clause)) clauses.push(clause.replace(/\s+/g, ''));
    else if (number === undefined) return undefined;
    else if (wildcard !== undefined) clauses.push(`==${number}.*`);
    else if (sign === '^' || sign === '~') clauses.push(`>=${number}`, `<${above(number, sign)}`);
    else clauses.push(`==${number}`);
  }
  return clauses.join(',');
};

/** The first version that `^` (next breaking) or `~` (next minor) leaves out. */
const above = (number: string, sign: string): string => {
  const parts = number.split('.').map(Number);
  const firstBreaking = parts.findIndex((part) => part > 0);
  const at = sign === '~' ? Math.min(1, parts.length - 1) : firstBreaking < 0 ? parts.length - 1 : firstBreaking;
  return [...parts.slice(0, at), parts[at]! + 1].join('.');
};
