import { describe, expect, it } from 'vitest';
import { formatUsd } from '#src/core/money.ts';
import { gridOf } from '#src/engines/metering/carbon.ts';
import { compareWithLlm, llmFigures } from '#src/engines/metering/compare-llm.ts';
import { createMeter } from '#src/engines/metering/meter.ts';
import { epaCarbonPrice, tariffAt } from '#src/engines/metering/price.ts';

const origin = { grade: 'D', uncertainty: 'factor 2', source: 'coefficients of one' } as const;
const energyOf = (cpuNs: number) => ({ ...origin, joules: (cpuNs / 1e9) * 1.7 });

describe('a call beside language models', () => {
  it('is a range for each published figure, with its boundary and source', () => {
    const comparisons = compareWithLlm(0.08);
    expect(comparisons).toHaveLength(llmFigures.length);
    for (const { joules, least, most, boundary, source, what } of comparisons) {
      expect(most / least, what).toBeCloseTo(4); // a factor of 2, either way
      expect(joules / 0.08).toBeGreaterThan(least);
      expect(joules / 0.08).toBeLessThan(most);
      expect(boundary.length).toBeGreaterThan(20);
      expect(source).toMatch(/\d/);
    }
    // 0.24 Wh beside 10 ms at 8 W: 10,800 times.
    const gemini = comparisons.find(({ source }) => source.includes('0.24'))!;
    expect(gemini.joules / 0.08).toBeCloseTo(10_800);
    expect(compareWithLlm(0)).toEqual([]);
  });
});

describe('metering', () => {
  const meter = createMeter(energyOf, gridOf('FRA'), () => tariffAt(Date.UTC(2026, 0, 1)));

  it('turns CPU time into joules, grams and money, by hand: 1 s x 1.7 W, 44.18 g/kWh', () => {
    const bill = meter(1e9);
    expect(bill.energy).toEqual({ ...origin, joules: 1.7 });
    expect(bill.carbon.grams).toBeCloseTo((1.7 / 3.6e6) * 44.18, 12);
    expect(bill.lines.map((line) => [line.kind, line.picoUsd])).toEqual([
      ['call', 10_000_000],
      ['cpu', 12_500_000],
      ['energy', Math.round((1.7 / 3.6e6) * 0.15 * 1e12)],
      ['carbon', Math.round((((1.7 / 3.6e6) * 44.18) / 1e6) * 214 * 1e12)],
    ]);
    expect(bill.total).toBe(bill.lines.reduce((sum, line) => sum + line.picoUsd, 0));
  });

  it("takes the EPA's central value of the year for a tonne, unless another is set", () => {
    expect([2019, 2020, 2025, 2026, 2030, 2031].map(epaCarbonPrice)).toEqual([190, 190, 210, 214, 230, 230]);
    expect(tariffAt(Date.UTC(2025, 11, 31, 23)).perTonneCo2).toBe(2_100_000_000);
    expect(tariffAt(0, 51.5).perTonneCo2).toBe(515_000_000);
  });

  it('does not lose a millisecond to rounding', () => {
    expect(meter(1e6).lines.find((line) => line.kind === 'cpu')!.picoUsd).toBe(12_500);
  });

  it('refuses a country without a figure rather than calling its power clean', () => {
    expect(() => gridOf('ATLANTIS')).toThrow(/ISO 3166/);
    expect(() => gridOf('CAF')).toThrow(/CAF/); // 0 in the table, which means unknown
    expect(gridOf('WORLD').gramsPerKwh).toBeCloseTo(472.94);
  });

  it('prints money without exponent and with every digit that matters', () => {
    expect([0, 1, 12_500, 10_000_000, 1e12, 1_500_000_000_000, -20].map(formatUsd)).toEqual([
      '0',
      '0.000000000001',
      '0.0000000125',
      '0.00001',
      '1',
      '1.5',
      '-0.00000000002',
    ]);
  });
});
