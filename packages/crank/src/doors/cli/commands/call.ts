import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { CrankError } from '#src/core/error.ts';
import type { Operation } from '#src/core/service.ts';
import type { JobInfo } from '#src/platform/jobs/job-view.ts';
import { argumentText } from '../argument-text.ts';
import type { Command, Context, Options } from '../command.ts';
import { many, one } from '../command.ts';
import { parseName, type ServiceName, servicePath } from '../name.ts';
import { readTree, type TreeFile } from '../read-tree.ts';
import { Exit } from '../run.ts';
import { saveReceipt, showAnswer } from '../show-answer.ts';

export const call: Command = {
  name: 'call',
  summary: 'run an operation',
  args: [['<name>', '[ACCOUNT/]SERVICE[@VERSION][.OPERATION]']],
  options: [
    { flags: '-i, --input <json>', help: 'arguments as a JSON object, @FILE, or - for stdin' },
    { flags: '-a, --arg <name=value>', help: 'one argument; the value is JSON where it reads as such', repeat: true },
    { flags: '-f, --file <name=@file>', help: 'a file for a parameter, or a folder for several', repeat: true },
    { flags: '-o, --output <file>', help: 'where the result goes; a folder for the files of a command line' },
    { flags: '--receipt <file>', help: 'store the receipt here' },
    { flags: '--idempotency-key <key>', help: 'the same key gives the same answer for 24 h' },
    { flags: '--subject <name>', help: 'whose data the input is: `crank erase` takes it back' },
    { flags: '--classification <label>', help: 'public, internal, confidential or restricted: it can only raise' },
    { flags: '--deadline <duration>', help: 'how long to wait, such as 5s' },
    { flags: '--quote <id>', help: 'charge no more than this quote says (`crank quote`)' },
    { flags: '--async', help: 'as a job: prints its id at once; `crank job ID --wait` gets the result' },
  ],
  run: async (context, [text], options) => {
    const name = parseName(text!);
    const operation = await findOperation(context, name);
    const body = await requestBody(options, typeof operation === 'string' ? undefined : operation);
    const path = `${servicePath(name)}/${typeof operation === 'string' ? operation : operation.name}`;
    const response = await context.client.send(path, {
      method: 'POST',
      query: { version: name.version },
      headers: {
        ...(typeof body === 'string' && { 'content-type': 'application/json' }),
        ...header('idempotency-key', one(options, 'idempotencyKey')),
        ...header('crank-deadline', one(options, 'deadline')),
        ...header('crank-classification', one(options, 'classification')),
        ...header('crank-quote', one(options, 'quote')),
        ...header('crank-subject', one(options, 'subject')),
        ...header('prefer', options['async'] === true ? 'respond-async' : undefined),
      },
      body,
      signal: context.signal,
    });
    if (response.status === 202) {
      const job = (await response.json()) as JobInfo;
      if (job.state === 'waiting')
        context.progress(
          `It waits for approval (${job.approval!.reasons.join('; ')}): \`crank job ${job.id} --wait\` gets the result.`,
        );
      context.print(job, job.id);
      return;
    }
    const isCommand = typeof operation !== 'string' && operation.command !== undefined;
    const failed = await showAnswer(context, response, isCommand, one(options, 'output'));
    const receipt = one(options, 'receipt');
    const receiptPath = response.headers.get('crank-receipt');
    if (receipt !== undefined && receiptPath !== null) await saveReceipt(context, receiptPath, receipt);
    if (failed) throw new Exit(failed);
  },
};

const header = (name: string, value: string | undefined): Record<string, string> =>
  value === undefined ? {} : { [name]: value };

/**
 * The operation: the one that was named, the only one, or that of the command line. Its name alone where it was named and
 * the key may not see more than that.
 */
const findOperation = async (context: Context, name: ServiceName): Promise<Operation | string> => {
  let operations: Operation[];
  try {
    const query = { version: name.version };
    ({ operations } = await context.client.json<{ operations: Operation[] }>(servicePath(name), { query }));
  } catch (error) {
    if (name.operation === undefined || !(error instanceof CrankError)) throw error;
    return name.operation; // calling it will say what is wrong, if something is
  }
  if (name.operation !== undefined)
    return operations.find((operation) => operation.name === name.operation) ?? name.operation;
  if (operations.length === 1) return operations[0]!;
  const commands = operations.filter((operation) => operation.command !== undefined);
  if (commands.length === 1) return commands[0]!;
  throw new CrankError(
    'invalid-input',
    `${name.service} has ${operations.length} operations, say which: ${operations.map((operation) => `${name.service}.${operation.name}`).join(', ')}.`,
  );
};

/** JSON where only values are given (the text untouched where it is whole), multipart where files are. */
export const requestBody = async (options: Options, operation: Operation | undefined): Promise<string | FormData> => {
  const given = one(options, 'input');
  const whole =
    given === undefined
      ? '{}'
      : given === '-'
        ? await text(process.stdin)
        : given.startsWith('@')
          ? await readFile(given.slice(1), 'utf8')
          : given;
  const args = many(options, 'arg').map(pair);
  const files = many(options, 'file').map(pair);
  if (args.length === 0 && files.length === 0) return whole;
  const members = new Map(Object.entries(parseObject(whole)));
  if (files.length === 0) {
    // Texts are joined rather than values, so that numbers keep their digits.
    const rest = [...members].filter(([name]) => !args.some(([arg]) => arg === name));
    const parts = [
      ...rest.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`),
      ...args.map(([name, value]) => `${JSON.stringify(name)}:${argumentText(value, name, operation)}`),
    ];
    return `{${parts.join(',')}}`;
  }
  const form = new FormData();
  for (const [name, value] of members) form.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  for (const [name, value] of args) form.append(name, value);
  for (const [name, value] of files) {
    for (const file of await readFiles(value.startsWith('@') ? value.slice(1) : value))
      form.append(name, new Blob([new Uint8Array(file.bytes)]), file.path);
  }
  return form;
};

/** A file under its own name, or all files of a folder under their paths from there. */
const readFiles = async (path: string): Promise<TreeFile[]> => {
  const files = await readTree(path);
  const isFolder = (await stat(path)).isDirectory();
  return isFolder ? files.map((file) => ({ ...file, path: `${basename(resolve(path))}/${file.path}` })) : files;
};

const pair = (text: string): [string, string] => {
  const at = text.indexOf('=');
  if (at < 1) throw new CrankError('invalid-input', `"${text}" is not of the form NAME=VALUE.`);
  return [text.slice(0, at), text.slice(at + 1)];
};

const parseObject = (text: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CrankError('invalid-input', `The input is not JSON: ${(error as Error).message}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CrankError('invalid-input', 'The input must be a JSON object: arguments by parameter name.');
  return value as Record<string, unknown>;
};
