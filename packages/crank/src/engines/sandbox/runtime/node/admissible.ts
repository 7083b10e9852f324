import type { Schema } from './forms.ts';

/** What `engines/packaging/admit-schema.ts` takes, by what stands there: one schema, several, several by name, or a value. */
const one = ['additionalProperties', 'propertyNames', 'items'];
const several = ['prefixItems', 'anyOf', 'oneOf', 'allOf'];
const named = ['properties', '$defs'];
const plain = new Set([
  ...[
    'type',
    'required',
    '$ref',
    'enum',
    'const',
    'default',
    'examples',
    'minItems',
    'maxItems',
    'minLength',
    'maxLength',
  ],
  ...['minProperties', 'maxProperties', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['uniqueItems', 'deprecated', 'title', 'description', 'contentEncoding', 'contentMediaType', 'format'],
]);

/**
 * A library's schema without what the platform does not check, such as patterns: the library checks the input once more, so
 * that nothing is let through.
 */
export const admissible = (schema: unknown): unknown => {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema;
  const kept: Schema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (plain.has(keyword)) kept[keyword] = value;
    else if (one.includes(keyword)) kept[keyword] = admissible(value);
    else if (several.includes(keyword) && Array.isArray(value)) kept[keyword] = value.map(admissible);
    else if (named.includes(keyword) && typeof value === 'object' && value !== null)
      kept[keyword] = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, admissible(inner)]));
  }
  return kept;
};
