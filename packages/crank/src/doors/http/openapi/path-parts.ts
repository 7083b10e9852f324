import type { JsonSchema } from '#src/core/service.ts';
import { errors, ref } from './components.ts';

// What the descriptions of paths are put together from.

export const query = (name: string, description: string) => ({
  name,
  in: 'query',
  description,
  schema: { type: 'string' },
});
export const inPath = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } });
export const json = (schema: JsonSchema) => ({ content: { 'application/json': { schema } } });
export const ok = (description: string, schema: JsonSchema) => ({ description, ...json(schema) });
export const plain = (description: string, type = 'text/plain') => ({
  description,
  content: { [type]: { schema: { type: 'string' } } },
});
export const page = (name: string, schema: string): JsonSchema => ({
  type: 'object',
  properties: {
    [name]: { type: 'array', items: ref(schema) },
    cursor: { type: ['string', 'null'], description: 'For the next page.' },
  },
  required: [name, 'cursor'],
});
export const all = (name: string, schema: string): JsonSchema => ({
  type: 'object',
  properties: { [name]: { type: 'array', items: ref(schema) } },
  required: [name],
});

export const open = { security: [] };
export const either = { security: [{}, { key: [] }] };
export const refused = errors(401, 403, 429);
export const refusedOrNone = errors(401, 403, 404, 429);

export const period = [
  query('from', 'From this time on, RFC 3339 or a date.'),
  query('to', 'Before this time.'),
  query('kind', '`call`, `opening`, `act`, or what an act did, such as `service.deploy`.'),
  query('service', 'Only those of one service.'),
];
export const cursor = query('cursor', 'From the page before.');
