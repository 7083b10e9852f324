import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CrankError } from '#src/core/error.ts';
import { admitDescriptor } from '#src/engines/packaging/admit-descriptor.ts';
import { admitSchema } from '#src/engines/packaging/admit-schema.ts';
import { compileValidator } from '#src/engines/packaging/compile-schema.ts';

const operation = {
  name: 'top_words',
  description: 'The most frequent words.',
  input: {
    type: 'object',
    properties: { text: { type: 'string' }, n: { type: 'integer', default: 5 } },
    required: ['text'],
    additionalProperties: false,
  },
  output: { type: 'array', items: { type: 'string' } },
  result: 'json',
  files: ['text'],
  line: 4,
};
const descriptor = { description: 'Counts words.', operations: [operation], findings: [] };
const admit = (value: unknown) =>
  admitDescriptor(new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)), 'words.py');
const refusal = (value: unknown) => {
  try {
    admit(value);
  } catch (error) {
    if (error instanceof CrankError && error.code === 'not-deployable') return error.extras.findings!;
    throw error;
  }
  return undefined;
};
const withInput = (properties: object, more: object = {}) => ({
  ...descriptor,
  operations: [{ ...operation, files: [], input: { type: 'object', properties, ...more } }],
});

describe('a descriptor', () => {
  test('is taken over', () => {
    expect(admit(descriptor)).toEqual(descriptor);
    expect(
      admit({ ...descriptor, operations: [{ ...operation, result: 'file', contentType: 'image/png' }] }).operations[0],
    ).toMatchObject({
      result: 'file',
      contentType: 'image/png',
    });
    const method = { ...descriptor, operations: [{ ...operation, name: 'Stack.push' }] };
    expect(admit(method)).toEqual(method);
  });

  test('has the plan of a command line as it came', () => {
    const command = { style: 'argparse', levels: [{ word: null, params: [{ name: 'n', flag: '-n' }] }] };
    expect(admit({ ...descriptor, operations: [{ ...operation, command }] }).operations[0]).toEqual({
      ...operation,
      command,
    });
  });

  test("the sandbox's own findings end the deployment, or go along", () => {
    const finding = {
      level: 'error',
      file: 'words.py',
      line: 3,
      message: 'No module named numpyy.',
      fix: 'Correct the import.',
    };
    expect(refusal({ ...descriptor, findings: [finding] })).toEqual([finding]);
    const warning = { ...finding, level: 'warning' };
    expect(admit({ ...descriptor, findings: [warning] }).findings).toEqual([warning]);
  });

  test.each<[string, unknown, RegExp]>([
    ['text that is no JSON', '{"description":', /is not JSON/],
    ['a list', [], /not of the known form/],
    ['an unknown field', { ...descriptor, extra: 1 }, /not of the known form/],
    ['a forged prototype', '{"__proto__": {}, "operations": []}', /not of the known form/],
    ['no operations', { ...descriptor, operations: [] }, /no operation in it/],
    ['operations that are no list', { ...descriptor, operations: {} }, /not of the known form/],
    ['too many operations', { ...descriptor, operations: Array(501).fill(operation) }, /more than 500/],
    ['an operation twice', { ...descriptor, operations: [operation, operation] }, /twice/],
    [
      'an operation of another form',
      { ...descriptor, operations: [{ ...operation, result: 'bytes' }] },
      /unknown form/,
    ],
    ['files that are no parameters', { ...descriptor, operations: [{ ...operation, files: ['x'] }] }, /unknown form/],
    [
      'an input that is no object',
      { ...descriptor, operations: [{ ...operation, input: { type: 'string' } }] },
      /unknown form/,
    ],
    ['a line that is none', { ...descriptor, operations: [{ ...operation, line: 0 }] }, /unknown form/],
    [
      'a content type with a line break',
      { ...descriptor, operations: [{ ...operation, contentType: 'a/b\r\nX: y' }] },
      /unknown form/,
    ],
    ['a name that is a path', { ...descriptor, operations: [{ ...operation, name: '../x' }] }, /cannot be the name/],
    [
      'a name with a path of dots',
      { ...descriptor, operations: [{ ...operation, name: 'A.b.c' }] },
      /cannot be the name/,
    ],
    ['the name __proto__', { ...descriptor, operations: [{ ...operation, name: '__proto__' }] }, /cannot be the name/],
    [
      'a name without end',
      { ...descriptor, operations: [{ ...operation, name: 'x'.repeat(129) }] },
      /cannot be the name/,
    ],
    [
      'a command line that is no object',
      { ...descriptor, operations: [{ ...operation, command: [1] }] },
      /unknown form/,
    ],
    [
      'a command line without end',
      { ...descriptor, operations: [{ ...operation, command: { levels: 'x'.repeat(2 ** 16) } }] },
      /more than 64 KiB of options/,
    ],
    ['more than a MiB', `"${'x'.repeat(2 ** 20)}"`, /1 MiB/],
    ['nesting without end', '['.repeat(100_000), /nested too deeply/],
    ['bytes that are no UTF-8', '\ud800'.length ? new Uint8Array([0x22, 0xff, 0x22]) : '', /not JSON|known form/],
  ])('with %s is refused', (_name, value, message) => {
    const findings = value instanceof Uint8Array ? refusalOfBytes(value) : refusal(value);
    expect(findings?.map((finding) => finding.message).join()).toMatch(message);
  });

  test('is cut where people would read', () => {
    const long = {
      ...descriptor,
      description: 'é'.repeat(10_000),
      operations: [{ ...operation, description: 'a\ud800b' }],
    };
    const admitted = admit(long);
    expect(Buffer.byteLength(admitted.description)).toBe(8_192);
    expect(admitted.description).toBe('é'.repeat(4_096));
    expect(admitted.operations[0]?.description).toBe('a\ufffdb');
  });

  test('whatever the bytes are, it is taken whole or refused as not deployable', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
      fc
        .record({ key: fc.constantFrom(...Object.keys(operation), 'x', '__proto__'), value: fc.jsonValue() })
        .map(({ key, value }) => JSON.stringify({ ...descriptor, operations: [{ ...operation, [key]: value }] }))
        .map((text) => new TextEncoder().encode(text)),
    );
    fc.assert(
      fc.property(bytes, (given) => {
        try {
          const admitted = admitDescriptor(given, 'words.py');
          for (const { name, input, output } of admitted.operations) {
            expect(name).toMatch(/^[A-Za-z_]\w*$/);
            compileValidator(input)({});
            compileValidator(output)(null);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'not-deployable' });
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

const refusalOfBytes = (bytes: Uint8Array) => {
  try {
    admitDescriptor(bytes, 'words.py');
  } catch (error) {
    if (error instanceof CrankError) return error.extras.findings!;
    throw error;
  }
  return undefined;
};

const nested = (levels: number, leaf: object = {}): object =>
  levels === 0 ? leaf : { type: 'array', items: nested(levels - 1, leaf) };

describe('a schema', () => {
  test.each<[string, object, object?]>([
    ['a pattern', { x: { type: 'string', pattern: '(a+)+$' } }],
    ['patternProperties', { x: { patternProperties: { '(a+)+$': {} } } }],
    ['a reference to elsewhere', { x: { $ref: 'https://example.org/schema' } }],
    ['a reference to a file', { x: { $ref: 'file:///etc/passwd' } }],
    ['a reference to the top', { x: { $ref: '#' } }],
    ['a reference that does not resolve', { x: { $ref: '#/$defs/T' } }],
    ['a reference into the prototype', { x: { $ref: '#/$defs/constructor' } }],
    [
      'a circle of references',
      { x: { $ref: '#/$defs/A' } },
      { $defs: { A: { $ref: '#/$defs/B' }, B: { anyOf: [{ $ref: '#/$defs/A' }] } } },
    ],
    ['$data', { x: { minimum: { $data: '1/y' } } }],
    ['$id', { x: { $id: 'http://x' } }],
    ['$dynamicRef', { x: { $dynamicRef: '#a' } }],
    ['inner $defs', { x: { $defs: {} } }],
    ['an unknown type', { x: { type: 'function' } }],
    ['an unknown keyword', { x: { crankFuel: -1 } }],
    ['a bad bound', { x: { type: 'string', minLength: -1 } }],
    ['a bad divisor', { x: { multipleOf: 0 } }],
    ['an infinite bound', JSON.parse('{"x": {"minimum": 1e999}}')],
    ['an empty enum', { x: { enum: [] } }],
    ['a schema that is none', { x: 5 }],
    ['a list for properties', { x: { properties: [] } }],
    ['a name with a lone surrogate', { '\ud800': {} }],
    ['nesting beyond 24', { x: nested(24) }],
    ['a literal nested beyond 24', { x: { const: JSON.parse(`${'['.repeat(30)}${']'.repeat(30)}`) } }],
    ['too many parts', { x: { enum: Array.from({ length: 5_001 }, (_, i) => i) } }],
    ['too many bytes', { x: { enum: Array.from({ length: 400 }, (_, i) => `${i}${'x'.repeat(200)}`) } }],
    [
      'a long chain of references',
      { x: { $ref: '#/$defs/D0' } },
      {
        $defs: Object.fromEntries(
          Array.from({ length: 40 }, (_, i) => [`D${i}`, i === 39 ? {} : { $ref: `#/$defs/D${i + 1}` }]),
        ),
      },
    ],
  ])('with %s is refused', (_name, properties, more) => {
    const [finding] = refusal(withInput(properties, more)) ?? [];
    expect(finding).toMatchObject({
      level: 'error',
      file: 'words.py',
      line: 4,
      message: expect.stringContaining('input schema of top_words'),
    });
  });

  test('with the name __proto__ is refused, and changes no prototype', () => {
    expect(
      refusal(JSON.stringify(withInput({ x: {} })).replace('"x":{}', '"__proto__":{"type":"string"}')),
    ).toHaveLength(1);
    expect(
      refusal(JSON.stringify(withInput({ x: { const: { y: 1 } } })).replace('"y":1', '"__proto__":1')),
    ).toHaveLength(1);
  });

  test('may refer to itself through its parts', () => {
    const tree = { type: 'object', properties: { left: { anyOf: [{ $ref: '#/$defs/Tree' }, { type: 'null' }] } } };
    expect(refusal(withInput({ x: { $ref: '#/$defs/Tree' } }, { $defs: { Tree: tree } }))).toBeUndefined();
    expect(refusal(withInput({ x: nested(21) }))).toBeUndefined();
  });

  test('with an unknown format loses it', () => {
    const { operations, findings } = admit(withInput({ x: { type: 'string', format: 'phone' } }));
    expect(findings).toMatchObject([{ level: 'warning', message: expect.stringContaining('"phone"') }]);
    expect(operations[0]?.input).toMatchObject({ properties: { x: { type: 'string' } } });
  });

  test('is a copy', () => {
    const given = { type: 'object', properties: { a: { enum: [1, { b: [2] }] } } };
    const admitted = admitSchema(given);
    expect(admitted).toEqual({ schema: given, remarks: [] });
    expect('schema' in admitted && admitted.schema).not.toBe(given);
  });
});
