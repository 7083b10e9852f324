import type { Json, JsonSchema } from '#src/core/service.ts';
import { quote } from './findings.ts';
import { checkedFormats, informativeFormats } from './schema-formats.ts';
import { knownPatterns } from './schema-patterns.ts';

/** Bounds of one schema. The gateway compiles it, so its author must not be able to make that dear. */
const schemaLimits = { bytes: 64 * 1024, depth: 24, nodes: 5_000, references: 16, descriptionBytes: 8 * 1024 };

const TYPES = new Set(['null', 'boolean', 'integer', 'number', 'string', 'array', 'object']);
const DEFINITION = /^[A-Za-z0-9_.-]{1,128}$/;

interface Admission {
  nodes: number;
  readonly wrong: string[];
  readonly remarks: string[];
  readonly references: { readonly to: string; readonly at: string }[];
}
type Reader = (value: Json, at: string, depth: number, admission: Admission) => Json | undefined;

const refuse = (admission: Admission, at: string, message: string): undefined => {
  if (admission.wrong.length < 20)
    admission.wrong.push(`${at === '' ? 'at its top' : `at ${at.slice(0, 200)}`}: ${message}`);
  return undefined;
};

const text: Reader = (value, at, _depth, admission) => {
  if (typeof value !== 'string') return refuse(admission, at, 'is not text');
  return cutText(value, schemaLimits.descriptionBytes);
};
const flag: Reader = (value, at, _depth, admission) =>
  typeof value === 'boolean' ? value : refuse(admission, at, 'is neither true nor false');
const count: Reader = (value, at, _depth, admission) =>
  Number.isSafeInteger(value) && (value as number) >= 0
    ? value
    : refuse(admission, at, 'is not a whole number of at least 0');
const number: Reader = (value, at, _depth, admission) =>
  typeof value === 'number' && Number.isFinite(value) ? value : refuse(admission, at, 'is not a finite number');
const positive: Reader = (value, at, depth, admission) =>
  typeof value === 'number' && value <= 0
    ? refuse(admission, at, 'is not above 0')
    : number(value, at, depth, admission);

/** Any JSON, copied within the bounds. */
const literal: Reader = (value, at, depth, admission) => {
  if (!enter(at, depth, admission)) return undefined;
  if (typeof value === 'number') return number(value, at, depth, admission);
  if (typeof value === 'string')
    return value.isWellFormed() ? value : refuse(admission, at, 'is not well-formed Unicode');
  if (value === null || typeof value === 'boolean') return value;
  if (isList(value)) return value.map((item, i) => literal(item, `${at}/${i}`, depth + 1, admission) ?? null);
  return copyMembers(value, at, admission, (member, where) => literal(member, where, depth + 1, admission));
};

const literals: Reader = (value, at, depth, admission) =>
  isList(value) && value.length > 0
    ? literal(value, at, depth, admission)
    : refuse(admission, at, 'is not a list with values');

const names: Reader = (value, at, depth, admission) => {
  if (!isList(value) || !value.every((name) => typeof name === 'string') || new Set(value).size !== value.length)
    return refuse(admission, at, 'is not a list of different names');
  return literal(value, at, depth, admission);
};

const type: Reader = (value, at, _depth, admission) => {
  const types = isList(value) ? value : [value];
  const known = types.every((name) => typeof name === 'string' && TYPES.has(name));
  return known && types.length > 0 && new Set(types).size === types.length
    ? isList(value)
      ? [...types]
      : types[0]
    : refuse(admission, at, 'is not a type of JSON Schema');
};

const format: Reader = (value, at, _depth, admission) => {
  if (typeof value !== 'string') return refuse(admission, at, 'is not text');
  if (Object.hasOwn(checkedFormats, value) || informativeFormats.has(value)) return value;
  if (admission.remarks.length < 20) admission.remarks.push(`the format ${quote(value)} is not known and is left out`);
  return undefined;
};

const pattern: Reader = (value, at, _depth, admission) =>
  typeof value === 'string' && knownPatterns.has(value)
    ? value
    : refuse(admission, at, 'is none of the known patterns');

const reference: Reader = (value, at, _depth, admission) => {
  const to = typeof value === 'string' ? /^#\/\$defs\/([A-Za-z0-9_.-]{1,128})$/.exec(value)?.[1] : undefined;
  if (to === undefined) return refuse(admission, at, 'refers to something other than #/$defs/NAME');
  admission.references.push({ to, at });
  return value;
};

const schema: Reader = (value, at, depth, admission) => {
  if (!enter(at, depth, admission)) return undefined;
  if (typeof value === 'boolean') return value;
  if (value === null || typeof value !== 'object' || isList(value)) return refuse(admission, at, 'is not a schema');
  if (depth > 0 && Object.hasOwn(value, '$defs')) return refuse(admission, at, '$defs may stand at the top only');
  return copyMembers(value, at, admission, (member, where, keyword) => {
    const reader = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
    if (reader !== undefined) return reader(member, where, depth, admission);
    return refuse(admission, at, `the keyword ${quote(keyword)} is not allowed`);
  });
};
const inner: Reader = (value, at, depth, admission) => schema(value, at, depth + 1, admission);
const schemas: Reader = (value, at, depth, admission) => {
  if (!isList(value) || value.length === 0) return refuse(admission, at, 'is not a list of schemas');
  return value.map((item, i) => inner(item, `${at}/${i}`, depth, admission) ?? true);
};
const schemaMap: Reader = (value, at, depth, admission) => {
  if (value === null || typeof value !== 'object' || isList(value))
    return refuse(admission, at, 'is not an object of schemas');
  return copyMembers(value, at, admission, (member, where) => inner(member, where, depth, admission));
};
const definitions: Reader = (value, at, depth, admission) => {
  const bad = Object.keys(Object(value)).find((name) => !DEFINITION.test(name));
  return bad === undefined
    ? schemaMap(value, at, depth, admission)
    : refuse(admission, at, `the name ${quote(bad)} is not allowed`);
};

