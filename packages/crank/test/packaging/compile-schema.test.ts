import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonSchema } from '#src/core/service.ts';
import { admitSchema } from '#src/engines/packaging/admit-schema.ts';
import { compileValidator } from '#src/engines/packaging/compile-schema.ts';
import { countParts, fuelFor } from '#src/engines/packaging/schema-fuel.ts';

const check = (schema: JsonSchema, value: unknown) => {
  const admitted = admitSchema(schema);
  if ('wrong' in admitted) throw new Error(admitted.wrong.join());
  return compileValidator(admitted.schema)(value);
};
const person: JsonSchema = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 5 },
    age: { type: 'integer', minimum: 0 },
    mood: { enum: ['good', 'bad'] },
    born: { anyOf: [{ type: 'string', format: 'date' }, { type: 'null' }] },
    boss: { anyOf: [{ $ref: '#/$defs/Person' }, { type: 'null' }] },
    id: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
    tags: { type: 'array', items: { type: 'string' }, uniqueItems: true, maxItems: 3 },
    data: { type: 'string', contentEncoding: 'base64' },
    'a/b~c': { type: 'null' },
  },
  required: ['name'],
  additionalProperties: false,
  $defs: {
    Person: {
      type: 'object',
      properties: { name: { type: 'string' } },
      required: ['name'],
      additionalProperties: false,
    },
  },
};

describe('messages say where, what was expected and what was given', () => {
  test.each<[unknown, { pointer: string; message: string }[]]>([
    [{ name: 'Ada' }, []],
    [{ name: 'Ada', boss: { name: 'Bo' }, id: 'x', tags: ['a', 'b'], born: '2024-02-29', data: 'AAEC' }, []],
    [{}, [{ pointer: '/name', message: '"name" is missing' }]],
    [[], [{ pointer: '', message: 'expected object, got an array of 0' }]],
    [{ name: 5 }, [{ pointer: '/name', message: 'expected string, got 5' }]],
    [{ name: 'Mathilda' }, [{ pointer: '/name', message: 'expected at most 5 characters, got 8' }]],
    [{ name: '😀😀😀😀😀' }, []],
    [{ name: 'a', age: -1 }, [{ pointer: '/age', message: 'expected a number >= 0, got -1' }]],
    [{ name: 'a', age: 1.5 }, [{ pointer: '/age', message: 'expected integer, got 1.5' }]],
    [{ name: 'a', age: '1' }, [{ pointer: '/age', message: 'expected integer, got "1"' }]],
    [{ name: 'a', mood: 'so' }, [{ pointer: '/mood', message: 'expected one of "good", "bad", got "so"' }]],
    [{ name: 'a', id: [] }, [{ pointer: '/id', message: 'expected integer or string, got an array of 0' }]],
    [{ name: 'a', born: 7 }, [{ pointer: '/born', message: 'expected string or null, got 7' }]],
    [
      { name: 'a', born: '2023-02-29' },
      [{ pointer: '/born', message: 'expected text in the format date (such as 2026-05-01), got "2023-02-29"' }],
    ],
    [{ name: 'a', boss: {} }, [{ pointer: '/boss/name', message: '"name" is missing' }]],
    [{ name: 'a', tags: ['x', 'x'] }, [{ pointer: '/tags', message: 'expected different items, got some twice' }]],
    [{ name: 'a', tags: ['a', 'b', 'c', 'd'] }, [{ pointer: '/tags', message: 'expected at most 3 items, got 4' }]],
    [{ name: 'a', data: 'A' }, [{ pointer: '/data', message: 'expected base64 text, got "A"' }]],
    [{ name: 'a', 'a/b~c': 1 }, [{ pointer: '/a~1b~0c', message: 'expected null, got 1' }]],
  ])('%j', (value, errors) => expect(check(person, value)).toEqual(errors));

  test('several at once', () => {
    const errors = check(person, { nam: 'x', age: 'y', mood: null });
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/age', '/mood', '/nam', '/name']);
  });

  test('at most 20, each of bounded length', () => {
    const schema: JsonSchema = { type: 'array', items: { type: 'integer' } };
    const errors = check(
      schema,
      Array.from({ length: 500 }, () => 'x'.repeat(10_000)),
    );
    expect(errors).toHaveLength(20);
    for (const { message } of errors) expect(message.length).toBeLessThan(200);
  });
});

