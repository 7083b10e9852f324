import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command as Commander, CommanderError } from 'commander';
import { CrankError, catalogue } from '#src/core/error.ts';
import { problemOf } from '#src/core/problem.ts';
import { Client, NodeError } from './client.ts';
import type { Command, Context, Options } from './command.ts';
import { explain } from './explain.ts';

const USAGE = 2;
const OUR_FAULT = 70;

/** An end with an exit code of its own: the answer was printed already. */
export class Exit extends Error {
  override readonly name = 'Exit';
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

export interface CliOptions {
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  version: string;
  /** Where the owner's key is looked for when CRANK_KEY is unset. */
  dataFolder: () => string;
  url: string;
}

const groupHelp: Readonly<Record<string, string>> = {
  alias: 'names of versions',
  budget: 'what may be spent',
  key: 'API keys of the account',
  log: 'the transparency log',
  policy: 'bundles of Rego in force',
  receipt: 'receipts of calls and acts',
  schedule: 'operations that are called by the clock',
  secret: 'secrets of the account: written, never read',
  workspace: 'encrypted folders that calls are given',
  webhook: "addresses at which others' deliveries become calls",
};

/** Runs one command line. Resolves with the exit code of CONTRACT.md. */
export const runCli = async (commands: readonly Command[], options: CliOptions): Promise<number> => {
  const interrupted = new AbortController();
  let json = options.argv.includes('--json');
  let ran: Promise<void> = Promise.resolve();
  let serves = false;
  let unread = false;

  const root = new Commander('crank')
    .description('Turns a Python script into a governed service: sandboxed, decided by policy, metered, receipted.')
    .version(options.version, '-V, --version')
    .option('--json', 'output for machines')
    .option('--url <url>', 'address of the node (CRANK_URL)')
    .option('--key <key>', 'API key (CRANK_KEY)')
    .exitOverride()
    .configureOutput({ writeErr: (text) => void process.stderr.write(text) });

  const groups = new Map<string, Commander>();
  for (const command of commands) {
    const words = command.name.split(' ');
    let parent = root;
    for (const word of words.slice(0, -1)) {
      let group = groups.get(word);
      if (group === undefined) {
        group = parent
          .command(word)
          .description(groupHelp[word] ?? word)
          .exitOverride();
        groups.set(word, group);
      }
      parent = group;
    }
    const sub = parent.command(words.at(-1)!).description(command.summary).exitOverride();
    // A command may have others below it: `job ID`, `job cancel ID`.
    if (words.length === 1) groups.set(command.name, sub);
    for (const [notation, help] of command.args ?? []) sub.argument(notation, help);
    for (const option of command.options ?? []) {
      if (option.repeat)
        sub.option(option.flags, option.help, (value: string, before: string[] | undefined) => [
          ...(before ?? []),
          value,
        ]);
      else sub.option(option.flags, option.help);
    }
    sub
      .option('--json', 'output for machines')
      .option('--url <url>', 'address of the node')
      .option('--key <key>', 'API key');
    sub.action((...received: unknown[]) => {
      const self = received.at(-1) as Commander;
      const given = self.optsWithGlobals<Options>();
      json = given['json'] === true;
      const args = (self.processedArgs as (string | string[] | undefined)[]).flat();
      const context = createContext(options, given, json, interrupted.signal);
      serves = command.serves === true;
      ran = command.run(
        context,
        args.filter((arg): arg is string => arg !== undefined),
        given,
      );
    });
  }

  process.once('SIGINT', () => interrupted.abort());
  // Whoever reads has had enough, as `head` has: no error, and nothing more to do.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    unread = true;
    if (!serves) interrupted.abort();
  });
  try {
    root.parse(['node', 'crank', ...options.argv]);
    await ran;
    return 0;
  } catch (error) {
    if (unread) return 0;
    if (error instanceof Exit) return error.code;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    if (error instanceof CrankError) {
      const problem = error instanceof NodeError ? error.problem : problemOf(error, true);
      process.stderr.write(json ? `${JSON.stringify(problem)}\n` : `${explain(problem)}\n`);
      return catalogue[error.code].exit;
    }
    process.stderr.write(`crank: our fault: ${error instanceof Error ? error.stack : String(error)}\n`);
    return OUR_FAULT;
  }
};

const createContext = (options: CliOptions, given: Options, json: boolean, signal: AbortSignal): Context => {
  const { env } = options;
  const key = (): string | undefined => {
    const explicit = (typeof given['key'] === 'string' && given['key']) || env['CRANK_KEY'];
    if (explicit) return explicit;
    try {
      return readFileSync(join(options.dataFolder(), 'owner.key'), 'utf8').trim();
    } catch {
      return undefined; // the node says what is missing
    }
  };
  return {
    client: new Client((typeof given['url'] === 'string' && given['url']) || options.url, key),
    env,
    json,
    signal,
    print: (value, text) => {
      const shown = json ? JSON.stringify(value) : typeof text === 'function' ? text() : text;
      process.stdout.write(shown.endsWith('\n') || shown === '' ? shown : `${shown}\n`);
    },
    write: (bytes) => void process.stdout.write(bytes),
    progress: (text) => {
      if (process.stderr.isTTY) process.stderr.write(`${text}\n`);
    },
  };
};
