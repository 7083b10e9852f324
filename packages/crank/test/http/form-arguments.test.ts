import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '#src/core/service.ts';
import { formArguments } from '#src/doors/http/request/form-arguments.ts';

const read = (
  name: string,
  text: string | Buffer,
  schema: JsonSchema | undefined,
  json = false,
): string | undefined => {
  const properties: Record<string, JsonSchema> = schema === undefined ? {} : { [name]: schema };
  const root: JsonSchema = { type: 'object', properties, $defs: { Text: { type: 'string' }, Size: { enum: [1, 2] } } };
  return formArguments([{ name, bytes: Buffer.from(text), json }], root).get(name);
};

describe('form fields as arguments', () => {
  it.each([
    ['text for a string', '123', { type: 'string' }, '"123"'],
    ['text that looks like JSON, for a string', '{"a":1}', { type: 'string' }, '"{\\"a\\":1}"'],
    ['text for a string or null', 'null', { anyOf: [{ type: 'string' }, { type: 'null' }] }, '"null"'],
    ['text for a string behind a reference', '1', { $ref: '#/$defs/Text' }, '"1"'],
    ['text for a choice of strings', '1', { enum: ['1', '2'] }, '"1"'],
    ['a number, digit for digit', '12345678901234567890.10', { type: 'number' }, '12345678901234567890.10'],
    ['a choice of numbers', '2', { $ref: '#/$defs/Size' }, '2'],
    ['a list', '[1, 2]', { type: 'array' }, '[1, 2]'],
    ['what is no number, for the validator to refuse', 'abc', { type: 'integer' }, '"abc"'],
    ['JSON for an argument of any kind', 'true', true, 'true'],
    ['text for an argument of any kind', 'yes', true, '"yes"'],
    ['a number or a string', '1', { type: ['string', 'integer'] }, '1'],
    ['nothing', '', { type: 'integer' }, '""'],
    ['an argument that is not declared', '[]', undefined, '[]'],
  ] as [string, string, JsonSchema | undefined, string][])('takes %s', (_what, text, schema, expected) => {
    expect(read('x', text, schema)).toBe(expected);
  });

  it('believes a part that calls itself JSON', () => {
    expect(read('x', '"7"', { type: 'string' }, true)).toBe('"7"');
    expect(() => read('x', 'seven', { type: 'string' }, true)).toThrow(/not JSON/);
  });

  it('refuses bytes that are not UTF-8 and JSON that is too deep', () => {
    expect(() => read('x', Buffer.from([0xff]), true)).toThrow(/not UTF-8/);
    expect(() => read('x', '['.repeat(200), true)).toThrow(/deeper/);
  });

  it('makes an array of a field given several times', () => {
    const field = (text: string) => ({ name: 'x', bytes: Buffer.from(text), json: false });
    expect(formArguments([field('1'), field('b')], { type: 'object' }).get('x')).toBe('[1,"b"]');
  });

  const closed: JsonSchema = { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: false };
  const input = (text: string) => ({ name: 'input', bytes: Buffer.from(text), json: false });

  it('takes all arguments in a field "input", digit for digit', () => {
    expect([...formArguments([input('{"a": 1.0, "b": [1e400, -0]}')], closed)]).toEqual([
      ['a', '1.0'],
      ['b', '[1e400,-0]'],
    ]);
    expect(() => formArguments([input('[]')], closed)).toThrow(/no JSON object/);
    const twice = [input('{"a":1}'), { name: 'a', bytes: Buffer.from('2'), json: false }];
    expect(() => formArguments(twice, closed)).toThrow(/given twice/);
  });

  it('leaves "input" alone where it may be an argument', () => {
    expect([...formArguments([input('{"a":1}')], { type: 'object' })]).toEqual([['input', '{"a":1}']]);
  });

  it('keeps names that mean something to JavaScript', () => {
    const fields = ['__proto__', 'constructor'].map((name) => ({ name, bytes: Buffer.from('1'), json: false }));
    expect([...formArguments(fields, closed).keys()]).toEqual(['__proto__', 'constructor']);
  });
});
