import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBattery } from '#src/engines/metering/battery.ts';
import { coefficientSource, coefficientsOf, parseProcessor } from '#src/engines/metering/coefficients.ts';
import type { EnergySource } from '#src/engines/metering/energy.ts';
import { EnergyAccount } from '#src/engines/metering/energy-account.ts';
import { openEnergyGauge } from '#src/engines/metering/energy-gauge.ts';
import { openRapl } from '#src/engines/metering/rapl.ts';
import { temporaryFolder } from '../support/temporary.ts';

const cpuinfo = (fields: Record<string, string | number>): string =>
  Object.entries({ processor: 0, ...fields })
    .map(([name, value]) => `${name}\t: ${value}\n`)
    .join('');

describe('coefficients', () => {
  it.each([
    [{ vendor_id: 'AuthenticAMD', 'cpu family': 23, model: 1, 'model name': 'AMD EPYC' }, 'AMD EPYC, 1st generation'],
    [{ 'cpu family': 23, model: 49, 'model name': 'AMD EPYC 7R32' }, 'AMD EPYC, 2nd generation'],
    [{ 'cpu family': 25, model: 17, 'model name': 'AMD EPYC 9R14' }, 'AMD EPYC, 3rd generation or later'],
    [{ vendor_id: 'GenuineIntel', 'cpu family': 6, model: 85, stepping: 4, 'model name': 'x' }, 'Intel Skylake'],
    [
      { vendor_id: 'GenuineIntel', 'cpu family': 6, model: 85, stepping: 7, 'model name': 'x' },
      'Intel Cascade Lake or later',
    ],
    [{ 'CPU implementer': '0x41', 'CPU part': '0xd0c' }, 'Arm Neoverse N1 or later'],
    [{ 'model name': 'Intel(R) Xeon(R) Processor' }, 'an average server'],
    [{ vendor_id: 'GenuineIntel', 'cpu family': 6, model: 154, 'model name': '12th Gen Core' }, 'an unknown processor'],
  ])('of %j are those of %s', (fields, name) => {
    expect(coefficientsOf(parseProcessor(cpuinfo(fields))).name).toBe(name);
  });

  it('make a second of one thread what lies between idle and full, and idle time what all threads draw then', () => {
    const source = coefficientSource({ model: 'AMD EPYC', family: 23, number: 1 }, 2);
    expect(source.origin).toEqual({
      grade: 'D',
      uncertainty: 'factor 2',
      source: 'coefficients of AMD EPYC, 1st generation',
    });
    expect(source.read({ ms: 0, busyNs: 1e9 })).toBeCloseTo(2.55 - 0.82);
    expect(source.read({ ms: 1000, busyNs: 0 })).toBeCloseTo(2 * 0.82);
  });
});

describe('counters', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  const zone = (name: string, fields: Record<string, string | number>): void => {
    mkdirSync(join(folder.path, name), { recursive: true });
    for (const [file, value] of Object.entries(fields)) writeFileSync(join(folder.path, name, file), `${value}\n`);
  };
  const counter = (name: string, energy_uj: number): void => zone(name, { energy_uj });
  beforeEach(() => {
    folder = temporaryFolder('energy');
  });
  afterEach(() => folder.remove());

  const machine = (): void => {
    zone('intel-rapl:0', { name: 'package-0', max_energy_range_uj: 1_000_000, energy_uj: 999_000 });
    zone('intel-rapl:0:0', { name: 'core', max_energy_range_uj: 1_000_000, energy_uj: 5 });
    zone('intel-rapl:0:1', { name: 'dram', max_energy_range_uj: 500_000, energy_uj: 100 });
    zone('intel-rapl:1', { name: 'psys', max_energy_range_uj: 1_000_000, energy_uj: 7 });
    zone('intel-rapl-mmio:0', { name: 'package-0', max_energy_range_uj: 1_000_000, energy_uj: 9 });
  };
  const opened = (one: ReturnType<typeof openRapl>): EnergySource => {
    if ('absent' in one) throw new Error(one.absent);
    return one;
  };
  const at = { ms: 0, busyNs: 0 };

  it('of RAPL: packages and memory once each, also where they begin again', () => {
    machine();
    const rapl = opened(openRapl({ activeWatts: 1 }, { folder: folder.path }));
    expect(rapl.origin).toEqual({ grade: 'B', uncertainty: '±30%', source: 'RAPL package-0, dram' });
    for (const [name, uj] of [
      ['intel-rapl:0:0', 400_000],
      ['intel-rapl:1', 900_000],
      ['intel-rapl-mmio:0', 900_000],
      ['intel-rapl:0:1', 200_100],
      ['intel-rapl:0', 1_000],
    ] as const)
      counter(name, uj);
    expect(rapl.read(at)).toBeCloseTo((2_000 + 200_000) / 1e6, 9);
    counter('intel-rapl:0', 999_999);
    expect(rapl.read(at)).toBeCloseTo((2_000 + 998_999 + 200_000) / 1e6, 9);
  });

  it('of RAPL compared with a meter are grade A', () => {
    machine();
    const rapl = opened(openRapl({ activeWatts: 1 }, { folder: folder.path, calibration: 1.5 }));
    expect(rapl.origin).toMatchObject({ grade: 'A', uncertainty: '±15%' });
    counter('intel-rapl:0:1', 200_100);
    expect(rapl.read(at)).toBeCloseTo(0.3, 9);
  });

  it('that there are not, or that nobody may read, are said to be so', () => {
    expect(openRapl({ activeWatts: 1 }, { folder: join(folder.path, 'none') })).toEqual({
      absent: expect.stringContaining('virtual machines'),
    });
    expect(openRapl({ activeWatts: 1 }, { folder: folder.path })).toEqual({
      absent: expect.stringContaining('no counter of a processor'),
    });
    machine();
    rmSync(join(folder.path, 'intel-rapl:0', 'energy_uj'));
    mkdirSync(join(folder.path, 'intel-rapl:0', 'energy_uj'));
    expect(openRapl({ activeWatts: 1 }, { folder: folder.path })).toEqual({
      absent: expect.stringContaining('cannot be read'),
    });
  });

  it('of a battery: while it discharges; on mains the coefficients stand in, and say so', () => {
    zone('BAT0', { type: 'Battery', status: 'Discharging', current_now: 2_000_000, voltage_now: 10_000_000 });
    zone('AC', { type: 'Mains' });
    const battery = opened(openBattery({ activeWatts: 1 }, folder.path));
    const model = coefficientSource({ model: '' }, 4);
    const account = new EnergyAccount([battery, model], { ms: 0, busyNs: 0 });
    account.read({ ms: 1_000, busyNs: 1e9 });
    expect(account.origin.grade).toBe('C');
    expect(account.totals.measured).toBeCloseTo(20);
    zone('BAT0', { status: 'Charging' });
    account.read({ ms: 2_000, busyNs: 1.5e9 });
    expect(account.price(1e9, 0, 2_000)).toMatchObject({
      grade: 'D',
      source: 'coefficients of an unknown processor',
      joules: 4,
    });
    expect(account.totals.measured).toBeCloseTo(22);
  });

  it('are preferred to the coefficients, which every machine has', () => {
    const gauge = openEnergyGauge({ powercap: folder.path, powerSupply: folder.path });
    expect(gauge.origin.grade).toBe('D');
    expect(gauge.absent).toEqual([expect.stringContaining('counter'), expect.stringContaining('no battery')]);
    gauge.close();
    machine();
    const rapl = openEnergyGauge({ powercap: folder.path, powerSupply: folder.path });
    expect(rapl.origin.grade).toBe('B');
    expect(rapl.price(2e9).joules).toBeGreaterThan(0);
    rapl.close();
  });
});

