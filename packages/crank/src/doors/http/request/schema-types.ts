import type { Json, JsonSchema } from '#src/core/service.ts';

type Types = ReadonlySet<string>;
const ALL: Types = new Set(['null', 'boolean', 'number', 'string', 'array', 'object']);

/** The schema of one argument within an operation's input schema; undefined where the operation names no such argument. */
export const argumentSchema = (input: JsonSchema, name: string): JsonSchema | undefined => {
  const properties =
    typeof input === 'object' ? (input['properties'] as Record<string, JsonSchema> | undefined) : undefined;
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
};

/**
 * JSON types that a schema may admit, `integer` among `number`. An upper bound, from the keywords that say so plainly:
 * it chooses how the text of a form field is read, and the validator decides afterwards.
 */
export const admittedTypes = (schema: JsonSchema | undefined, root: JsonSchema, depth = 0): Types => {
  if (schema === undefined || typeof schema === 'boolean' || depth > 16) return ALL;
  const bounds: Types[] = [];
  const { type, $ref } = schema;
  if (typeof type === 'string') bounds.push(new Set([normal(type)]));
  else if (Array.isArray(type)) bounds.push(new Set(type.map((name) => normal(String(name)))));
  if (typeof $ref === 'string') bounds.push(admittedTypes(definition(root, $ref), root, depth + 1));
  if (Array.isArray(schema['enum'])) bounds.push(new Set(schema['enum'].map(typeOf)));
  if (Object.hasOwn(schema, 'const')) bounds.push(new Set([typeOf(schema['const']!)]));
  for (const keyword of ['anyOf', 'oneOf']) {
    const some = schema[keyword];
    if (Array.isArray(some)) bounds.push(new Set(some.flatMap((each) => [...admittedTypes(each, root, depth + 1)])));
  }
  const all = schema['allOf'];
  if (Array.isArray(all)) bounds.push(...all.map((each) => admittedTypes(each as JsonSchema, root, depth + 1)));
  return new Set([...ALL].filter((name) => bounds.every((bound) => bound.has(name))));
};

const normal = (type: string): string => (type === 'integer' ? 'number' : type);

const typeOf = (value: Json): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** What `#/$defs/NAME` stands for. */
export const definition = (root: JsonSchema, reference: string): JsonSchema | undefined => {
  const name = /^#\/\$defs\/(.+)$/.exec(reference)?.[1];
  const all = typeof root === 'object' ? (root['$defs'] as Record<string, JsonSchema> | undefined) : undefined;
  return name !== undefined && all !== undefined && Object.hasOwn(all, name) ? all[name] : undefined;
};
