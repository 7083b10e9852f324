import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Finding } from '#src/core/error.ts';
import type { Operation } from '#src/core/service.ts';
import type { Command } from '../command.ts';
import { one } from '../command.ts';
import { readTree } from '../read-tree.ts';
import { short } from '../table.ts';

interface Deployed {
  name: string;
  version: string;
  created: boolean;
  operations: Operation[];
  findings: Finding[];
}

/** Operations that are listed: all functions, and methods up to so many. */
const SHOWN = 20;

export const deploy: Command = {
  name: 'deploy',
  summary: 'make a service of a .py file, a notebook, an .onnx model, or a folder with one',
  args: [['<path>', 'file or folder']],
  options: [
    { flags: '--name <name>', help: 'name of the service; else that of the file' },
    { flags: '--python <version>', help: 'interpreter series, such as 3.11' },
    { flags: '--manifest <file>', help: 'manifest (JSON) instead of the one in the folder' },
  ],
  run: async (context, [path], options) => {
    const form = new FormData();
    for (const file of await readTree(path!)) form.append('file', new Blob([new Uint8Array(file.bytes)]), file.path);
    if ((await stat(path!)).isDirectory()) form.append('folder', basename(resolve(path!)));
    const name = one(options, 'name');
    if (name !== undefined) form.append('name', name);
    const python = one(options, 'python');
    if (python !== undefined) form.append('python', python);
    const manifest = one(options, 'manifest');
    if (manifest !== undefined) form.append('manifest', await readFile(manifest, 'utf8'));
    context.progress(`deploying ${basename(path!)} ...`);
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
        `${service.name} @${short(service.version)} ${service.created ? 'deployed' : 'is there already, unchanged'}`,
        ...operations,
        ...remarks,
      ].join('\n');
    });
  },
};

const parameters = (operation: Operation): string => {
  const { input } = operation;
  if (typeof input !== 'object' || typeof input['properties'] !== 'object' || input['properties'] === null)
    return 'body';
  const required = Array.isArray(input['required']) ? input['required'] : [];
  return Object.keys(input['properties'])
    .map((name) => (required.includes(name) ? name : `${name}?`))
    .join(', ');
};
