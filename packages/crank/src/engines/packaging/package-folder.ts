import type { Source } from './source.ts';

/** What stays beside a package: these files are about the project, and are looked for at its top. */
const OF_PROJECT =
  /^(?:crank\.(?:json|ya?ml)|requirements[^/]*\.(?:txt|in)|pyproject\.toml|setup\.(?:cfg|py)|uv\.lock|Pipfile(?:\.lock)?|environment\.ya?ml)$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * A folder that is a package itself (it has an `__init__.py`) goes below its own name, as where it was taken from: only so
 * do its relative imports work, and `from package import part` too.
 */
export const asPackage = (source: Source, name: string | undefined): Source => {
  if (!source.files.has('__init__.py')) return source;
  const wanted = source.folder ?? name ?? '';
  const folder = NAME.test(wanted) ? wanted : 'package';
  const files = [...source.files].map(
    ([path, bytes]) => [OF_PROJECT.test(path) ? path : `${folder}/${path}`, bytes] as const,
  );
  return { ...source, files: new Map(files.sort(([a], [b]) => (a < b ? -1 : 1))) };
};
