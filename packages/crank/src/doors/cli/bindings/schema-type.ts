import type { Json, JsonSchema } from '#src/core/service.ts';

/** How a `$ref` is written, such as the name of an interface. */
export type NameOf = (reference: string) => string;

export interface TypeStyle {
  nameOf: NameOf;
  /** Keys of the schema that a `$ref` names; where they are known, later parts of an `allOf` may narrow them. */
  keysOf?: (reference: string) => readonly string[];
  /** Of members that may be absent: whether `undefined` may stand for that. What is sent may, what comes has none. */
  sent?: boolean;
}

/** The TypeScript type of what a JSON Schema (2020-12) admits. What types cannot say, such as bounds, is left out. */
export const schemaType = (schema: JsonSchema, style: TypeStyle, indent = ''): string => {
  if (typeof schema === 'boolean') return schema ? 'unknown' : 'never';
  if (typeof schema['$ref'] === 'string') return style.nameOf(schema['$ref']);
  if ('const' in schema) return literal(schema['const']!);
  if (Array.isArray(schema['enum'])) return union(schema['enum'].map(literal));
  for (const word of ['anyOf', 'oneOf'] as const)
    if (Array.isArray(schema[word]))
      return union((schema[word] as JsonSchema[]).map((each) => schemaType(each, style, indent)));
  if (Array.isArray(schema['allOf'])) return intersection(schema['allOf'] as JsonSchema[], style, indent);
  const types = [schema['type'] ?? []].flat() as string[];
  if (types.length === 0) return schema['properties'] === undefined ? 'unknown' : objectType(schema, style, indent);
  return union(types.map((type) => typed(type, schema, style, indent)));
};

const typed = (type: string, schema: Exclude<JsonSchema, boolean>, style: TypeStyle, indent: string): string => {
  switch (type) {
    case 'integer':
      return style.sent ? 'number | bigint' : 'number';
    case 'array':
      return arrayType(schema, style, indent);
    case 'object':
      return objectType(schema, style, indent);
    default:
      return type; // string, number, boolean and null are called so in both
  }
};

const arrayType = (schema: Exclude<JsonSchema, boolean>, style: TypeStyle, indent: string): string => {
  const first = schema['prefixItems'] as JsonSchema[] | undefined;
  const items = schema['items'] as JsonSchema | undefined;
  if (first === undefined) return `${atom(schemaType(items ?? true, style, indent))}[]`;
  const least = (schema['minItems'] as number | undefined) ?? 0;
  const members = first.map((each, index) => {
    const type = schemaType(each, style, indent);
    return index < least ? type : `${atom(type)}?`;
  });
  if (items !== false) members.push(`...${atom(schemaType(items ?? true, style, indent))}[]`);
  return `[${members.join(', ')}]`;
};

const objectType = (schema: Exclude<JsonSchema, boolean>, style: TypeStyle, indent: string): string => {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
  const more = schema['additionalProperties'] as JsonSchema | undefined;
  if (properties.length === 0) {
    if (more === false) return 'Record<string, never>';
    return `Record<string, ${more === undefined ? 'unknown' : schemaType(more, style, indent)}>`;
  }
  const required = new Set((schema['required'] ?? []) as string[]);
  const inner = `${indent}  `;
  const lines = properties.flatMap(([name, each]) => [
    ...comment(typeof each === 'object' ? (each['description'] as string | undefined) : undefined, inner),
    `${inner}${memberName(name)}${required.has(name) ? '' : '?'}: ${schemaType(each, style, inner)}${!required.has(name) && style.sent ? ' | undefined' : ''};`,
  ]);
  // TypeScript wants an index to cover all members, so what else there may be cannot be typed beside them.
  if (typeof more === 'object') lines.push(`${inner}[member: string]: unknown;`);
  return `{\n${lines.join('\n')}\n${indent}}`;
};

const intersection = (parts: readonly JsonSchema[], style: TypeStyle, indent: string): string =>
  parts
    .map((part, index) => {
      const type = schemaType(part, style, indent);
      const reference = typeof part === 'object' ? part['$ref'] : undefined;
      if (typeof reference !== 'string' || style.keysOf === undefined) return atom(type);
      const keys = style.keysOf(reference);
      const said = parts
        .slice(index + 1)
        .flatMap((later) => (typeof later === 'object' ? Object.keys(later['properties'] ?? {}) : []));
      const narrowed = said.filter((key) => keys.includes(key));
      return narrowed.length === 0 ? type : `Omit<${type}, ${union(narrowed.map(literal))}>`;
    })
    .join(' & ');

/** A doc comment of some text, in lines that are no longer than they have to be. */
export const comment = (text: string | undefined, indent = ''): string[] => {
  const lines = (text ?? '').trim().replaceAll('*/', '* /').split('\n');
  if (lines.length === 1) return lines[0] === '' ? [] : [`${indent}/** ${lines[0]} */`];
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`];
};

/** A name as a member of an object type. */
export const memberName = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name));

export const literal = (value: Json): string => {
  if (typeof value === 'string')
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  return typeof value === 'object' && value !== null ? 'unknown' : JSON.stringify(value);
};

const union = (types: readonly string[]): string => {
  const each = [...new Set(types.flatMap((type) => (/[{[(<']/.test(type) ? [type] : type.split(' | '))))];
  return each.includes('unknown') ? 'unknown' : each.join(' | ') || 'never';
};

/** In brackets where an operator beside it would take it apart. */
const atom = (type: string): string => (/^(\w+(\[\])*|\[[^|&]*\]|\{[^|&]*\}(\[\])*)$/s.test(type) ? type : `(${type})`);
