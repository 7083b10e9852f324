/** JSON Schema 2020-12, as far as forms read it. */
export type Schema = Readonly<Record<string, unknown>>;

/** What a value is asked for with. */
export type Field =
  | { kind: 'text' | 'number' | 'integer' | 'flag' | 'json' }
  | { kind: 'choice'; options: readonly unknown[] }
  | { kind: 'list'; item: Schema }
  | { kind: 'object'; members: readonly (readonly [name: string, schema: Schema])[] }
  | { kind: 'union'; variants: readonly Schema[] }
  | { kind: 'nullable'; inner: Schema };

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Follows a local `$ref` (JSON Pointer, RFC 6901), and takes a lone member of `allOf` for the schema itself. */
export const resolved = (schema: unknown, root: Schema): Schema => {
  let now: Schema = isSchema(schema) ? schema : {};
  for (let depth = 0; depth < 16; depth++) {
    const { $ref, allOf, ...beside } = now;
    if (typeof $ref === 'string' && $ref.startsWith('#')) now = { ...at($ref, root), ...beside };
    else if (Array.isArray(allOf) && allOf.length === 1 && isSchema(allOf[0])) now = { ...allOf[0], ...beside };
    else break;
  }
  return now;
};

const at = (pointer: string, root: Schema): Schema => {
  let now: unknown = root;
  for (const part of pointer.split('/').slice(1))
    now = isSchema(now) ? now[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  return isSchema(now) ? now : {};
};

/** What numbers that JSON lacks are written as. */
export const NOT_FINITE = ['NaN', 'Infinity', '-Infinity'];

/** A Python float: a number, or one of these texts. */
const isFloat = (variants: readonly Schema[]): boolean =>
  variants.length === 2 &&
  variants.some(({ type }) => type === 'number') &&
  variants.some(
    (one) => Array.isArray(one['enum']) && one['enum'].every((each) => NOT_FINITE.includes(each as string)),
  );

const isNull = (schema: Schema): boolean => schema['type'] === 'null' || schema['const'] === null;

/** How a value of a schema is asked for. What nothing else fits is asked for as JSON. */
export const fieldOf = (given: Schema, root: Schema): Field => {
  const schema = resolved(given, root);
  const { type } = schema;
  if (Array.isArray(schema['enum'])) {
    const options = schema['enum'] as unknown[];
    return options.includes(null) && options.length > 1
      ? { kind: 'nullable', inner: { ...schema, enum: options.filter((one) => one !== null) } }
      : { kind: 'choice', options };
  }
  if ('const' in schema) return { kind: 'choice', options: [schema['const']] };
  if (Array.isArray(type)) {
    const types = (type as string[]).filter((one) => one !== 'null');
    const variants = types.map((one) => ({ ...schema, type: one }));
    const inner = variants.length === 1 ? variants[0]! : { anyOf: variants };
    return types.length < type.length ? { kind: 'nullable', inner } : fieldOf(inner, root);
  }
  const variants = (schema['anyOf'] ?? schema['oneOf']) as unknown;
  if (Array.isArray(variants)) {
    const all = variants.map((one) => resolved(one, root));
    const others = all.filter((one) => !isNull(one));
    const inner = others.length === 1 ? { ...others[0]! } : { anyOf: others };
    if (others.length < all.length) return { kind: 'nullable', inner };
    if (isFloat(others)) return { kind: 'number' };
    return others.length === 1 ? fieldOf(inner, root) : { kind: 'union', variants: others };
  }
  switch (type) {
    case 'string':
      return { kind: 'text' };
    case 'number':
      return { kind: 'number' };
    case 'integer':
      return { kind: 'integer' };
    case 'boolean':
      return { kind: 'flag' };
    case 'array':
      return isSchema(schema['items']) && schema['prefixItems'] === undefined
        ? { kind: 'list', item: schema['items'] }
        : { kind: 'json' };
    case 'object': {
      const members = Object.entries((schema['properties'] ?? {}) as Record<string, unknown>);
      return members.length > 0
        ? { kind: 'object', members: members.map(([name, one]) => [name, isSchema(one) ? one : {}] as const) }
        : { kind: 'json' };
    }
    default:
      return { kind: 'json' };
  }
};

/** A short name for what a value is, for people. */
export const typeOf = (given: Schema, root: Schema): string => {
  const schema = resolved(given, root);
  const field = fieldOf(schema, root);
  switch (field.kind) {
    case 'choice':
      return 'one of';
    case 'nullable':
      return `${typeOf(field.inner, root)} or null`;
    case 'union':
      return field.variants.map((one) => String(one['title'] ?? typeOf(one, root))).join(' or ');
    case 'list':
      return `list of ${typeOf(field.item, root)}`;
    case 'flag':
      return 'yes or no';
    case 'text':
      return String(schema['format'] ?? 'text');
    case 'json':
      return schema['type'] === undefined ? 'any JSON' : `${String(schema['type'])} as JSON`;
    default:
      return field.kind;
  }
};
