import { describe, expect, test } from 'vitest';
import type { Operation } from '#src/core/service.ts';
import { argumentText } from '#src/doors/cli/argument-text.ts';

const file = { type: 'object', properties: { name: {}, base64: {} } };
const operation = {
  input: {
    type: 'object',
    properties: {
      title: { type: 'string' },
      count: { type: 'integer' },
      either: { type: ['string', 'number'] },
      infile: { anyOf: [{ $ref: '#/$defs/File' }, { type: 'string' }] },
      choice: { enum: ['1', 2] },
      any: {},
    },
    $defs: { File: file },
  },
} as unknown as Operation;

describe('-a NAME=VALUE', () => {
  test.each<[string, string, string]>([
    ['title', '2024', '"2024"'],
    ['title', '{"a":1}', '"{\\"a\\":1}"'],
    ['title', '"quoted"', '"quoted"'],
    ['title', 'plain', '"plain"'],
    ['count', '5', '5'],
    ['count', 'five', '"five"'],
    ['either', '1.50', '1.50'],
    ['infile', '[1]', '"[1]"'],
    ['infile', '{"name":"a","base64":""}', '{"name":"a","base64":""}'],
    ['choice', '2', '2'],
    ['any', '[1]', '[1]'],
    ['unknown', '7', '7'],
  ])('%s=%s is %s', (name, value, text) => {
    expect(argumentText(value, name, operation)).toBe(text);
  });

  test('is JSON where it reads as JSON, of an operation that is not known', () => {
    expect(argumentText('2024', 'title', undefined)).toBe('2024');
  });
});