const KEYWORDS: Readonly<Record<string, Reader>> = {
  type,
  properties: schemaMap,
  required: names,
  additionalProperties: inner,
  propertyNames: inner,
  items: inner,
  prefixItems: schemas,
  anyOf: schemas,
  oneOf: schemas,
  allOf: schemas,
  $ref: reference,
  $defs: definitions,
  enum: literals,
  const: literal,
  default: literal,
  examples: literals,
  minItems: count,
  maxItems: count,
  minLength: count,
  maxLength: count,
  minProperties: count,
  maxProperties: count,
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  exclusiveMaximum: number,
  multipleOf: positive,
  uniqueItems: flag,
  deprecated: flag,
  title: text,
  description: text,
  contentEncoding: text,
  contentMediaType: text,
  format,
  pattern,
};

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

const enter = (at: string, depth: number, admission: Admission): boolean => {
  if (++admission.nodes === schemaLimits.nodes + 1)
    refuse(admission, '', `it has more than ${schemaLimits.nodes} parts`);
  if (admission.nodes > schemaLimits.nodes) return false;
  if (depth <= schemaLimits.depth) return true;
  refuse(admission, at, `it is nested deeper than ${schemaLimits.depth} levels`);
  return false;
};

/** Copies an object without the members that `read` refused. `__proto__` would change the copy itself. */
const copyMembers = (
  value: { readonly [key: string]: Json },
  at: string,
  admission: Admission,
  read: (member: Json, at: string, name: string) => Json | undefined,
): Json => {
  const copy: Record<string, Json> = {};
  for (const [name, member] of Object.entries(value)) {
    if (name === '__proto__' || !name.isWellFormed() || name.length > 1_024) {
      refuse(admission, at, `the name ${quote(name)} is not allowed`);
      continue;
    }
    const kept = read(member, `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, name);
    if (kept !== undefined) copy[name] = kept;
  }
  return copy;
};

/** Text of at most `max` bytes of UTF-8, cut between characters. */
export const cutText = (value: string, max: number): string => {
  const bytes = Buffer.from(value.toWellFormed());
  if (bytes.length <= max) return value.toWellFormed();
  let end = max;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
};

/**
 * Checks a JSON Schema that comes from a sandbox and copies what is allowed: the keywords above, local references that
 * resolve and do not go in circles without going into the value, all within `schemaLimits`. Of `pattern`
 * only those that are known: expressions of others would run here.
 *
 * @returns the copy, or what is wrong with it: short texts that say where
 */
export const admitSchema = (value: unknown): { schema: JsonSchema; remarks: string[] } | { wrong: string[] } => {
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? '');
  if (bytes > schemaLimits.bytes) return { wrong: [`it has ${bytes} bytes, more than ${schemaLimits.bytes}`] };
  const admission: Admission = { nodes: 0, wrong: [], remarks: [], references: [] };
  const copy = schema(value as Json, '', 0, admission) as JsonSchema | undefined;
  const root = typeof copy === 'object' ? copy : {};
  const defs = (root['$defs'] ?? {}) as Record<string, Json>;
  for (const { to, at } of admission.references)
    if (!Object.hasOwn(defs, to)) refuse(admission, at, `refers to #/$defs/${to}, which is not there`);
  if (admission.wrong.length === 0) {
    const longest = referenceChain([root, ...Object.values(defs)], defs);
    if (longest > schemaLimits.references)
      refuse(
        admission,
        '',
        longest === Infinity ? 'it refers to itself in a circle' : 'it has too long a chain of references',
      );
  }
  if (copy === undefined || admission.wrong.length > 0) return { wrong: admission.wrong };
  return { schema: copy, remarks: admission.remarks };
};

/** The most references followed for one value without going into its parts; infinite where they go in a circle. */
const referenceChain = (starts: readonly Json[], defs: Readonly<Record<string, Json>>): number => {
  const lengths = new Map<string, number>();
  const open = new Set<string>();
  const measure = (node: Json | undefined): number => {
    if (typeof node !== 'object' || node === null) return 0;
    const { $ref, anyOf = [], oneOf = [], allOf = [] } = node as Record<string, Json>;
    let longest = 0;
    for (const part of [anyOf, oneOf, allOf].flat()) longest = Math.max(longest, measure(part as Json));
    if (typeof $ref !== 'string') return longest;
    const name = $ref.slice('#/$defs/'.length);
    if (open.has(name)) return Infinity;
    let known = lengths.get(name);
    if (known === undefined) {
      // A chain this long is refused anyway; going on would only deepen the stack.
      if (open.size > 2 * schemaLimits.references) return schemaLimits.references + 1;
      open.add(name);
      known = 1 + measure(defs[name]);
      open.delete(name);
      lengths.set(name, known);
    }
    return Math.max(longest, known);
  };
  return Math.max(...starts.map(measure), 0);
};
