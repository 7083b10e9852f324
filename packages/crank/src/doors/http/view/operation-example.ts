import type { Json, JsonObject, JsonSchema, Operation } from '#src/core/service.ts';
import { matches } from '#src/platform/matches.ts';
import { argumentSchema, definition } from '../request/schema-types.ts';
import { schemaExample } from './schema-example.ts';

export interface ExampleArguments {
  /** By name, without those that are files. */
  values: Record<string, Json>;
  /** Names of files that stand for file parameters, by parameter; a list where that takes one. */
  files: Record<string, FileNames>;
}

export type FileNames = string | readonly string[];

const known = new WeakMap<Operation, ExampleArguments>();

/**
 * Arguments that show how an operation is called, and that its schema admits: those that must be given and those that the
 * author gives an example of; where there are none of either, the first one that works.
 */
export const exampleArguments = (operation: Operation): ExampleArguments => {
  const before = known.get(operation);
  if (before !== undefined) return before;
  const made = build(operation);
  known.set(operation, made);
  return made;
};

const build = (operation: Operation): ExampleArguments => {
  const { input } = operation;
  if (operation.example !== undefined) return givenExample(operation, operation.example);
  if (typeof input !== 'object') return { values: {}, files: {} };
  const all = Object.keys((input['properties'] ?? {}) as object);
  const required = Array.isArray(input['required']) ? (input['required'] as string[]) : [];
  const isFile = (name: string): boolean => operation.files.includes(name);
  const example = (name: string): Json =>
    isFile(name) ? fileValue(input, name) : schemaExample(argumentSchema(input, name), input);
  const fits = (names: readonly string[]): boolean =>
    matches(input, Object.fromEntries(names.map((name) => [name, example(name)])));

  const shown = all.filter((name) => !required.includes(name) && hasExample(argumentSchema(input, name)));
  const first = all.find((name) => !required.includes(name) && fits([...required, name]));
  const choice =
    [[...required, ...shown], ...(required.length === 0 && first !== undefined ? [[first]] : []), required].find(
      fits,
    ) ?? required;
  const values = choice.filter((name) => !isFile(name)).map((name): [string, Json] => [name, example(name)]);
  const files = choice
    .filter(isFile)
    .map((name): [string, string] => [name, fileName(argumentSchema(input, name), name)]);
  return { values: Object.fromEntries(values), files: Object.fromEntries(files) };
};

/** What the author shows; a file may be shown by its name. */
const givenExample = ({ files }: Operation, example: JsonObject): ExampleArguments => {
  const isFile = ([name, value]: [string, Json]): boolean =>
    files.includes(name) &&
    (typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string')));
  const all = Object.entries(example);
  return {
    values: Object.fromEntries(all.filter((one) => !isFile(one))),
    files: Object.fromEntries(all.filter(isFile)) as Record<string, FileNames>,
  };
};

const hasExample = (schema: JsonSchema | undefined): boolean =>
  typeof schema === 'object' && Array.isArray(schema['examples']) && schema['examples'].length > 0;

/** A file as it travels in JSON, in the shape that the schema asks for: one, or a list of them. */
const fileValue = (input: JsonSchema, name: string): Json => {
  const file = { name: fileName(argumentSchema(input, name), name), base64: 'aGVsbG8K' };
  return takesList(argumentSchema(input, name), input) ? [file] : file;
};

const takesList = (schema: JsonSchema | undefined, root: JsonSchema, depth = 0): boolean => {
  if (typeof schema !== 'object' || depth > 8) return false;
  if (schema['type'] === 'array') return true;
  if (typeof schema['$ref'] === 'string') return takesList(definition(root, schema['$ref']), root, depth + 1);
  const some = schema['anyOf'] ?? schema['oneOf'];
  return Array.isArray(some) && takesList(some[0] as JsonSchema, root, depth + 1);
};

const EXTENSIONS: Readonly<Record<string, string>> = {
  'text/csv': '.csv',
  'text/plain': '.txt',
  'application/json': '.json',
  'application/pdf': '.pdf',
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'message/rfc822': '.eml',
};

/** A name that is free of what shells, forms and folders read into it. */
const fileName = (schema: JsonSchema | undefined, parameter: string): string => {
  const type = typeof schema === 'object' ? String(schema['contentMediaType'] ?? '') : '';
  return `${parameter.replace(/\W/g, '_')}${EXTENSIONS[type] ?? ''}`;
};

/** The path of an operation within its account. */
export const operationPath = (service: string, operation: string): string => `/v1/services/${service}/${operation}`;

/** How to call an operation from a shell; `$CRANK_KEY` holds the key. */
export const curlExample = (base: string, service: string, operation: Operation): string => {
  const { values, files } = exampleArguments(operation);
  const url = `${base}${operationPath(service, operation.name)}`;
  const lines = [`curl ${quote(url)}`, '-H "Authorization: Bearer $CRANK_KEY"'];
  if (Object.keys(files).length > 0) {
    for (const [name, value] of Object.entries(values)) {
      // Not -F: curl takes a text that begins with @ or < for a file's name there.
      lines.push(`--form-string ${quote(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)}`);
    }
    for (const [name, some] of Object.entries(files))
      for (const file of [some].flat()) lines.push(`-F ${quote(`${name}=@${file}`)}`);
  } else {
    lines.push(`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify(values))}`);
  }
  if (operation.result === 'file') lines.push('-O -J');
  if (operation.result === 'stream') lines.push('-N');
  return lines.join(' \\\n  ');
};

/** A word for a POSIX shell. */
const quote = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