describe('values', () => {
  test('numbers: integers beyond 2^53 pass, infinite ones do not', () => {
    expect(check({ type: 'integer' }, JSON.parse('9007199254740993'))).toEqual([]);
    expect(check({ type: 'integer' }, JSON.parse('1.0'))).toEqual([]);
    const message = 'expected number, got a number too large';
    expect(check({ type: 'number' }, JSON.parse('1e400'))).toEqual([{ pointer: '', message }]);
    expect(check({ type: 'number', multipleOf: 0.01 }, 19.99)).toEqual([]);
  });

  test('names that objects inherit are names as any other', () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: { constructor: { type: 'string' } },
      additionalProperties: false,
    };
    expect(check(schema, {})).toEqual([]);
    expect(check({ ...schema, required: ['constructor'] }, {})).toHaveLength(1);
    expect(check({ type: 'object', required: ['toString'] }, {})).toHaveLength(1);
    expect(check(schema, JSON.parse('{"__proto__": {"constructor": "x"}}'))).toMatchObject([{ pointer: '/__proto__' }]);
  });

  test.each<[string, string, boolean]>([
    ['date-time', '2024-05-01T12:00:00Z', true],
    ['date-time', '2024-05-01T12:00:00.123456+02:00', true],
    ['date-time', '2024-05-01T12:00:00', true],
    ['date-time', '2024-05-01 12:00', true],
    ['date-time', '2024-05-01', false],
    ['date-time', '2024-13-01T12:00:00Z', false],
    ['date-time', '2024-05-01T25:00:00Z', false],
    ['date', '2000-02-29', true],
    ['date', '1900-02-29', false],
    ['date', '0000-01-01', false],
    ['date', '2024-5-1', false],
    ['time', '23:59:59.5', true],
    ['time', '24:00', false],
    ['duration', 'P1DT2H30M', true],
    ['duration', 'PT1.5S', true],
    ['duration', '-P1D', true],
    ['duration', 'P-1DT3S', true],
    ['duration', 'P2W', true],
    ['duration', 'P', false],
    ['duration', 'PT', false],
    ['duration', '1 day', false],
    ['uuid', '123e4567-e89b-12d3-a456-426614174000', true],
    ['uuid', '123e4567e89b12d3a456426614174000', false],
    ['ipv4', '192.0.2.1', true],
    ['ipv4', '192.0.2.256', false],
    ['ipv6', '::1', true],
    ['email', 'not checked', true],
  ])('%s %s: %s', (format, text, valid) => {
    expect(check({ type: 'string', format }, text)).toHaveLength(valid ? 0 : 1);
  });
});

describe('what is valid is what plain Ajv finds valid', () => {
  const leaf = fc.oneof(
    fc.constantFrom<object>(
      {},
      { type: 'null' },
      { type: 'boolean' },
      { type: 'integer' },
      { type: 'number', minimum: 0 },
      { type: 'string' },
    ),
    fc.constantFrom<object>(
      { type: 'string', minLength: 1, maxLength: 2 },
      { enum: [1, 'a', null, { a: 1 }] },
      { const: 'a' },
      { type: ['integer', 'null'] },
    ),
    fc.constantFrom<object>(
      { $ref: '#/$defs/T' },
      { type: 'object', minProperties: 1, maxProperties: 2 },
      { type: 'array', uniqueItems: true },
    ),
  );
  const { schema } = fc.letrec<{ schema: object }>((tie) => ({
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.record({ type: fc.constant('array'), items: tie('schema') }),
      fc.record({
        type: fc.constant('array'),
        prefixItems: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
        items: fc.boolean(),
      }),
      fc.record({
        type: fc.constant('object'),
        properties: fc.dictionary(fc.constantFrom('a', 'b'), tie('schema')),
        required: fc.subarray(['a', 'b']),
        additionalProperties: fc.boolean(),
      }),
      fc.record({
        type: fc.constant('object'),
        additionalProperties: tie('schema'),
        propertyNames: fc.constant({ maxLength: 1 }),
      }),
      fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    ),
  }));
  const key = fc.constantFrom('a', 'b', 'cc', 'constructor');
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<unknown>(null, true, 0, 1, -1, 1.5, 1e300, '', 'a', 'b', 'ab', 'abc', '😀', '😀😀😀'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 3 }),
    ),
  }));

  test('and what is not gets a message', () => {
    let valid = 0;
    let invalid = 0;
    fc.assert(
      fc.property(schema, fc.array(value, { minLength: 1, maxLength: 5 }), (one, values) => {
        const whole = {
          ...one,
          $defs: {
            T: {
              type: 'object',
              properties: { a: { anyOf: [{ $ref: '#/$defs/T' }, { type: 'integer' }] } },
              additionalProperties: false,
            },
          },
        };
        const admitted = admitSchema(whole);
        if ('wrong' in admitted) throw new Error(admitted.wrong.join());
        const ours = compileValidator(admitted.schema);
        const plain = new Ajv2020({
          strict: false,
          validateSchema: false,
          ownProperties: true,
          multipleOfPrecision: 9,
          logger: false,
        }).compile(whole);
        for (const given of JSON.parse(JSON.stringify(values)) as unknown[]) {
          const errors = ours(given);
          expect(errors.length === 0).toBe(plain(given));
          if (errors.length === 0) valid++;
          else invalid++;
          for (const { message } of errors) expect(message).not.toMatch(/undefined|\[object|crank/);
        }
      }),
      { numRuns: 400 },
    );
    expect(valid).toBeGreaterThan(50);
    expect(invalid).toBeGreaterThan(50);
  });
});

