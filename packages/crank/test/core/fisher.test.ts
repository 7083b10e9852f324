import { expect, it } from 'vitest';
import { fisherWorse } from '#src/core/fisher.ts';

const counts = (calls: number, failures: number) => ({ calls, failures });

// By sums of exact fractions (Python: math.comb, fractions.Fraction).
it.each([
  [counts(4, 3), counts(4, 1), 0.24285714285714285],
  [counts(10, 10), counts(10, 0), 5.412544112234515e-6],
  [counts(16, 16), counts(144, 0), 2.4630845972084506e-22],
  [counts(1_000, 30), counts(9_000, 200), 0.07788877946576689],
  [counts(20, 0), counts(180, 5), 1],
])('of %o and %o', (first, second, p) => {
  expect(fisherWorse(first, second) / p).toBeCloseTo(1, 8);
});

it('stays a probability for many calls', () => {
  expect(fisherWorse(counts(50_000, 500), counts(450_000, 4_500))).toBeGreaterThan(0.4);
  expect(fisherWorse(counts(50_000, 500), counts(450_000, 4_500))).toBeLessThan(0.6);
  expect(fisherWorse(counts(50_000, 5_000), counts(450_000, 4_500))).toBeLessThan(1e-300);
});
