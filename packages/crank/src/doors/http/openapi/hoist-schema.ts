import type { Json, JsonSchema } from '#src/core/service.ts';

/** Schemas by name, as they stand under `components`. */
export type Schemas = Record<string, JsonSchema>;

const MAPS = new Set(['properties', 'patternProperties', 'dependentSchemas']);
const LISTS = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const SINGLES = new Set(['items', 'additionalProperties', 'propertyNames', 'contains', 'not', 'if', 'then', 'else']);

/**
 * A schema for use within a larger document: its `$defs` move to `schemas` under `<prefix>.<name>`, and references with
 * them, since `#/$defs/...` would be looked for at the document's root. Values (`default`, `enum`, ...) stay untouched.
 */
export const hoistSchema = (schema: JsonSchema, prefix: string, schemas: Schemas): JsonSchema => {
  const move = (part: JsonSchema): JsonSchema => {
    if (typeof part === 'boolean') return part;
    const moved = Object.entries(part)
      .filter(([keyword]) => keyword !== '$defs')
      .map(([keyword, value]): [string, Json] => {
        if (keyword === '$ref') return [keyword, String(value).replace('#/$defs/', `#/components/schemas/${prefix}.`)];
        if (LISTS.has(keyword)) return [keyword, (value as JsonSchema[]).map(move)];
        if (SINGLES.has(keyword)) return [keyword, move(value as JsonSchema)];
        if (!MAPS.has(keyword)) return [keyword, value];
        return [
          keyword,
          Object.fromEntries(Object.entries(value as Schemas).map(([name, each]) => [name, move(each)])),
        ];
      });
    return Object.fromEntries(moved);
  };
  if (typeof schema === 'object') {
    for (const [name, each] of Object.entries((schema['$defs'] ?? {}) as Schemas))
      schemas[`${prefix}.${name}`] = move(each);
  }
  return move(schema);
};
