import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { CrankError } from '#src/core/error.ts';
import type { Context } from './command.ts';

/** What an operation that is a command line gives. */
export interface CommandResult {
  stdout: string;
  stderr: string;
  exit_code: number;
  files: { name: string; size: number; base64: string }[];
  /** stdout, where it is no text. */
  stdout_base64?: string;
  /** Of a notebook: the value of its last cell. */
  value?: unknown;
}

/**
 * Shows it as a terminal would: stdout on stdout, stderr on stderr; files go where `output` says, a folder (made where its
 * name ends with `/`) or, for a single one, a file. Where there is none, stdout goes to that file.
 *
 * @returns the exit code: 1 where the script ended with one that is not 0
 */
export const showCommand = async (
  context: Context,
  result: CommandResult,
  output: string | undefined,
): Promise<number> => {
  const { stdout, stderr, files } = result;
  const bytes = result.stdout_base64 === undefined ? Buffer.from(stdout) : Buffer.from(result.stdout_base64, 'base64');
  const isFolder = output !== undefined && (output.endsWith('/') || (await isDirectory(output)));
  // Where it wrote no file, what it printed is the result.
  if (output !== undefined && !isFolder && files.length === 0) await writeFile(output, bytes);
  else context.write(bytes);
  if (result.value !== undefined && result.value !== null)
    context.write(Buffer.from(`${JSON.stringify(result.value)}\n`));
  process.stderr.write(stderr);
  if (output !== undefined) await save(context, files, output, isFolder);
  else if (files.length > 0) {
    const named = files.map(({ name, size }) => `${name} (${size} bytes)`).join(', ');
    process.stderr.write(`crank: it wrote ${named}; -o FOLDER/ keeps what it writes.\n`);
  }
  if (result.exit_code === 0) return 0;
  process.stderr.write(`crank: the script ended with exit code ${result.exit_code}.\n`);
  return 1;
};

const save = async (
  context: Context,
  files: CommandResult['files'],
  output: string,
  isFolder: boolean,
): Promise<void> => {
  if (!isFolder && files.length > 1)
    throw new CrankError(
      'invalid-input',
      `It wrote ${files.length} files: name a folder for them, such as -o ${output}/.`,
    );
  for (const { name, base64 } of files) {
    const path = isFolder ? join(output, inside(name)) : output;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, Buffer.from(base64, 'base64'));
    context.progress(`${path} written`);
  }
};

/** A name from elsewhere, which must not lead out of the folder. */
const inside = (name: string): string => normalize(`/${name}`).slice(1);

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (about) => about.isDirectory(),
    () => false,
  );
