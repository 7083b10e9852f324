import { describe, expect, it } from 'vitest';
import { surroundingsOf } from '#src/app/surroundings.ts';
import { type SciInput, sciOf } from '#src/engines/metering/sci.ts';

const grid = { gramsPerKwh: 360, source: 'test' };
/** A thousand calls, an hour of CPU time at 2 W, a gigabyte held for that hour, a gigabyte sent. */
const input: SciInput = {
  ...{ calls: 1_000, joules: 7_200, grams: 0.72, cpuSeconds: 3_600 },
  ...{ byteSeconds: 3_600e9, egressBytes: 1e9 },
};
const machine = { cpus: 4, idleWatts: 8, measuresMemory: false, pue: 1, embodied: undefined };
const parts = (sci: ReturnType<typeof sciOf>) => Object.fromEntries(sci.lines.map(({ part, grams }) => [part, grams]));

describe('Software Carbon Intensity', () => {
  it('is ((E × I) + M) per R, each part by itself, and the parts add up', () => {
    const sci = sciOf(input, { ...machine, ...surroundingsOf('1.5', '280/4') }, grid);
    const energy = { calls: 0.72, memory: 0.392 * 0.36, network: 0.36, idle: 2 * 0.36 };
    const operational = Object.values(energy).reduce((sum, grams) => sum + grams, 0);
    // 280 kg over four years of four processors, for an hour of one.
    const embodied = 280_000 / (4 * 365.25 * 24) / 4;
    const told = parts(sci);
    for (const [part, grams] of Object.entries({ ...energy, pue: operational / 2, embodied }))
      expect(told[part], part).toBeCloseTo(grams, 9);
    expect(sci.grams).toBeCloseTo(operational * 1.5 + embodied, 9);
    expect(sci.perCall).toBeCloseTo(sci.grams / 1_000, 12);
    expect(sci.lines.every(({ source }) => source !== '')).toBe(true);
  });

  it('says of what nobody told that it is not in it, and of what is measured that it is', () => {
    const sci = sciOf(input, { ...machine, measuresMemory: true }, grid);
    expect(parts(sci)).toMatchObject({ memory: 0, pue: 0, embodied: 0 });
    expect(sci.lines.find(({ part }) => part === 'embodied')!.source).toContain('CRANK_EMBODIED is not set');
    expect(sciOf({ ...input, calls: 0 }, machine, grid).perCall).toBeUndefined();
  });

  it.each([
    ['0.9', ''],
    ['x', ''],
    ['1.3', '280'],
    ['1.3', '280/0'],
  ])('refuses PUE %j and embodied carbon %j', (pue, embodied) => {
    expect(() => surroundingsOf(pue, embodied)).toThrow(/CRANK_/);
  });
});
