import { canonicalJson, type JsonObject } from '#src/core/canonical-json.ts';
import type { Tool } from '#src/core/service.ts';
import type { CommandOutput, DeclaredCommand } from './command-manifest.ts';
import type { Parameter } from './command-places.ts';
import { type CommandTemplate, parseCommandTemplate } from './command-template.ts';
import type { DeclaredOperation } from './manifest-file.ts';
import type { Source } from './source.ts';

/** The entry of a service of commands, for what runs inside (`runtime/crank_runtime/command/service.py`). */
export const COMMAND_ENTRY = '.crank/command.json';

const FILE: JsonObject = {
  type: 'object',
  title: 'File',
  properties: { name: { type: 'string' }, base64: { type: 'string', contentEncoding: 'base64' } },
  required: ['name', 'base64'],
  additionalProperties: false,
};
const FILE_RESULT: JsonObject = {
  type: 'object',
  title: 'File',
  properties: {
    name: { type: 'string' },
    type: { type: 'string' },
    size: { type: 'integer', minimum: 0 },
    base64: { type: 'string', contentEncoding: 'base64' },
    href: { type: 'string' },
  },
  required: ['name', 'type', 'size'],
};
const A_FILE: JsonObject = { $ref: '#/$defs/File' };

/** The templates of a manifest that `readCommand` let through, by the operation's name. */
export const templatesOf = (
  operations: ReadonlyMap<string, DeclaredOperation>,
): ReadonlyMap<string, { command: DeclaredCommand; template: CommandTemplate; declared: DeclaredOperation }> =>
  new Map(
    [...operations].flatMap(([name, declared]) => {
      const { command } = declared;
      const template = command && parseCommandTemplate(command.template);
      return template === undefined || 'wrong' in template ? [] : [[name, { command: command!, template, declared }]];
    }),
  );

/** The source with what its commands are and the tools that they were found to be, and with nothing else in that place. */
export const withCommands = (
  source: Source,
  operations: ReadonlyMap<string, DeclaredOperation>,
  tools: Readonly<Record<string, Tool>>,
): Source => {
  const described = [...templatesOf(operations)].map(([name, { command, template, declared }]) => {
    const output: CommandOutput = hasOutFile(template) ? 'file' : (command.output ?? 'text');
    const { exitCodes = [], inputExitCodes } = command;
    return {
      description: {
        name,
        description: declared.description ?? shown(template.tool, command.template),
        input: inputSchema(template, command.parameters ?? {}),
        output: outputSchema(output, exitCodes),
        result: output === 'file' ? 'file' : output === 'lines' || output === 'json-lines' ? 'stream' : 'json',
        files: Object.entries(template.parameters).flatMap(([one, { kind }]) => (isFile(kind) ? [one] : [])),
        ...(declared.contentType !== undefined && { contentType: declared.contentType }),
      },
      run: {
        tool: template.tool,
        groups: template.groups,
        parameters: Object.fromEntries(
          Object.entries(template.parameters).map(([one, parameter]) => [one, placeOf(parameter)]),
        ),
        output,
        exitCodes,
        ...(inputExitCodes !== undefined && { inputExitCodes }),
      },
    };
  });
  const files = new Map([...source.files].filter(([path]) => !path.startsWith('.crank/')));
  files.set(COMMAND_ENTRY, Buffer.from(canonicalJson({ operations: described, tools } as unknown as JsonObject)));
  return { ...source, files: new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1))) };
};

const hasOutFile = ({ parameters }: CommandTemplate): boolean =>
  Object.values(parameters).some(({ kind }) => kind === 'out-file');

const isFile = (kind: Parameter['kind']): boolean => kind === 'in-file' || kind === 'stdin';

const shown = (tool: string, template: string): string =>
  template.length <= 500 ? `Runs: ${template}` : `Runs ${tool}.`;

/** What filling in needs to know of a parameter. */
const placeOf = ({ kind, array, schema, extension }: Parameter): JsonObject => ({
  kind,
  array,
  ...(schema['default'] !== undefined && { default: schema['default'] }),
  ...(extension !== undefined && { extension }),
});

const inputSchema = ({ parameters }: CommandTemplate, said: Readonly<Record<string, JsonObject>>): JsonObject => {
  const given = Object.entries(parameters).filter(([, { kind }]) => kind !== 'out-file');
  const required = given.flatMap(([name, one]) => (one.required ? [name] : []));
  return {
    type: 'object',
    properties: Object.fromEntries(given.map(([name, one]) => [name, schemaOf(one, said[name] ?? {})])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
    ...(given.some(([, { kind }]) => isFile(kind)) && { $defs: { File: FILE } }),
  };
};

const schemaOf = ({ kind, array, required, schema }: Parameter, said: JsonObject): JsonObject => {
  const { description, minItems, maxItems, ...given } = said;
  // A text that must not be empty stays so (command-template.ts).
  const bounds = schema['minLength'] !== undefined && given['minLength'] === 0 ? { ...given, minLength: 1 } : given;
  const about = description === undefined ? {} : { description };
  if (kind === 'stdin') return { anyOf: [{ type: 'string' }, A_FILE], ...about };
  const one = kind === 'in-file' ? A_FILE : { ...schema, ...bounds };
  if (!array) return { ...one, ...about };
  const least = minItems ?? (required ? 1 : undefined);
  return {
    type: 'array',
    items: one,
    ...(least !== undefined && { minItems: least }),
    ...(maxItems !== undefined && { maxItems }),
    ...about,
  };
};

const outputSchema = (output: CommandOutput, exitCodes: readonly number[]): JsonObject => {
  if (output === 'file') return FILE_RESULT;
  const one: JsonObject = output === 'text' || output === 'lines' ? { type: 'string' } : {};
  if (exitCodes.length === 0 || output === 'lines' || output === 'json-lines') return one;
  return {
    type: 'object',
    properties: { exit_code: { enum: [0, ...exitCodes] }, output: one },
    required: ['exit_code', 'output'],
    additionalProperties: false,
  };
};
