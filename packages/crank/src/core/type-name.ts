import type { Json, JsonSchema } from './service.ts';

/** A schema in a few words for people: `string`, `list of integer`, `"a" | "b"`, `Address`. */
export const typeName = (schema: JsonSchema | undefined, depth = 0): string => {
  if (schema === undefined || schema === true) return 'any JSON';
  if (schema === false) return 'nothing';
  const { type, $ref, items } = schema;
  if (typeof $ref === 'string') return $ref.replace('#/$defs/', '');
  if (Object.hasOwn(schema, 'const')) return literal(schema['const']!);
  if (Array.isArray(schema['enum'])) return schema['enum'].map(literal).join(' | ');
  if (depth > 4) return '…';
  for (const keyword of ['anyOf', 'oneOf']) {
    const some = schema[keyword];
    if (Array.isArray(some))
      return [...new Set(some.map((each) => typeName(each as JsonSchema, depth + 1)))].join(' or ');
  }
  if (Array.isArray(type)) return type.join(' or ');
  if (type === 'array') {
    const first = schema['prefixItems'];
    if (Array.isArray(first)) return `[${first.map((each) => typeName(each as JsonSchema, depth + 1)).join(', ')}]`;
    return `list of ${typeName(items as JsonSchema | undefined, depth + 1)}`;
  }
  if (typeof type !== 'string') return 'any JSON';
  if (type === 'object' && typeof schema['additionalProperties'] === 'object' && schema['properties'] === undefined) {
    return `object of ${typeName(schema['additionalProperties'] as JsonSchema, depth + 1)}`;
  }
  const format = schema['format'] ?? (schema['contentEncoding'] === 'base64' ? 'base64' : undefined);
  return typeof format === 'string' ? `${type} (${format})` : type;
};

const literal = (value: Json): string => JSON.stringify(value);
