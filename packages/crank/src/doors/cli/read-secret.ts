import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CrankError } from '#src/core/error.ts';

/**
 * A secret from a file (`@FILE`), stdin (`-`, or where it is no terminal) or a prompt that shows nothing; without the line
 * break at its end. Never from the command line, which other users of a machine can read.
 *
 * @throws CrankError `invalid-input` for a value on the command line; `cancelled` for Ctrl-C
 */
export const readSecret = async (source: string | undefined, prompt: string): Promise<string> => {
  if (source?.startsWith('@')) return chomp(await readFile(source.slice(1), 'utf8'));
  if (source !== undefined && source !== '-')
    throw new CrankError(
      'invalid-input',
      'A secret does not belong on the command line, where others see it: give - for stdin, @FILE, or nothing to be asked.',
    );
  if (source === '-' || !process.stdin.isTTY) return chomp(await text(process.stdin));
  return ask(prompt);
};

const chomp = (value: string): string => value.replace(/\r?\n$/, '');

const ask = (prompt: string): Promise<string> => {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true).setEncoding('utf8').resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const done = (): void => {
      stdin.setRawMode(false).pause().off('data', take);
      stderr.write('\n');
    };
    const take = (chunk: string): void => {
      for (const character of chunk) {
        if (character === '\r' || character === '\n' || character === '\u0004') {
          done();
          resolve(typed);
          return;
        }
        if (character === '\u0003') {
          done();
          reject(new CrankError('cancelled', 'Stopped.'));
          return;
        }
        typed = character === '\u007f' || character === '\b' ? [...typed].slice(0, -1).join('') : typed + character;
      }
    };
    stdin.on('data', take);
  });
};
