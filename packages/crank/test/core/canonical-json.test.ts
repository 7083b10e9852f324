import { canonicalJson as verifierJson } from 'crank-verify';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, orderedJson } from '#src/core/canonical-json.ts';

describe('canonical JSON', () => {
  it('gives the example of RFC 8785, section 3.2.3', () => {
    const value = {
      '€': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      1: 'One',
      '😀': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      ö: 'Latin Small Letter O With Diaeresis',
    };
    expect(Object.keys(JSON.parse(canonicalJson(value)) as object)).toEqual([
      '1',
      '\r',
      '\u0080',
      'ö',
      '€',
      '😀',
      '\ufb33',
    ]);
    expect(
      canonicalJson({ numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001] }),
    ).toBe('{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}');
  });

  it('is written faster where the order is right already, and refuses the same', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        const text = canonicalJson(value);
        // Only objects whose names look like numbers cannot be put in canonical order.
        if (!/"\d+":/.test(text)) expect(orderedJson(JSON.parse(text))).toBe(text);
      }),
    );
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, '\ud800', ['\udc00']])
      expect(() => orderedJson({ bad })).toThrow(TypeError);
    expect(orderedJson({ a: null, b: 'null \\ud800' })).toBe('{"a":null,"b":"null \\\\ud800"}');
  });

  it('says the same as the verifier, and the same again after parsing', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        const text = canonicalJson(value);
        expect(verifierJson(JSON.parse(text) as never)).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, '\ud800', undefined, () => 1, 1n])(
    'refuses what JSON cannot say: %s',
    (value) => {
      expect(() => canonicalJson([value])).toThrow(TypeError);
    },
  );
});
