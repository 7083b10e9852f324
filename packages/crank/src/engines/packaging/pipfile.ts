import type { Finding } from '#src/core/error.ts';
import { type Declared, parseLines } from './declared.ts';
import { problem, quote, remark } from './findings.ts';
import { parseRequirement, type Requirement } from './pep508.ts';
import type { Source } from './source.ts';
import { readToml, table } from './toml-file.ts';

/** Reads `Pipfile` ([packages], [requires]) with the pins of `Pipfile.lock`, or the lock alone; undefined without either. */
export const readPipfile = (source: Source, findings: Finding[]): Declared | undefined => {
  const locked = readLock(source, findings);
  const document = readToml(source, 'Pipfile', findings);
  if (document === undefined) return locked && { requirements: locked, constraints: [] };
  const requires = table(document['requires']);
  const python = requires['python_full_version'] ?? requires['python_version'];
  const of = (section: string, into: Finding[]): Requirement[] =>
    Object.entries(table(document[section])).flatMap(([name, given]) => requirementOf(name, given, into));
  return {
    requirements: of('packages', findings),
    constraints: locked ?? [],
    offered: of('dev-packages', []),
    ...(typeof python === 'string' && { python }),
  };
};

const requirementOf = (name: string, given: unknown, findings: Finding[]): Requirement[] => {
  const { version, extras, markers, ...rest } = typeof given === 'string' ? { version: given } : table(given);
  const elsewhere = Object.keys(rest).find((key) => ['git', 'path', 'file', 'hg', 'svn', 'editable'].includes(key));
  if (elsewhere !== undefined) {
    const message = `${quote(name)} comes from elsewhere than the package index (${elsewhere}).`;
    findings.push(
      problem('Pipfile', message, 'Only packages of the index are installed: put its code into the folder.'),
    );
    return [];
  }
  const versions = typeof version === 'string' && version.trim() !== '*' ? version : '';
  const bracket = Array.isArray(extras) ? `[${extras.join(',')}]` : '';
  return parseLines(
    'Pipfile',
    [`${name}${bracket}${versions}${typeof markers === 'string' ? ` ; ${markers}` : ''}`],
    findings,
  );
};

const readLock = (source: Source, findings: Finding[]): Requirement[] | undefined => {
  const content = source.files.get('Pipfile.lock');
  if (content === undefined) return undefined;
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(content));
  } catch (error) {
    const message = `It is not JSON, so that it is not read: ${(error as SyntaxError).message}.`;
    findings.push(remark('Pipfile.lock', message, 'Make it again with pipenv lock.'));
    return undefined;
  }
  return Object.entries(table(table(document)['default'])).flatMap(([name, given]) => {
    const { version, hashes, markers } = table(given);
    if (typeof version !== 'string') return [];
    const requirement = parseRequirement(`${name}${version}${typeof markers === 'string' ? ` ; ${markers}` : ''}`);
    if ('wrong' in requirement) return [];
    const good = Array.isArray(hashes) ? hashes.filter((one) => /^sha256:[0-9a-f]{64}$/.test(String(one))) : [];
    return [{ ...requirement, hashes: good as string[] }];
  });
};
