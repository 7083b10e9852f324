import type { JsonObject } from '#src/core/canonical-json.ts';
import type { Json, JsonSchema } from '#src/core/service.ts';
import { definition } from '../request/schema-types.ts';

/** A small value that a schema is likely to admit, for examples: what it says itself, else something plain of its type. */
export const schemaExample = (schema: JsonSchema | undefined, root: JsonSchema, depth = 0): Json => {
  if (schema === undefined || typeof schema === 'boolean' || depth > 8) return null;
  const { examples, type, $ref, properties, required } = schema;
  if (Object.hasOwn(schema, 'default')) return schema['default']!;
  if (Array.isArray(examples) && examples.length > 0) return examples[0] as Json;
  if (Object.hasOwn(schema, 'const')) return schema['const']!;
  if (Array.isArray(schema['enum'])) return schema['enum'][0] as Json;
  if (typeof $ref === 'string') return schemaExample(definition(root, $ref), root, depth + 1);
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    const some = schema[keyword];
    if (Array.isArray(some) && some.length > 0) return schemaExample(some[0] as JsonSchema, root, depth + 1);
  }
  switch (Array.isArray(type) ? type[0] : type) {
    case 'string':
      return text(schema);
    case 'integer':
    case 'number':
      return number(schema);
    case 'boolean':
      return true;
    case 'array': {
      const first = Array.isArray(schema['prefixItems']) ? (schema['prefixItems'] as JsonSchema[]) : [];
      if (first.length > 0) return first.map((item) => schemaExample(item, root, depth + 1));
      return [schemaExample(schema['items'] as JsonSchema | undefined, root, depth + 1)];
    }
    case 'object': {
      const wanted = Array.isArray(required) ? (required as string[]) : [];
      const all = (properties ?? {}) as Record<string, JsonSchema>;
      return Object.fromEntries(
        wanted.map((name) => [name, schemaExample(Object.hasOwn(all, name) ? all[name] : undefined, root, depth + 1)]),
      );
    }
    default:
      return null;
  }
};

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-11-30',
  'date-time': '2026-11-30T09:00:00Z',
  time: '09:00:00',
  duration: 'PT5M',
  uuid: '123e4567-e89b-12d3-a456-426614174000',
  email: 'ann@example.org',
  uri: 'https://example.org/',
};

const text = (schema: JsonObject): string => {
  const known = FORMATS[String(schema['format'])];
  if (known !== undefined) return known;
  if (schema['contentEncoding'] === 'base64') return 'aGVsbG8=';
  return 'text'.padEnd(Math.min(Number(schema['minLength'] ?? 0), 80), '.');
};

const number = (schema: JsonObject): number => {
  const least =
    schema['minimum'] ?? (typeof schema['exclusiveMinimum'] === 'number' ? schema['exclusiveMinimum'] + 1 : undefined);
  if (typeof least === 'number') return Math.max(least, 1);
  return typeof schema['maximum'] === 'number' ? Math.min(schema['maximum'], 1) : 1;
};
