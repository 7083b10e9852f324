import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DEPTH } from '#src/core/walk-json.ts';
import { outputFields, redact } from '#src/engines/policy/redact.ts';

describe('outputFields', () => {
  it('lists strings, numbers and booleans with their JSON Pointers', () => {
    const { fields, incomplete } = outputFields(
      '{"a": [1.0, "x", null, true], "b/~": {"": "é\\n"}, "n": 9007199254740993}',
    );
    expect(fields).toEqual([
      { path: '/a/0', value: 1, source: '1.0' },
      { path: '/a/1', value: 'x', source: '"x"' },
      { path: '/a/3', value: true, source: 'true' },
      { path: '/b~1~0/', value: 'é\n', source: '"é\\n"' },
      { path: '/n', value: 9007199254740992, source: '9007199254740993' },
    ]);
    expect(incomplete).toBeUndefined();
  });

  it('lists an output that is one value', () => {
    expect(outputFields(' "ann@example.org" ').fields).toEqual([
      { path: '', value: 'ann@example.org', source: '"ann@example.org"' },
    ]);
  });

  it('lists both of two members with one name', () => {
    expect(outputFields('{"a":"x@y","a":"z"}').fields.map(({ value }) => value)).toEqual(['x@y', 'z']);
  });

  it('says where it stopped', () => {
    expect(outputFields(JSON.stringify(Array(10_000).fill(1))).incomplete).toBeUndefined();
    const { fields, incomplete } = outputFields(JSON.stringify(Array(10_001).fill(1)));
    expect([fields.length, incomplete]).toEqual([10_000, 'it has more than 10000 fields']);
    expect(outputFields('['.repeat(MAX_DEPTH + 2) + ']'.repeat(MAX_DEPTH + 2)).incomplete).toMatch(/nested deeper/);
  });

  it('reads long strings', () => {
    const text = JSON.stringify({ s: `${'\\"'.repeat(500_000)}@` });
    expect(outputFields(text).fields[0]!.source).toBe(text.slice(5, -1));
  });

  it.each(['', '{', '[1,]', '{"a" 1}', '01', '"a', '"\u0001"', '"\\x"', 'tru', '1 2', "{'a':1}", '-', '1.', 'NaN'])(
    'refuses %j as JSON.parse does',
    (text) => {
      expect(() => JSON.parse(text)).toThrow(SyntaxError);
      expect(() => outputFields(text)).toThrow(SyntaxError);
    },
  );

  it('finds every field of any JSON, at a pointer that leads to it', () => {
    const follow = (root: unknown, path: string): unknown =>
      path
        .split('/')
        .slice(1)
        .reduce(
          (at: unknown, token) => (at as Record<string, unknown>)[token.replaceAll('~1', '/').replaceAll('~0', '~')],
          root,
        );
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(3), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const parsed: unknown = JSON.parse(text);
        for (const { path, value: found } of outputFields(text).fields) expect(follow(parsed, path)).toBe(found);
      }),
    );
  });
});

describe('redact', () => {
  it('changes what it is told and no other byte', () => {
    const text =
      '{ "9": 1.0, "name": "ann", "contact":\t"ann@example.org", "1": 9007199254740993, "e": 1E+2, "s": "\\u00e9" }';
    expect(redact(text, ['/contact'])).toBe(text.replace('"ann@example.org"', '"[redacted]"'));
    expect(redact(text, [])).toBe(text);
  });

  it('takes out values of every kind, whole parts, and the whole', () => {
    const text = '{"a":{"b":[1,{"c":true}]},"d":null}';
    expect(redact(text, ['/a/b/1/c', '/d'])).toBe('{"a":{"b":[1,{"c":"[redacted]"}]},"d":"[redacted]"}');
    expect(redact(text, ['/a/b', '/a/b/0', '/a/b/1/c'])).toBe('{"a":{"b":"[redacted]"},"d":null}');
    expect(redact(text, [''])).toBe('"[redacted]"');
  });

  it('takes out every member with the name', () => {
    expect(redact('{"a":"x","a":"y"}', ['/a'])).toBe('{"a":"[redacted]","a":"[redacted]"}');
  });

  it('passes over pointers to nothing', () => {
    expect(redact('{"a":[1]}', ['/b', '/a/1', '/a/-', 'a', '/a/00'])).toBe('{"a":[1]}');
  });

  it('redacting every field leaves only redacted ones', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const after = outputFields(
          redact(
            text,
            outputFields(text).fields.map(({ path }) => path),
          ),
        );
        for (const field of after.fields) expect(field.value).toBe('[redacted]');
      }),
    );
  });
});