/** A machine that runs calls and other work, with counters as RAPL has them: what each call really drew is known. */
const simulate = (seed: number, minutes: number, others: number) => {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const STEP = 10;
  let [ms, busyNs, joules] = [0, 0, 0];
  const source: EnergySource = {
    origin: { grade: 'B', uncertainty: '±30%', source: 'RAPL package-0' },
    activeWatts: 3,
    // RAPL counts in steps of 61 µJ.
    read: () => Math.floor(joules / 61e-6) * 61e-6,
  };
  const account = new EnergyAccount([source], { ms, busyNs });
  const calls = new Set<{ began: number; left: number; cpuNs: number; drew: number }>();
  const truth = { calls: 0, others: 0, told: 0, number: 0, worst: 0 };
  const IDLE = 11;
  // The first window has no work, as that of a node that starts.
  while (ms < 1_000 + minutes * 60_000) {
    ms += STEP;
    const load = ms <= 1_000 ? 0 : 0.5 + 0.5 * Math.sin(ms / 40_000);
    // Watts of a busy thread change slowly with the clock of the processor, and with what it does.
    const watts = 6 + 2 * Math.sin(ms / 97_000) + (random() - 0.5);
    joules += (IDLE * STEP) / 1e3;
    if (ms > 1_000) {
      if (random() < 0.25 * load) {
        const long = random() < 0.002;
        calls.add({ began: ms, left: long ? 20_000 : 1 + random() * 300, cpuNs: 0, drew: 0 });
      }
      for (const one of calls) {
        const ran = Math.min(STEP, one.left);
        one.left -= ran;
        one.cpuNs += ran * 1e6;
        one.drew += (watts * ran) / 1e3;
        busyNs += ran * 1e6;
        joules += (watts * ran) / 1e3;
        if (one.left > 0) continue;
        calls.delete(one);
        const wallNs = Math.max(ran, ms - one.began + ran) * 1e6;
        const energy = account.price(one.cpuNs, wallNs, ms);
        account.told(energy.joules, one.cpuNs, wallNs, ms);
        truth.calls += one.drew;
        truth.told += energy.joules;
        truth.number++;
        truth.worst = Math.max(truth.worst, Math.abs(energy.joules / one.drew - 1));
      }
      busyNs += others * load * STEP * 1e6;
      const own = (watts * others * load * STEP) / 1e3;
      joules += own;
      truth.others += own;
    }
    if (ms % 1_000 === 0) account.read({ ms, busyNs });
  }
  return { account, truth, measured: joules };
};

describe('the energy of calls', () => {
  it.each([1, 2, 3])('adds up with that of idling to what was measured, where nothing else ran (seed %i)', (seed) => {
    const { account, truth, measured } = simulate(seed, 60, 0);
    const { calls, idle, others, due } = account.totals;
    expect(truth.number).toBeGreaterThan(10_000);
    expect(calls).toBeCloseTo(truth.told, 6);
    expect(Math.abs(account.totals.measured / measured - 1)).toBeLessThan(1e-6);
    expect(Math.abs((calls + idle) / measured - 1)).toBeLessThan(0.001);
    expect(Math.abs(calls + idle + others + due - account.totals.measured)).toBeLessThan(1e-6 * measured);
  });

  it('is what they drew, beside other work', () => {
    const { account, truth, measured } = simulate(4, 60, 0.8);
    const { others, due } = account.totals;
    expect(Math.abs(truth.told / truth.calls - 1)).toBeLessThan(0.01);
    expect(truth.worst).toBeLessThan(0.9);
    expect(Math.abs(due) / measured).toBeLessThan(0.001);
    expect(truth.others).toBeGreaterThan(truth.calls / 10);
    expect(Math.abs(others / truth.others - 1)).toBeLessThan(0.02);
  });
});
