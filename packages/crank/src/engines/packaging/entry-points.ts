import { parse, TomlError } from 'smol-toml';
import type { Source } from './source.ts';

/** An entry point of a project whose module is in the source. */
export interface EntryPoint {
  readonly name: string;
  /** Path of the module's file. */
  readonly file: string;
}

/** The entry points of `[project.scripts]` (or poetry's), in their order; none where pyproject.toml cannot be read. */
export const entryPoints = (source: Source): EntryPoint[] => {
  const content = source.files.get('pyproject.toml');
  if (content === undefined || content.byteLength > 2 ** 20) return [];
  let document: Record<string, unknown>;
  try {
    document = parse(new TextDecoder().decode(content));
  } catch (error) {
    if (error instanceof TomlError) return []; // whoever reads the dependencies says so
    throw error;
  }
  const poetry = table(table(document['tool'])['poetry']);
  const scripts = { ...table(poetry['scripts']), ...table(table(document['project'])['scripts']) };
  return Object.entries(scripts).flatMap(([name, target]) => {
    const module = typeof target === 'string' ? /^([\w.]+):[\w.]+/.exec(target)?.[1] : undefined;
    if (module === undefined) return [];
    const path = module.replaceAll('.', '/');
    const file = ['', 'src/']
      .flatMap((folder) => [`${folder}${path}.py`, `${folder}${path}/__init__.py`])
      .find((one) => source.files.has(one));
    return file === undefined ? [] : [{ name, file }];
  });
};

const table = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
