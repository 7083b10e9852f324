import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { CrankError, type Finding } from '#src/core/error.ts';
import type { Operation } from '#src/core/service.ts';
import type { Command, Options } from '../command.ts';
import { one } from '../command.ts';
import { readTree, type TreeFile } from '../read-tree.ts';
import { short } from '../table.ts';

interface Deployed {
  name: string;
  version: string;
  created: boolean;
  aliases: string[];
  operations: Operation[];
  findings: Finding[];
}

/** Operations that are listed: all functions, and methods up to so many. */
const SHOWN = 20;

export const deploy: Command = {
  name: 'deploy',
  summary:
    'make a service of a .py file, a notebook, a .ts or .js module, an .onnx model, a folder with one, or a program of the system',
  args: [['[path]', 'file or folder; with --command, of files that the program finds beside it']],
  options: [
    { flags: '--name <name>', help: 'name of the service; else that of the file' },
    { flags: '--command <template>', help: "program with places for values: 'pandoc -t {to:html|rst} {doc:in}'" },
    { flags: '--output <kind>', help: 'its answer: text (default), json, lines, json-lines or file' },
    { flags: '--python <version>', help: 'interpreter series, such as 3.11' },
    { flags: '--alias <alias>', help: 'give the version this name, and leave the latest what it is' },
    { flags: '--canary <share>', help: 'give the version a share of the calls first, such as 10%' },
    { flags: '--by <what>', help: 'draw the canary by call (default), principal or session' },
    { flags: '--auto-abort', help: 'end the canary where it fails more often than the latest version' },
    { flags: '--manifest <file>', help: 'manifest (JSON) instead of the one in the folder' },
  ],
  run: async (context, [path], options) => {
    const form = await sourceForm(path, options);
    for (const name of ['command', 'output'])
      if (one(options, name) !== undefined) form.append(name, one(options, name)!);
    for (const name of ['alias', 'canary', 'by'])
      if (one(options, name) !== undefined) form.append(name, one(options, name)!);
    if (options['autoAbort'] === true) form.append('autoAbort', 'true');
    context.progress(`deploying ${path === undefined ? 'a command' : basename(path)} ...`);
    const service = await context.client.json<Deployed>('/v1/services', {
      method: 'POST',
      body: form,
      signal: context.signal,
    });
    context.print(service, () => {
      const functions = service.operations.filter(({ name }) => !name.includes('.'));
      const methods = service.operations.filter(({ name }) => name.includes('.'));
      const shown = [...functions, ...methods.slice(0, Math.max(0, SHOWN - functions.length))];
      const operations = shown.map((operation) => `  ${service.name}.${operation.name}(${parameters(operation)})`);
      const more = service.operations.length - shown.length;
      if (more > 0) operations.push(`  and ${more} more methods: crank describe ${service.name}`);
      const remarks = service.findings.map(
        (finding) =>
          `  note: ${finding.file}${finding.line ? `:${finding.line}` : ''}: ${finding.message} ${finding.fix}`,
      );
      return [
        `${service.name} @${short(service.version)} ${service.created ? 'deployed' : 'is there already, unchanged'}${named(service)}`,
        ...operations,
        ...remarks,
      ].join('\n');
    });
  },
};

/** What the version is now, where it is not simply the latest. */
const named = ({ aliases }: Deployed): string =>
  aliases.length === 0 || (aliases.length === 1 && aliases[0] === 'latest') ? '' : `: ${aliases.join(', ')}`;

/** What is deployed, as the form that the node takes; with the options name, python and manifest. @param files where they were read already. @throws CrankError `invalid-input` */
export const sourceForm = async (
  path: string | undefined,
  options: Options,
  files?: readonly TreeFile[],
): Promise<FormData> => {
  const form = new FormData();
  const manifest = one(options, 'manifest');
  if (path === undefined && one(options, 'command') === undefined && manifest === undefined)
    throw new CrankError('invalid-input', 'Say what to deploy: a file or folder, or --command with a program.');
  if (path !== undefined) await addFiles(form, path, files);
  for (const name of ['name', 'python']) if (one(options, name) !== undefined) form.append(name, one(options, name)!);
  if (manifest !== undefined) form.append('manifest', await readFile(manifest, 'utf8'));
  return form;
};

const addFiles = async (form: FormData, path: string, files: readonly TreeFile[] | undefined): Promise<void> => {
  for (const file of files ?? (await readTree(path)))
    form.append('file', new Blob([new Uint8Array(file.bytes)]), file.path);
  if ((await stat(path)).isDirectory()) form.append('folder', basename(resolve(path)));
};

export const parameters = (operation: Operation): string => {
  const { input } = operation;
  if (typeof input !== 'object' || typeof input['properties'] !== 'object' || input['properties'] === null)
    return 'body';
  const required = Array.isArray(input['required']) ? input['required'] : [];
  return Object.keys(input['properties'])
    .map((name) => (required.includes(name) ? name : `${name}?`))
    .join(', ');
};
