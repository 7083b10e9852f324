import { readFile } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import { CrankError } from '#src/core/error.ts';
import { type Options, one } from './command.ts';

/**
 * What an option gives as JSON, as `@FILE`, or as `-` for stdin; undefined where it is not there.
 *
 * @throws CrankError `invalid-input` where it is not JSON
 */
export const jsonOption = async (options: Options, name: string): Promise<unknown> => {
  const given = one(options, name);
  if (given === undefined) return undefined;
  const text =
    given === '-'
      ? await readText(process.stdin)
      : given.startsWith('@')
        ? await readFile(given.slice(1), 'utf8')
        : given;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new CrankError('invalid-input', `--${name} is not JSON: ${(error as Error).message}.`);
  }
};
