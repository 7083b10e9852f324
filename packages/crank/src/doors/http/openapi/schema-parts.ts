import type { JsonObject, JsonSchema } from '#src/core/service.ts';

// What the schemas of administrative answers are put together from.

export const text = { type: 'string' } as const;
export const count = { type: 'integer', minimum: 0 } as const;
export const time = { type: 'string', format: 'date-time' } as const;
export const flag = { type: 'boolean' } as const;
/** 1 is the whole. */
export const share = { type: 'number', minimum: 0, maximum: 1 } as const;
export const orNull = (schema: JsonObject): JsonObject => ({ ...schema, type: [schema['type'] as string, 'null'] });
export const list = (items: JsonSchema): JsonObject => ({ type: 'array', items });
export const object = (properties: Record<string, JsonSchema>, optional: readonly string[] = []): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});
export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
