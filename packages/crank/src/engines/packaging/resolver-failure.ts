import { CrankError, type Finding } from '#src/core/error.ts';
import { problem } from './findings.ts';
import type { Requirement } from './pep508.ts';

const NETWORK = /network was disabled|error sending request|failed to fetch|operation timed out/i;
const FAILED_BUILD = /Failed to (?:build|prepare|download and build) `([^`=]+)/;
const WHEELS = /no (?:usable )?wheels|building from source is disabled|no matching platform tag|Wheels are required/i;

/** Whether the package index could not be asked. */
export const lacksNetwork = (stderr: string): boolean => NETWORK.test(stderr);

/** Whether a package could not be had because there are source distributions of it only. */
export const lacksWheel = (stderr: string): boolean => !NETWORK.test(stderr) && WHEELS.test(stderr);

/** The resolver's words for a message: no colours, no credentials in URLs, at most 2,000 characters. */
const resolverWords = (stderr: string): string =>
  stderr
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out.
    .replace(/\u001b\[[0-9;]*m/g, '')
    .replace(/\/\/[^/@\s]*@/g, '//')
    .split('\n')
    .filter((line) => !/^(?:Using|Resolved|Prepared|Downloading|Downloaded|warning:)/.test(line.trim()))
    .map((line) => line.trim().replace(/^(?:error|cause|hint): /, ''))
    .filter((line) => line !== '')
    .join(' ')
    .slice(0, 2_000);

/**
 * Why packages could not be locked or installed: findings that name the package and quote the resolver.
 *
 * @throws CrankError `unavailable` where the package index could not be asked; the source is not to blame then
 */
export const explainFailure = (stderr: string, file: string, requirements: readonly Requirement[]): Finding[] => {
  const words = resolverWords(stderr);
  if (NETWORK.test(stderr)) throw unreachable(words);
  const names = requirements.map(({ name }) => name);
  if (FAILED_BUILD.test(words)) {
    const name = FAILED_BUILD.exec(words)?.[1] ?? 'A package';
    const message = `${name} has no wheel for this interpreter and machine, and its build script failed. It says: ${words}`;
    return [problem(file, message, 'Ask for a version that has wheels, or for another Python (--python).')];
  }
  const name = named(words, names) ?? 'The dependencies';
  const missing = /was not found in the package registry/.test(words);
  const message = `${name} cannot be ${missing ? 'found' : 'resolved'}. The resolver says: ${words}`;
  return [problem(file, message, missing ? 'Check the spelling of the name.' : 'Change the versions asked for.')];
};

const unreachable = (words: string): CrankError =>
  new CrankError(
    'unavailable',
    `The package index cannot be reached: check the node's network or index settings, then deploy again. The resolver says: ${words}`,
    { retryAfter: 30 },
  );

const named = (words: string, names: readonly string[]): string | undefined =>
  /([A-Za-z0-9][\w.-]*)(?:[=<>!~][^ ]*)? (?:was not found|has no|have no)/.exec(words)?.[1] ??
  /no versions? of ([A-Za-z0-9][\w.-]*)/.exec(words)?.[1] ??
  names.find((name) => new RegExp(`(?<![\\w-])${name.replaceAll('.', '\\.')}(?![\\w-])`).test(words));
