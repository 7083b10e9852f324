import type { Finding } from '#src/core/error.ts';
import { parseRequirement, type Requirement } from './pep508.ts';
import type { Source } from './source.ts';
import { readToml, type Table, table } from './toml-file.ts';

/**
 * What a `uv.lock` pins, as constraints: `name==version` with the SHA-256 of its files. A package that it has in several
 * versions, for several interpreters or platforms, is left to the resolver; one that comes from elsewhere than an index, too.
 */
export const readUvLock = (source: Source, file: string, findings: Finding[]): Requirement[] => {
  const document = readToml(source, file, findings);
  const packages = (Array.isArray(document?.['package']) ? document['package'] : []).map(table);
  const count = new Map<unknown, number>();
  for (const { name } of packages) count.set(name, (count.get(name) ?? 0) + 1);
  return packages.flatMap((one) => {
    if (table(one['source'])['registry'] === undefined || count.get(one['name']) !== 1) return [];
    const requirement = parseRequirement(`${one['name']}==${one['version']}`);
    return 'wrong' in requirement ? [] : [{ ...requirement, hashes: hashesOf(one) }];
  });
};

const hashesOf = (one: Table): string[] => {
  const files = [one['sdist'], ...(Array.isArray(one['wheels']) ? one['wheels'] : [])].map(table);
  return files.flatMap(({ hash }) => (typeof hash === 'string' && /^sha256:[0-9a-f]{64}$/.test(hash) ? [hash] : []));
};
