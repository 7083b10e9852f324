import type { JsonObject } from '#src/core/canonical-json.ts';
import type { Json, JsonSchema } from '#src/core/service.ts';
import { matches } from '#src/platform/matches.ts';
import { definition } from '../request/schema-types.ts';

/** Nesting that is followed; deeper levels are left to what the schema does not insist on. */
const DEPTH = 8;
/** Entries of a list that a schema may insist on. */
const MOST = 50;

/**
 * A small value that a schema admits, for examples: what it says itself, else something plain of its type. Where nothing
 * that is tried fits (a pattern, a bound that refers to another) it is the nearest; who needs certainty validates.
 */
export const schemaExample = (schema: JsonSchema | undefined, root: JsonSchema, depth = 0): Json => {
  if (schema === undefined || typeof schema === 'boolean' || depth > DEPTH) return null;
  const tried: Json[] = [];
  for (const value of candidates(schema, root, depth)) {
    if (admits(schema, root, value)) return value;
    tried.push(value);
  }
  return tried[0] ?? null;
};

const admits = (schema: JsonObject, root: JsonSchema, value: Json): boolean => {
  const definitions = typeof root === 'object' ? root['$defs'] : undefined;
  const whole = definitions === undefined ? schema : { ...schema, $defs: definitions };
  return matches(whole, value);
};

function* candidates(schema: JsonObject, root: JsonSchema, depth: number): Generator<Json> {
  const { examples, type, $ref } = schema;
  if (Array.isArray(examples)) yield* examples as Json[];
  if (Object.hasOwn(schema, 'default')) yield schema['default']!;
  if (Object.hasOwn(schema, 'const')) yield schema['const']!;
  if (Array.isArray(schema['enum'])) yield* schema['enum'] as Json[];
  if (typeof $ref === 'string') yield schemaExample(definition(root, $ref), root, depth + 1);
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    const some = schema[keyword];
    if (Array.isArray(some))
      for (const one of tellingFirst(some as JsonSchema[])) yield schemaExample(one, root, depth + 1);
  }
  for (const one of Array.isArray(type) ? (type as string[]) : [type]) yield* ofType(String(one), schema, root, depth);
}

/** A decimal may be a text or a number: the number says more. Nothing at all says least. */
const tellingFirst = (some: readonly JsonSchema[]): JsonSchema[] => {
  const rank = (one: JsonSchema): number => {
    const type = typeof one === 'object' ? one['type'] : undefined;
    return type === 'null' ? 2 : type === 'string' && typeof one === 'object' && Object.keys(one).length === 1 ? 1 : 0;
  };
  return [...some].sort((a, b) => rank(a) - rank(b));
};

function* ofType(type: string, schema: JsonObject, root: JsonSchema, depth: number): Generator<Json> {
  switch (type) {
    case 'string':
      yield* texts(schema);
      break;
    case 'integer':
    case 'number':
      yield* numbers(schema);
      break;
    case 'boolean':
      yield* [true, false];
      break;
    case 'array':
      yield list(schema, root, depth);
      break;
    case 'object':
      yield object(schema, root, depth);
      break;
    default:
      yield null;
  }
}

const list = (schema: JsonObject, root: JsonSchema, depth: number): Json[] => {
  const first = Array.isArray(schema['prefixItems']) ? (schema['prefixItems'] as JsonSchema[]) : [];
  const items = schema['items'] as JsonSchema | undefined;
  const least = Math.min(Number(schema['minItems'] ?? 0), MOST);
  const most = Number(schema['maxItems'] ?? MOST);
  const values = first.map((item) => schemaExample(item, root, depth + 1));
  const wanted = Math.min(Math.max(least, first.length > 0 || items === false || depth >= DEPTH ? 0 : 1), most);
  const one = schemaExample(items, root, depth + 1);
  while (values.length < wanted) values.push(schema['uniqueItems'] === true ? another(one, values.length) : one);
  return values;
};

/** The same kind of value, but not the same value. */
const another = (value: Json, n: number): Json =>
  n === 0 ? value : typeof value === 'number' ? value + n : typeof value === 'string' ? `${value}${n + 1}` : value;

const object = (schema: JsonObject, root: JsonSchema, depth: number): JsonObject => {
  const all = (schema['properties'] ?? {}) as Record<string, JsonSchema>;
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  const rest = schema['additionalProperties'] as JsonSchema | undefined;
  const value = Object.fromEntries(
    required.map((name) => [name, schemaExample(Object.hasOwn(all, name) ? all[name] : rest, root, depth + 1)]),
  );
  // A map shows one entry.
  if (Object.keys(all).length === 0 && typeof rest === 'object' && depth < DEPTH)
    for (const name of names(schema)) value[name] ??= schemaExample(rest, root, depth + 1);
  return value;
};

const names = (schema: JsonObject): string[] => {
  const { propertyNames } = schema;
  const rule = typeof propertyNames === 'object' && propertyNames !== null ? (propertyNames as JsonObject) : {};
  const fitting = [...texts({ type: 'string', ...rule })].find((text) => admits(rule, true, text)) ?? 'name';
  const least = Math.min(Math.max(Number(schema['minProperties'] ?? 1), 1), MOST);
  return Array.from({ length: least }, (_, n) => (n === 0 ? fitting : `${fitting}${n + 1}`));
};

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-11-30',
  'date-time': '2026-11-30T09:00:00Z',
  time: '09:00:00',
  duration: 'PT5M',
  uuid: '123e4567-e89b-12d3-a456-426614174000',
  email: 'ann@example.org',
  uri: 'https://example.org/',
  hostname: 'example.org',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
};

function* texts(schema: JsonObject): Generator<string> {
  const known = FORMATS[String(schema['format'])];
  if (known !== undefined) yield known;
  if (schema['contentEncoding'] === 'base64') yield 'aGVsbG8=';
  const least = Math.min(Number(schema['minLength'] ?? 0), 200);
  const most = Number(schema['maxLength'] ?? 200);
  const fit = (text: string): string => text.padEnd(least, '.').slice(0, Math.max(most, 0));
  yield fit('text');
  // What patterns usually ask for.
  for (const text of ['a', 'A', 'abc', 'ABC', '1', '12', '123', '1234', '12345', 'a1', 'A1', 'AB-12', 'a-b', 'a_b', ''])
    yield fit(text);
  for (const text of [...Object.values(FORMATS), '1.0', '1.0.0', 'EUR', 'en', 'en-GB', '#ff8800', '+491701234567'])
    yield text;
}

function* numbers(schema: JsonObject): Generator<number> {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const bounds = [minimum, exclusiveMinimum, maximum, exclusiveMaximum].filter((one) => typeof one === 'number');
  const steps = typeof multipleOf === 'number' ? [multipleOf] : [];
  yield* [...steps, 1];
  for (const bound of bounds) yield* [bound, bound + 1, bound - 1];
  for (const step of steps)
    for (const bound of bounds) yield* [Math.ceil(bound / step) * step, (Math.floor(bound / step) + 1) * step];
  yield* [0, 10, 100, 0.5];
  if (bounds.length >= 2) yield (bounds[0]! + bounds.at(-1)!) / 2;
}
