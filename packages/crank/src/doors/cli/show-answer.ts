import { writeFile } from 'node:fs/promises';
import { CrankError } from '#src/core/error.ts';
import type { Context } from './command.ts';
import { type CommandResult, showCommand } from './show-command.ts';
import { showStream } from './show-stream.ts';

/**
 * Shows a call's result as it comes.
 *
 * @param isCommand whether it is that of a command line
 * @param file where it goes; stdout where absent
 * @returns the exit code that a stream or command line ended with, 0 where all went well
 */
export const showAnswer = async (
  context: Context,
  response: Response,
  isCommand: boolean,
  file: string | undefined,
): Promise<number> => {
  if (isCommand && !context.json) return showCommand(context, (await response.json()) as CommandResult, file);
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('application/x-ndjson')) return showStream(context, response, file);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (file !== undefined) {
    await writeFile(file, bytes);
    context.progress(`${bytes.length} bytes in ${file}`);
    return 0;
  }
  const disposition = response.headers.get('content-disposition');
  if (disposition !== null && process.stdout.isTTY) {
    throw new CrankError(
      'invalid-input',
      `The result is a file (${type}, ${bytes.length} bytes): say where it goes with -o FILE.`,
    );
  }
  context.write(bytes);
  if (type.startsWith('application/json')) context.write(Buffer.from('\n'));
  return 0;
};

export const saveReceipt = async (context: Context, path: string, file: string): Promise<void> => {
  const response = await context.client.send(path);
  await writeFile(file, new Uint8Array(await response.arrayBuffer()));
};
