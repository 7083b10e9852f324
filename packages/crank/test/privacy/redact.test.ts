import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RedactAction, RedactRule } from '#src/core/personal-data.ts';
import { redactJson } from '#src/engines/privacy/redact-json.ts';
import { redactText } from '#src/engines/privacy/redact-text.ts';
import { createTextStream } from '#src/engines/privacy/text-stream.ts';
import { createTokens } from '#src/engines/privacy/tokens.ts';

const tokens = createTokens(Buffer.alloc(32, 7));
const tokensOf = () => tokens;
const rule = (rest: Partial<RedactRule> & { action: RedactAction }): RedactRule => ({ account: 'acme', ...rest });
const MASK = rule({ detect: ['email', 'card', 'national-id', 'phone', 'secret'], action: 'mask' });

const json = (text: string, ...rules: RedactRule[]): string => redactJson(text, rules, tokensOf, new Map());

describe('redactJson', () => {
  it('leaves every byte that is none of what it takes out', () => {
    const text =
      '{ "a" : 1.50, "big":12345678901234567890, "m":"ann@example.org" ,"e":"\\u00e9\\n", "x":[ null,true ] }\n';
    expect(json(text, MASK)).toBe(text.replace('ann@example.org', 'a***@e***.org'));
    const clean = text.replace('ann@example.org', 'ann at example');
    expect(json(clean, MASK)).toBe(clean);
  });

  it('looks into numbers and names of members, and takes names of fields as words', () => {
    expect(json('{"card":4111111111111111,"bob@example.org":1}', MASK)).toBe(
      '{"card":"************1111","b***@e***.org":1}',
    );
    expect(json('{"customerSsn":536904399,"count":536904399}', MASK)).toBe(
      '{"customerSsn":"*********","count":536904399}',
    );
    expect(json('[4111111111111111]', rule({ detect: ['card'], action: 'drop' }))).toBe('[null]');
  });

  it('replaces whole values by their place, below it too, and nowhere else', () => {
    const hash = rule({ fields: '/people/*/name', action: 'hash' });
    const text = '{"people":[{"name":"Ann","age":1},{"name":{"first":"Bob","n":2}}],"name":"x"}';
    const name = (value: string) => tokens.hash('field', value);
    expect(json(text, hash)).toBe(
      `{"people":[{"name":"${name('Ann')}","age":1},{"name":{"first":"${name('Bob')}","n":"${name('2')}"}}],"name":"x"}`,
    );
    expect(json('{"a~/b":"Ann"}', rule({ fields: '/a~0~1b', action: 'drop' }))).toBe('{"a~/b":null}');
    expect(json('["Ann"]', rule({ fields: '', action: 'mask' }))).toBe('["***"]');
  });

  it('takes the first rule that names a type', () => {
    const rules = [rule({ detect: ['us-ssn'], action: 'drop' }), rule({ detect: ['national-id'], action: 'mask' })];
    expect(json('["SSN 536-90-4399", "DNI 12345678Z"]', ...rules)).toBe('["SSN ", "DNI *********"]');
    const sure = rule({ detect: ['es-dni'], action: 'mask', minScore: 0.9 });
    const rest = rule({ detect: ['national-id'], action: 'drop' });
    expect(json('["12345678Z", "DNI 12345678Z"]', sure, rest)).toBe('["", "DNI *********"]');
    expect(json('["12345678Z", "DNI 12345678Z"]', sure)).toBe('["12345678Z", "DNI *********"]');
  });

  it('sees through escapes', () => {
    expect(json('["\\u0061nn\\u0040example.org"]', MASK)).toBe('["a***@e***.org"]');
  });

  it('gives JSON of the same form, whatever it is given', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const before = JSON.stringify(JSON.parse(text));
        const after = JSON.parse(json(text, MASK)) as unknown;
        expect(typeof after).toBe(typeof JSON.parse(before));
      }),
    );
  });
});

describe('createTextStream', () => {
  const through = (pieces: readonly string[]): string[] => {
    const stream = createTextStream([MASK], tokensOf, new Map());
    return [...pieces.flatMap((piece) => stream.push(piece)), ...stream.end()];
  };

  it('finds what lies across pieces, however the text is cut', () => {
    const text =
      'Dear friend, write to ann@example.org or pay with 4111 1111 1111 1111 now. My SSN is 536-90-4399, and call me at 78 651 450 please. Bye now my friend';
    const whole = redactText(text, [MASK], tokensOf, new Map());
    expect(whole).not.toMatch(/ann@|4111 1111|536-90|78 651/);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 40 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
        const out = through(pieces);
        expect(out.length).toBe(pieces.length);
        expect(out.join('')).toBe(whole);
      }),
    );
  });

  it('lets plain text go when the next words have come, and holds no more than it must', () => {
    const stream = createTextStream([MASK], tokensOf, new Map());
    expect(stream.push('The first line of it\n')).toEqual(['The first line of it\n']);
    expect(stream.push('write to ann@exa')).toEqual([]);
    expect(stream.push('mple.org, dear friend\n')).toEqual(['write to a***@e***.org', ', dear friend\n']);
    expect(stream.push('x'.repeat(5_000))).toEqual([]);
    expect(stream.push('x'.repeat(5_000)).length).toBe(2);
    expect(stream.end()).toEqual([]);
  });

  it('holds a private key until it ends', () => {
    const lines = [
      '-----BEGIN PRIVATE KEY-----\n',
      'MC4CAQAwBQYDK2VwBCIEIA\n',
      '-----END PRIVATE KEY-----\n',
      'done\n',
    ];
    expect(through(lines).join('')).toBe('***\ndone\n');
  });
});

describe('tokens', () => {
  it('are the same for the same value, of another form for another type, and come back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), (value) => {
        const well = value.toWellFormed();
        const token = tokens.tokenise('email', well)!;
        expect(token).toMatch(/^tok_[\w-]+$/);
        expect(tokens.tokenise('email', well)).toBe(token);
        expect(tokens.tokenise('phone', well)).not.toBe(token);
        expect(tokens.reveal(token)).toEqual({ type: 'email', value: well });
      }),
    );
    expect(tokens.tokenise('email', 'x'.repeat(20_000))).toBeUndefined();
  });

  it('are refused with any bit changed, and under another key', () => {
    const token = tokens.tokenise('email', 'ann@example.org')!;
    const bytes = Buffer.from(token.slice(4), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const other = Buffer.from(bytes);
      other[bit >> 3]! ^= 1 << (bit & 7);
      expect(tokens.reveal(`tok_${other.toString('base64url')}`), String(bit)).toBeUndefined();
    }
    expect(createTokens(Buffer.alloc(32, 8)).reveal(token)).toBeUndefined();
    expect(tokens.reveal('tok_')).toBeUndefined();
  });

  it('and hashes of two accounts have nothing in common', () => {
    const other = createTokens(Buffer.alloc(32, 8));
    expect(other.hash('email', 'ann@example.org')).not.toBe(tokens.hash('email', 'ann@example.org'));
    expect(other.tokenise('email', 'ann@example.org')).not.toBe(tokens.tokenise('email', 'ann@example.org'));
  });
});
