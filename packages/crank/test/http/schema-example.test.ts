import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonSchema } from '#src/core/service.ts';
import { exampleArguments } from '#src/doors/http/view/operation-example.ts';
import { schemaExample } from '#src/doors/http/view/schema-example.ts';
import { compileValidator } from '#src/engines/packaging/compile-schema.ts';
import { operation, takes } from './stand-in.ts';

const schemas: [string, JsonSchema][] = [
  ['a bounded integer', { type: 'integer', minimum: 5, exclusiveMaximum: 7 }],
  ['a negative number', { type: 'number', maximum: -2.5 }],
  ['a narrow number', { type: 'number', exclusiveMinimum: 0.2, exclusiveMaximum: 0.3 }],
  ['a multiple', { type: 'integer', minimum: 11, multipleOf: 5 }],
  ['a long text', { type: 'string', minLength: 30 }],
  ['a short text', { type: 'string', maxLength: 2 }],
  ['a date and time', { type: 'string', format: 'date-time' }],
  ['a currency', { type: 'string', pattern: '^[A-Z]{3}$' }],
  ['a colour', { type: 'string', pattern: '^#[0-9a-f]{6}$' }],
  ['a list of three', { type: 'array', items: { type: 'string' }, minItems: 3 }],
  ['a set', { type: 'array', items: { type: 'integer' }, minItems: 3, uniqueItems: true }],
  ['an empty list', { type: 'array', maxItems: 0 }],
  ['a pair', { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false, minItems: 2 }],
  ['a map', { type: 'object', additionalProperties: { type: 'integer' } }],
  ['something that may be missing', { anyOf: [{ type: 'null' }, { type: 'integer' }] }],
  ['a decimal', { anyOf: [{ type: 'string' }, { type: 'number' }] }],
  ['one of some', { enum: ['b', 'a'] }],
  ['a default that is none', { type: 'string', default: null }],
  ['what the author shows', { type: 'string', minLength: 3, examples: ['x', 'right'] }],
  [
    'a tree',
    {
      $ref: '#/$defs/Node',
      $defs: {
        Node: {
          type: 'object',
          properties: { value: { type: 'integer' }, children: { type: 'array', items: { $ref: '#/$defs/Node' } } },
          required: ['value', 'children'],
        },
      },
    },
  ],
];

describe('an example made from a schema', () => {
  it.each(schemas)('is admitted: %s', (_, schema) => {
    expect(compileValidator(schema)(schemaExample(schema, schema))).toEqual([]);
  });

  it('is what the author shows, where that fits', () => {
    expect(schemaExample(schemas.find(([name]) => name === 'what the author shows')![1], true)).toBe('right');
  });

  it('says more than null, and a number where a decimal may be either', () => {
    expect(schemaExample({ anyOf: [{ type: 'null' }, { type: 'integer' }] }, true)).toBe(1);
    expect(schemaExample({ anyOf: [{ type: 'string' }, { type: 'number' }] }, true)).toBe(1);
  });
});

describe('example arguments', () => {
  it('are those that must be given and those with an example', () => {
    const input = takes(
      { a: { type: 'integer' }, b: { type: 'string', examples: ['b!'] }, c: { type: 'string' } },
      { required: ['a'] },
    );
    expect(exampleArguments(operation('f', { input })).values).toEqual({ a: 1, b: 'b!' });
  });

  it('leave out what does not fit together', () => {
    const input = { ...(takes({ a: { type: 'string', examples: ['x'] } }) as JsonObject), maxProperties: 0 };
    expect(exampleArguments(operation('f', { input })).values).toEqual({});
  });

  it('are the author’s own where the manifest has some', () => {
    const input = takes({ table: true, by: { type: 'string' } }, { required: ['table', 'by'] });
    const given = operation('f', { input, files: ['table'], example: { table: 'orders.csv', by: 'category' } });
    expect(exampleArguments(given)).toEqual({ values: { by: 'category' }, files: { table: 'orders.csv' } });
  });
});
