import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalJson,
  decodeBase64,
  encodeBase64,
  formatCheckpoint,
  formatProof,
  type Json,
  pae,
  parseCanonicalJson,
  parseCheckpoint,
  parseProof,
  parseTilePath,
  tilePath,
  VerificationError,
} from '../src/index.ts';

describe('base64', () => {
  it('writes what others write and reads it back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = encodeBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(text)).toEqual(bytes);
      }),
    );
  });

  it('accepts one text per value only', () => {
    const digits = fc.constantFrom(...'ABZaz09+/=_- \nÄ');
    fc.assert(
      fc.property(fc.string({ unit: digits, maxLength: 8 }), (text) => {
        const bytes = decodeBase64(text);
        if (bytes !== undefined) expect(encodeBase64(bytes)).toBe(text);
        else expect(Buffer.from(text, 'base64').toString('base64')).not.toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['A', 'AA', 'AAA', 'AB==', 'AAB=', 'AA=A', '====', 'A===', 'AAAA\n', 'AA-_', 'AAA=AAAA'])(
    'refuses %j',
    (text) => {
      expect(decodeBase64(text)).toBeUndefined();
    },
  );
});

describe('canonical JSON', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = canonicalJson(value as Json);
        expect(canonicalJson(parseCanonicalJson(text))).toBe(text);
      }),
    );
  });

  it('follows the example of RFC 8785, section 3.2.2', () => {
    const value = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    ) as Json;
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it.each([
    ['white space', '{"a": 1}'],
    ['a duplicate key', '{"a":1,"a":1}'],
    ['keys out of order', '{"b":1,"a":1}'],
    ['a number that a double does not hold', '{"a":9007199254740993}'],
    ['a number out of range', '1e999'],
    ['minus zero', '-0'],
    ['1.0', '1.0'],
    ['a needless escape', '"\\u0041"'],
    ['half a character', '"\\ud800"'],
    ['deep nesting', `${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['nothing', ''],
    ['a byte order mark', '\uFEFF1'],
  ])('refuses %s', (_, text) => {
    expect(() => parseCanonicalJson(text)).toThrow(SyntaxError);
  });
});

describe('tile paths', () => {
  it.each([
    [{ level: 0, index: 1234067, width: 256 }, 'tile/0/x001/x234/067'],
    [{ level: 0, index: 273, width: 112 }, 'tile/0/273.p/112'],
    [{ level: 'entries' as const, index: 1000, width: 1 }, 'tile/entries/x001/000.p/1'],
    [{ level: 63, index: 0, width: 255 }, 'tile/63/000.p/255'],
  ])('%j is %s', (id, path) => {
    expect(tilePath(id)).toBe(path);
    expect(parseTilePath(path)).toEqual(id);
  });

  it('come back from any number', () => {
    const level = fc.oneof(fc.constant('entries' as const), fc.integer({ min: 0, max: 63 }));
    fc.assert(
      fc.property(level, fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
        expect(parseTilePath(tilePath({ level, index, width }))).toEqual({ level, index, width });
      }),
    );
  });

  it.each([
    'tile/0/0',
    'tile/0/x000/001',
    'tile/00/001',
    'tile/64/000',
    'tile/0/001.p/256',
    'tile/0/001.p/0',
    'tile/0/001.p/01',
    'tile/0/001/002',
    'tile/0/x001',
    'tile/x/001',
    '/tile/0/001',
    'tile/0/../001',
    'tile/0/001 ',
    'tile/0/001\n',
    `tile/0/${'x999/'.repeat(6)}999`,
    'checkpoint',
  ])('%j is none', (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });
});

describe('checkpoint and tlog-proof', () => {
  const root = new Uint8Array(32).fill(7);
  const text = formatCheckpoint({ origin: 'example.com/log', size: 2 ** 53 - 1, root });

  it('come back as they were written', () => {
    expect(parseCheckpoint(text)).toEqual({ origin: 'example.com/log', size: 2 ** 53 - 1, root });
    const proof = { index: 5, hashes: [root, root], checkpoint: 'note\n\n\u2014 a b\n' };
    expect(parseProof(formatProof(proof))).toEqual(proof);
    expect(parseProof(formatProof({ ...proof, hashes: [], extra: root }))).toEqual({
      ...proof,
      hashes: [],
      extra: root,
    });
  });

  it.each([
    text.slice(0, -1),
    `${text}x\n`,
    text.replace('example.com/log', ''),
    text.replace('example.com/log', 'a b'),
    text.replace('9007199254740991', '09'),
    text.replace('9007199254740991', '9007199254740992'),
    text.replace('9007199254740991', '-1'),
    text.replace('BwcHBwc=', 'BwcHBwd='),
    text.replace('BwcHBwc=', 'BwcHBwc'),
  ])('no checkpoint: %j', (wrong) => {
    expect(() => parseCheckpoint(wrong)).toThrow(VerificationError);
  });

  it.each([
    '',
    'c2sp.org/tlog-proof@v1\nindex 0',
    'c2sp.org/tlog-proof@v2\nindex 0\n\nx',
    'c2sp.org/tlog-proof@v1\n\nx',
    'c2sp.org/tlog-proof@v1\nindex 00\n\nx',
    'c2sp.org/tlog-proof@v1\nindex -1\n\nx',
    'c2sp.org/tlog-proof@v1\nindex 0 \n\nx',
    'c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx',
    'c2sp.org/tlog-proof@v1\nextra x\nindex 0\n\nx',
    `c2sp.org/tlog-proof@v1\nindex 0\n${`${encodeBase64(root)}\n`.repeat(64)}\nx`,
  ])('no proof: %j', (wrong) => {
    expect(() => parseProof(wrong)).toThrow(expect.objectContaining({ part: 'proof' }));
  });
});

it("DSSE's own example of what is signed", () => {
  const signed = pae('http://example.com/HelloWorld', new TextEncoder().encode('hello world'));
  expect(new TextDecoder().decode(signed)).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});
