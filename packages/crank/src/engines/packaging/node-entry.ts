import type { Finding } from '#src/core/error.ts';
import { problem, quote } from './findings.ts';
import type { Source } from './source.ts';

const STEMS = ['main', 'index', 'service', 'app', 'src/main', 'src/index', 'lib/index', 'mod'];
const SUFFIXES = ['.ts', '.mts', '.js', '.mjs', '.cts', '.cjs'];
/** What is beside modules and is none of the service. */
const NO_ENTRY = /(?:^|\/)(?:tests?|__tests__|scripts|examples?)\/|\.(?:test|spec|config|d)\.[cm]?[jt]s$|(?:^|\/)\./;

/** A module for Node, by its suffix. */
export const isNodeModule = (path: string): boolean => /\.[cm]?[jt]s$/.test(path) && !/\.d\.[cm]?ts$/.test(path);

/** What a name says that says nothing of what the service is. */
export const saysNothing = (file: string): boolean => /^(?:main|index|service|app|mod)\.[cm]?[jt]s$/.test(file);

/**
 * The module whose exports are the operations: the one named in the manifest, else in package.json (`exports`, `main`), else
 * the one that custom points at.
 */
export const findNodeEntry = (source: Source, declared?: string): { entry: string } | { finding: Finding } => {
  const modules = [...source.files.keys()].filter(isNodeModule);
  if (declared !== undefined) {
    if (modules.includes(declared)) return { entry: declared };
    const message = `The entry ${quote(declared)} is no TypeScript or JavaScript module of it.`;
    return { finding: problem('', message, `Name one as "entry": {"entry": "main.ts"}. ${found(modules)}`) };
  }
  const own = modules.filter((path) => !NO_ENTRY.test(path));
  const conventional = STEMS.flatMap((stem) => SUFFIXES.map((suffix) => stem + suffix));
  const top = own.filter((path) => !path.includes('/'));
  const entry =
    fromPackage(source) ??
    conventional.find((path) => own.includes(path)) ??
    (own.length === 1 ? own[0] : undefined) ??
    (top.length === 1 ? top[0] : undefined);
  if (entry !== undefined) return { entry };
  const message =
    modules.length === 0 ? 'There is no module for Node in it.' : 'Which of its modules is meant is not clear.';
  return { finding: problem('', message, `Add a crank.json such as {"entry": "main.ts"}. ${found(modules)}`) };
};

const found = (modules: readonly string[]): string =>
  modules.length === 0 ? 'There is no .ts or .js file in it.' : `Found: ${modules.slice(0, 10).join(', ')}.`;

/** The module that package.json points at, where that is among the files: what is built is not deployed with it. */
const fromPackage = (source: Source): string | undefined => {
  const bytes = source.files.get('package.json');
  if (bytes === undefined) return undefined;
  let manifest: unknown;
  try {
    manifest = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // said where dependencies are read
  }
  const { exports, main } = (manifest ?? {}) as { exports?: unknown; main?: unknown };
  for (const path of [...targets(exports), main]) {
    const bare = typeof path === 'string' ? path.replace(/^\.\//, '') : '';
    if (source.files.has(bare) && isNodeModule(bare)) return bare;
  }
  return undefined;
};

/** Of `"exports"`: a path, or conditions, at the top or for ".". */
const targets = (exports: unknown): string[] => {
  if (typeof exports === 'string') return [exports];
  if (typeof exports !== 'object' || exports === null) return [];
  const { '.': main, import: esm, default: other, node, require } = exports as Record<string, unknown>;
  return [main, node, esm, other, require].flatMap(targets);
};
