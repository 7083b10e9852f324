import type { Client } from './client.ts';

/** What a command works with. */
export interface Context {
  client: Client;
  env: Readonly<Record<string, string | undefined>>;
  /** `--json`: output for machines. */
  json: boolean;
  /** The answer, on stdout: `value` as JSON under `--json`, `text` for people otherwise. */
  print(value: unknown, text: string | (() => string)): void;
  /** Bytes of an answer, untouched. */
  write(bytes: Uint8Array): void;
  /** What goes on meanwhile, on stderr; quiet where that is no terminal. */
  progress(text: string): void;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** A command as data; `run` sets the exit code by what it throws. */
export interface Command {
  /** Words of the command, such as `key create`. */
  name: string;
  summary: string;
  /** commander's notation: `<path>`, `[file]`. */
  args?: readonly (readonly [notation: string, help: string])[];
  options?: readonly { flags: string; help: string; repeat?: boolean }[];
  /** It goes on where nobody reads what it prints. */
  serves?: true;
  run(context: Context, args: readonly string[], options: Options): Promise<void>;
}

export type Options = Readonly<Record<string, string | string[] | boolean | undefined>>;

/** An option given once, or undefined. */
export const one = (options: Options, name: string): string | undefined => {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
};

/** An option that may be repeated. */
export const many = (options: Options, name: string): readonly string[] => {
  const value = options[name];
  return Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];
};
