import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assertJsonDepth, isDeeperThan } from '#src/engines/packaging/json-depth.ts';

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

test('finds the depth of any JSON text, as text and as bytes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 0, max: 6 }), (value, max) => {
      for (const text of [JSON.stringify(value), JSON.stringify({ '"[\\"{': value, s: '\\' }, null, 1)]) {
        const deeper = depthOf(JSON.parse(text)) > max;
        expect(isDeeperThan(text, max)).toBe(deeper);
        expect(isDeeperThan(new TextEncoder().encode(text), max)).toBe(deeper);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('refuses what is too deep with the words to say so', () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  expect(() => assertJsonDepth(deep(100))).not.toThrow();
  expect(() => assertJsonDepth(deep(101))).toThrow(expect.objectContaining({ code: 'malformed-request' }));
  expect(() => assertJsonDepth('[{'.repeat(2 ** 20))).toThrow(expect.objectContaining({ code: 'malformed-request' }));
  expect(() => assertJsonDepth(`"${'['.repeat(500)}"`)).not.toThrow();
});