// Each of these takes minutes to centuries, or all memory, where steps are not counted.
describe('a hostile schema cannot make a check dear', () => {
  const tooLarge = [{ pointer: '', message: expect.stringContaining('too large or too deep') }];

  test('alternatives that try the same parts again and again', () => {
    const again = { properties: { a: { $ref: '#/$defs/T' } } };
    const schema: JsonSchema = {
      $ref: '#/$defs/T',
      $defs: { T: { anyOf: [{ allOf: [again, false] }, { allOf: [again, false] }] } },
    };
    let deep: unknown = 1;
    for (let i = 0; i < 90; i++) deep = { a: deep };
    expect(check(schema, deep)).toEqual(tooLarge);
    expect(check(schema, 1)).toHaveLength(1);
  });

  test('definitions that double one another', () => {
    const $defs: Record<string, JsonSchema> = { D15: false };
    for (let i = 0; i < 15; i++) $defs[`D${i}`] = { anyOf: Array(8).fill({ $ref: `#/$defs/D${i + 1}` }) };
    expect(check({ $ref: '#/$defs/D0', $defs }, 1)).toEqual(tooLarge);
  });

  test('uniqueItems over many objects', () => {
    const items = Array.from({ length: 50_000 }, (_, i) => ({ i }));
    expect(check({ type: 'array', uniqueItems: true }, items)).toEqual([]);
    expect(check({ type: 'array', uniqueItems: true }, [...items, { i: 7 }])).toHaveLength(1);
    expect(
      check(
        { type: 'array', uniqueItems: true },
        Array.from({ length: 1_500_000 }, () => ({})),
      ),
    ).not.toEqual([]);
  });

  test('many alternatives that each read the whole value', () => {
    const text = 'é'.repeat(4 * 2 ** 20);
    const lengths = Array.from({ length: 1_500 }, (_, i) => ({ maxLength: 4 * 2 ** 20 - 1 - i }));
    expect(check({ anyOf: lengths }, text)).toEqual(tooLarge);
    const names = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, 1]));
    const sizes = Array.from({ length: 2_000 }, (_, i) => ({ maxProperties: i }));
    expect(check({ anyOf: sizes }, names)).toEqual(tooLarge);
  });

  test('a value nested too deeply for a schema that refers to itself', () => {
    let deep: unknown = null;
    for (let i = 0; i < 200_000; i++) deep = [deep];
    const schema: JsonSchema = {
      $ref: '#/$defs/T',
      $defs: { T: { type: ['array', 'null'], items: { $ref: '#/$defs/T' } } },
    };
    expect(check(schema, deep)).toEqual(tooLarge);
  });

  test('an honest schema has enough for large values', () => {
    const row = {
      type: 'object',
      properties: {
        a: { anyOf: [{ type: 'null' }, { type: 'number' }, { type: 'string' }] },
        b: { type: 'array', items: { enum: Array.from({ length: 300 }, (_, i) => i) } },
      },
      required: ['a'],
    };
    const rows = Array.from({ length: 50_000 }, (_, i) => ({ a: i % 2 ? null : 'x', b: [1, 299] }));
    expect(check({ type: 'array', items: row }, rows)).toEqual([]);
  });
});

test('a check may take steps in proportion to the value, up to a bound', () => {
  expect(fuelFor(1)).toBeLessThan(200_000);
  expect(fuelFor(countParts({ a: [1, { b: 2 }], c: [] }))).toBe(fuelFor(6));
  expect(fuelFor(10 ** 9)).toBe(fuelFor(10 ** 8));
});

test('equal schemas share a validator', () => {
  const one = compileValidator({ type: 'object', properties: { a: { type: 'integer' } } });
  expect(compileValidator({ properties: { a: { type: 'integer' } }, type: 'object' })).toBe(one);
  expect(compileValidator({ properties: { a: { type: 'number' } }, type: 'object' })).not.toBe(one);
  expect(compileValidator(true)('x')).toEqual([]);
  expect(compileValidator(false)('x')).toHaveLength(1);
});
