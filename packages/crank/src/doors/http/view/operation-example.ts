import type { Json, Operation } from '#src/core/service.ts';
import { argumentSchema } from '../request/schema-types.ts';
import { schemaExample } from './schema-example.ts';

/** Arguments that show how an operation is called: those that must be given, else the first one there is. */
export const exampleArguments = (operation: Operation): { values: Record<string, Json>; files: string[] } => {
  const { input } = operation;
  if (typeof input !== 'object') return { values: {}, files: [] };
  const all = Object.keys((input['properties'] ?? {}) as object);
  const required = Array.isArray(input['required']) ? (input['required'] as string[]) : [];
  const names = required.length > 0 ? required : all.slice(0, 1);
  const files = names.filter((name) => operation.files.includes(name));
  const values = names
    .filter((name) => !files.includes(name))
    .map((name): [string, Json] => [name, schemaExample(argumentSchema(input, name), input)]);
  return { values: Object.fromEntries(values), files };
};

/** The path of an operation within its account. */
export const operationPath = (service: string, operation: string): string => `/v1/services/${service}/${operation}`;

/** How to call an operation from a shell; `$CRANK_KEY` holds the key. */
export const curlExample = (base: string, service: string, operation: Operation): string => {
  const { values, files } = exampleArguments(operation);
  const url = `${base}${operationPath(service, operation.name)}`;
  const lines = [`curl ${quote(url)}`, '-H "Authorization: Bearer $CRANK_KEY"'];
  if (files.length > 0) {
    for (const [name, value] of Object.entries(values)) {
      // Not -F: curl takes a text that begins with @ or < for a file's name there.
      lines.push(`--form-string ${quote(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)}`);
    }
    for (const name of files) lines.push(`-F ${quote(`${name}=@${name}`)}`);
  } else {
    lines.push(`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify(values))}`);
  }
  if (operation.result === 'file') lines.push('-O -J');
  if (operation.result === 'stream') lines.push('-N');
  return lines.join(' \\\n  ');
};

/** A word for a POSIX shell. */
const quote = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
