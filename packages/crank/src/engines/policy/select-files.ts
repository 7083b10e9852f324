import type { Finding } from '#src/core/error.ts';
import type { PolicyFile } from './opa-build.ts';
import { refused } from './opa-faults.ts';

const MOST_FILES = 200;
const MAX_REGO = 2 * 2 ** 20;
const MAX_DATA = 64 * 2 ** 20;

const fault = (file: string, message: string, fix: string): Finding => ({ level: 'error', file, message, fix });

const isSafe = (path: string): boolean =>
  path.length <= 200 && path.split('/').every((part) => /^[A-Za-z0-9_][A-Za-z0-9_.@ -]*$/.test(part));

/** A `.rego` file that holds tests, by OPA's convention. */
const isTest = (path: string): boolean => /(?:^|[/_])test\.rego$|_test\.rego$/.test(path);

/**
 * The files of a policy that are compiled: Rego without its tests, and `data.json` or `data.yaml`, as OPA reads a bundle.
 *
 * @throws CrankError `not-deployable` where there is no Rego, too much, or a path leads elsewhere
 */
export const selectFiles = (sources: readonly PolicyFile[]): PolicyFile[] => {
  const files = sources
    .filter(({ path }) => (path.endsWith('.rego') ? !isTest(path) : /(?:^|\/)data\.(?:json|ya?ml)$/.test(path)))
    .map(({ path, text }) => ({ path: path.replace(/\.yml$/, '.yaml'), text }));
  const bad = files.find(({ path }) => !isSafe(path));
  if (bad !== undefined)
    throw refused([fault(bad.path.slice(0, 200), 'this is no plain relative path', 'Rename the file')]);
  const rego = files.filter(({ path }) => path.endsWith('.rego'));
  if (rego.length === 0)
    throw refused([fault('', 'there is no .rego file in it', 'Give a .rego file, or a folder with one')]);
  const length = (some: readonly PolicyFile[]): number => some.reduce((sum, { text }) => sum + text.length, 0);
  if (files.length > MOST_FILES) throw refused([fault('', `it has more than ${MOST_FILES} files`, 'Split it')]);
  if (length(rego) > MAX_REGO) throw refused([fault('', `its Rego is longer than ${MAX_REGO} characters`, 'Split it')]);
  if (length(files) > MAX_DATA)
    throw refused([fault('', `it is longer than ${MAX_DATA} characters`, 'Make its data smaller')]);
  return files;
};
