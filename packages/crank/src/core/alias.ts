import { CrankError } from './error.ts';

/** Names that the platform itself moves. */
export const LATEST = 'latest';
export const CANARY = 'canary';

/** Whether a text may be the name of an alias: never one that could be the digits of a digest. */
const isAlias = (text: string): boolean => /^[a-z][a-z0-9-]{0,62}$/.test(text) && !/^[0-9a-f]{8,64}$/.test(text);

/** @throws CrankError `invalid-input` for what is no name, or is one that people do not set */
export const demandAlias = (text: string): string => {
  if (!isAlias(text)) {
    throw new CrankError(
      'invalid-input',
      `"${text.slice(0, 80)}" is no name of an alias: write a lower case letter, then letters, digits and "-" (63 at most), and not what could be the digits of a version.`,
    );
  }
  if (text === 'promote' || text === 'abort')
    throw new CrankError('invalid-input', `"${text}" is a word of \`crank canary\`: take another name.`);
  if (text === LATEST || text === CANARY) {
    throw new CrankError(
      'invalid-input',
      `"${text}" is not set by hand: ${text === LATEST ? 'deploying and `crank rollback` move it' : '`crank canary` moves it'}.`,
    );
  }
  return text;
};
