import type { JsonObject, Operation } from '#src/core/service.ts';

/**
 * The JSON text of an argument given as `NAME=VALUE`: the value as it stands where it reads as JSON, else a string. Where
 * the operation is known and takes text but not what the value reads as (`-a title=2024`), it is a string too.
 */
export const argumentText = (value: string, name: string, operation: Operation | undefined): string => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return JSON.stringify(value);
  }
  const schema = operation === undefined ? undefined : member(member(operation.input, 'properties'), name);
  if (schema === undefined) return value;
  const forms = [schema, ...list(member(schema, 'anyOf')), ...list(member(schema, 'oneOf'))];
  const types = new Set<unknown>(forms.flatMap((form) => list(member(form, 'type'))));
  const isOpen = forms.some((form) => member(form, 'enum') !== undefined) || !types.has('string');
  if (isOpen || typeof parsed === 'string') return value;
  // A file in JSON is the one object that stands beside text.
  const isFile = typeof parsed === 'object' && parsed !== null && 'base64' in parsed;
  return isFile || types.has(typeOf(parsed)) || (typeOf(parsed) === 'integer' && types.has('number'))
    ? value
    : JSON.stringify(value);
};

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
};

const member = (schema: unknown, name: string): unknown =>
  typeof schema === 'object' && schema !== null && Object.hasOwn(schema, name)
    ? (schema as JsonObject)[name]
    : undefined;

const list = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
