import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { within } from '#src/engines/metering/meter.ts';
import {
  byteSecondsOf,
  chargeOf,
  mostOf,
  type PriceItem,
  picoFor,
  priceUnits,
  quantityOf,
  unitNames,
} from '#src/engines/metering/price-book.ts';
import { countIn } from '#src/platform/prices/count-in.ts';

const flat = (unit: PriceItem['unit'], price: number, per = 1): PriceItem => ({
  ...{ unit, per },
  tiers: [{ upTo: null, price }],
});
const tiered: PriceItem = {
  ...{ unit: 'page', per: 1 },
  tiers: [
    { upTo: 100, price: 0 },
    { upTo: 1_000, price: 50 },
    { upTo: null, price: 40 },
  ],
};

describe('a price', () => {
  it('is quantity times price, rounded once and half up', () => {
    expect(chargeOf(flat('call', 100), 1n, 0n)).toBe(10_000_000n); // a thousandth of a cent
    expect(chargeOf(flat('cpu-second', 125), 1_000_000n, 0n)).toBe(12_500n); // a millisecond
    expect(chargeOf(flat('gb-second', 1), 5_000n, 0n)).toBe(1n); // half a picodollar
    expect(chargeOf(flat('gb-second', 1), 4_999n, 0n)).toBe(0n);
    expect(chargeOf(flat('joule', 417, 10_000), 1_700_000_000n, 0n)).toBe(7_089n);
    expect(picoFor(1n, 3n)).toBe(33_333n);
    expect(byteSecondsOf(2 ** 33, 60e9)).toBe(515_396_075_520n);
  });

  it('charges each part by its tier of the month', () => {
    expect(chargeOf(tiered, 100n, 0n)).toBe(0n);
    expect(chargeOf(tiered, 1n, 99n)).toBe(0n);
    expect(chargeOf(tiered, 1n, 100n)).toBe(5_000_000n);
    expect(chargeOf(tiered, 3n, 998n)).toBe((2n * 50n + 40n) * 100_000n);
    expect(chargeOf(tiered, 1_200n, 0n)).toBe((900n * 50n + 200n * 40n) * 100_000n);
    expect(mostOf(tiered, 3n)).toBe(15_000_000n);
  });

  it('is the same however a month is cut into calls, to a picodollar each, and never more than the most', () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 12n });
    fc.assert(
      fc.property(
        fc.constantFrom(...unitNames),
        fc.integer({ min: 1, max: 1_000 }),
        fc.array(fc.record({ size: fc.integer({ min: 1, max: 1_000 }), price: fc.nat(100_000) }), { maxLength: 4 }),
        fc.nat(100_000),
        fc.array(amount, { minLength: 1, maxLength: 6 }),
        (unit, per, sizes, last, calls) => {
          let upTo = 0;
          const tiers = [
            ...sizes.map(({ size, price }) => {
              upTo += size;
              return { upTo, price };
            }),
            { upTo: null, price: last },
          ];
          const item = { unit, per, tiers };
          let before = 0n;
          let sum = 0n;
          for (const quantity of calls) {
            const charge = chargeOf(item, quantity, before);
            expect(charge).toBeLessThanOrEqual(mostOf(item, quantity));
            sum += charge;
            before += quantity;
          }
          const whole = chargeOf(item, before, 0n);
          const difference = sum > whole ? sum - whole : whole - sum;
          expect(difference).toBeLessThanOrEqual(BigInt(calls.length));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('stays within a bound by a line below zero', () => {
    const bill = { energy: {}, carbon: {}, lines: [{ kind: 'call', picoUsd: 10 }], total: 10 } as never;
    expect(within(bill, 10)).toBe(bill);
    const bounded = within(bill, 4);
    expect(bounded.lines.reduce((sum, { picoUsd }) => sum + picoUsd, 0)).toBe(bounded.total);
    expect(bounded).toMatchObject({ lines: [{ kind: 'call' }, { kind: 'discount', picoUsd: -6 }], total: 4 });
  });

  it('says quantities in whole units', () => {
    expect(quantityOf('cpu', 1_500_000n)).toEqual({ quantity: '0.0015', unit: 'cpu-second' });
    expect(quantityOf('page', 12n)).toEqual({ quantity: '12', unit: 'page' });
    expect(quantityOf('carbon', 1n)).toBeUndefined();
    expect(new Set(unitNames.map((unit) => priceUnits[unit].kind)).size).toBe(unitNames.length);
  });
});

describe('what an answer counts', () => {
  it('is a whole number or the length of a list, and nothing else', () => {
    const answer = { pages: 3, list: [1, 2], deep: [{ 'a/b': { '~': 4 } }], half: 1.5, less: -1, text: '9' };
    expect(['/pages', '/list', '/deep/0/a~1b/~0'].map((pointer) => countIn(answer, pointer))).toEqual([3, 2, 4]);
    for (const pointer of ['', '/half', '/less', '/text', '/none', '/deep/1', '/deep/00', '/__proto__', '/pages/x'])
      expect(countIn(answer, pointer), pointer).toBe(0);
    expect([countIn([1, 2, 3], ''), countIn(7, ''), countIn(2 ** 53, ''), countIn(undefined, '/a')]).toEqual([
      3, 7, 0, 0,
    ]);
  });
});
