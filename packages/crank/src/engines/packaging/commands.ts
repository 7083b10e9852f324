import type { Finding } from '#src/core/error.ts';
import { readCommand } from './command-manifest.ts';
import { templatesOf } from './command-operations.ts';
import type { CommandTemplate } from './command-template.ts';
import { problem, quote, remark } from './findings.ts';
import type { DeclaredManifest, DeclaredOperation } from './manifest-file.ts';

/** What a deployment of commands is. */
export interface Commands {
  readonly operations: ReadonlyMap<string, DeclaredOperation>;
  /** Names of the programs, each once. */
  readonly tools: readonly string[];
}

/** A single command's operation; a script's command line has the same. */
const ONLY = 'run';

/** Programs to which a text is a program of its own. */
const INTERPRETERS =
  /^(?:(?:da|ba|z|k|fi)?sh|busybox|env|xargs|nohup|timeout|nice|python[\d.]*|perl[\d.]*|ruby[\d.]*|node(?:js)?|php[\d.]*|lua[\d.]*|tclsh[\d.]*|[gmn]?awk|g?sed|bc|dc|find|make|gdb|sqlite3|psql|ssh|git|vim?|ed|m4)$/;

/**
 * The commands that a manifest, or the deployment itself, names; undefined where it is not about commands.
 *
 * @param given template and output of the deployment
 */
export const readCommands = (
  said: DeclaredManifest,
  given: { command?: string | undefined; output?: string | undefined },
  findings: Finding[],
): Commands | undefined => {
  const fail = (file: string, message: string, fix: string): undefined => {
    findings.push(problem(file, message, fix));
  };
  const inOperations = [...(said.operations ?? [])].filter(([, { command }]) => command !== undefined);
  const about = [given.command, said.command].some((one) => one !== undefined) || inOperations.length > 0;
  if (!about) {
    if (given.output !== undefined || said.output !== undefined)
      return fail('output', 'It says what a command answers with, and there is no command.', 'Give the command, too.');
    if (said.runtime === 'command')
      fail('manifest', 'It has "runtime": "command" and no command.', 'Add "command": "sort {doc:in}".');
    return undefined;
  }
  if (said.runtime !== undefined && said.runtime !== 'command')
    return fail('manifest', `It has a command, and "runtime": "${said.runtime}".`, 'Leave "runtime" out.');
  for (const field of ['entry', 'model', 'requirements'] as const)
    if (said[field] !== undefined)
      return fail('manifest', `It has a command, and "${field}", which none has.`, `Take "${field}" out.`);
  if (said.limits?.subprocesses === 0)
    return fail('manifest', 'It allows no subprocess, and a tool is one.', 'Leave the limit "subprocesses" out.');
  const operations = only(said, given, inOperations.length, findings) ?? said.operations;
  if (operations === undefined) return undefined;
  for (const [name, { command }] of operations)
    if (command === undefined)
      return fail('manifest', `The operation ${quote(name)} has no command.`, 'Give each operation its "command".');
  const templates = [...templatesOf(operations)].map(([name, { template }]) => [name, template] as const);
  for (const [name, template] of templates) findings.push(...interpreted(name, template));
  return { operations, tools: [...new Set(templates.map(([, { tool }]) => tool))] };
};

/** The operation of a single template, where that is what there is. */
const only = (
  said: DeclaredManifest,
  given: { command?: string | undefined; output?: string | undefined },
  others: number,
  findings: Finding[],
): ReadonlyMap<string, DeclaredOperation> | undefined => {
  if (given.command !== undefined && (said.command !== undefined || others > 0)) {
    findings.push(problem('command', 'There is a command in the manifest, too.', 'Give one of them.'));
    return undefined;
  }
  const template = given.command ?? said.command;
  if (template === undefined) {
    if (said.output !== undefined || given.output !== undefined)
      findings.push(problem('output', 'There are several operations.', 'Give each its own "output".'));
    return undefined;
  }
  if (said.operations !== undefined) {
    findings.push(
      problem(
        'manifest',
        'It has "command" and "operations".',
        `Write {"operations": {"${ONLY}": {"command": "..."}}}.`,
      ),
    );
    return undefined;
  }
  const output = given.output ?? said.output;
  const command = readCommand({ command: template, ...(output !== undefined && { output }) }, '', (_, message, fix) => {
    findings.push(problem('command', message, fix));
  });
  return command && new Map([[ONLY, { command }]]);
};

const interpreted = (name: string, { tool, parameters }: CommandTemplate): Finding[] => {
  const text = Object.entries(parameters).find(([, { kind }]) => kind === 'string' || kind === 'stdin');
  if (text === undefined || !INTERPRETERS.test(tool)) return [];
  const message = `${name}: what callers give as {${text[0]}} may be a program to ${tool}, which runs it.`;
  return [remark('command', message, 'It stays within the sandbox of the call; name choices where that is too much.')];
};
