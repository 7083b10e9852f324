import type { Finding } from '#src/core/error.ts';
import { type Declared, parseLines } from './declared.ts';
import { problem, quote, remark } from './findings.ts';
import { normaliseName, parseRequirement, type Requirement } from './pep508.ts';
import { isTexts } from './pep723.ts';
import { readPoetry } from './poetry.ts';
import type { Source } from './source.ts';
import { readToml, type Table, table } from './toml-file.ts';
import { readUvLock } from './uv-lock.ts';

const FILE = 'pyproject.toml';

/** `requirements` is undefined where the file declares none. */
export type Project = Omit<Declared, 'requirements'> & { requirements: readonly Requirement[] | undefined };

/**
 * Reads `pyproject.toml`: [project] dependencies (or Poetry's), optional-dependencies and [dependency-groups] (PEP 735), and
 * `uv.lock` beside it.
 */
export const readProject = (source: Source, findings: Finding[]): Project => {
  const document = readToml(source, FILE, findings);
  if (document === undefined) return { requirements: undefined, constraints: [] };
  const project = table(document['project']);
  const poetry = table(table(document['tool'])['poetry']);
  const { dependencies, 'requires-python': requiresPython, dynamic } = project;
  const offered = offeredBy(document, findings);
  const python = typeof requiresPython === 'string' ? { python: requiresPython } : {};
  if (dependencies !== undefined && !isTexts(dependencies)) {
    findings.push(problem(FILE, '[project] dependencies is not a list of texts.', 'Write it as ["requests>=2"].'));
    return { requirements: undefined, constraints: [], offered, ...python };
  }
  if (dependencies === undefined && poetry['dependencies'] !== undefined) {
    const read = readPoetry(poetry, FILE, findings);
    return { ...read, offered: [...offered, ...(read.offered ?? [])], ...python };
  }
  if (dependencies === undefined && isTexts(dynamic) && dynamic.includes('dependencies')) {
    const fix = 'List them as [project] dependencies, or in requirements.txt.';
    findings.push(remark(FILE, 'The dependencies are "dynamic".', fix));
  }
  if (dependencies === undefined) return { requirements: undefined, constraints: [], offered, ...python };
  const requirements = parseLines(FILE, dependencies, findings);
  demandIndex(document, requirements, findings);
  return { requirements, constraints: readUvLock(source, 'uv.lock', findings), offered, ...python };
};

/** A package that uv takes from elsewhere would come from somebody else's hands under the same name in the index. */
const demandIndex = (document: Table, requirements: readonly Requirement[], findings: Finding[]): void => {
  const sources = table(table(table(document['tool'])['uv'])['sources']);
  for (const [name, from] of Object.entries(sources)) {
    if (!requirements.some((one) => one.name === normaliseName(name))) continue;
    if (table(from)['index'] !== undefined) continue;
    const message = `[tool.uv.sources] takes ${quote(name)} from elsewhere than the package index.`;
    findings.push(problem(FILE, message, 'Only packages of the index are installed: put its code into the folder.'));
  }
};

const offeredBy = (document: Table, findings: Finding[]): Requirement[] => {
  const project = table(document['project']);
  const own = typeof project['name'] === 'string' ? normaliseName(project['name']) : '';
  const lists = [
    ...Object.values(table(project['optional-dependencies'])),
    ...Object.values(table(document['dependency-groups'])),
  ];
  const lines = lists.flatMap((list) => (Array.isArray(list) ? list.filter((one) => typeof one === 'string') : []));
  // An extra may name the project itself, and a line that is wrong is nobody's yet.
  const good = lines.filter((line) => !('wrong' in parseRequirement(line)));
  return parseLines(FILE, good, findings).filter(({ name }) => name !== own);
};
