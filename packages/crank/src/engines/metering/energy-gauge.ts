import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { openBattery } from './battery.ts';
import { coefficientSource, parseProcessor } from './coefficients.ts';
import type { Energy, EnergyOrigin, EnergySource, MachineSample } from './energy.ts';
import { EnergyAccount, type EnergyTotals } from './energy-account.ts';
import { openRapl } from './rapl.ts';

/** Milliseconds between two readings: long against a call, short against a counter that runs full. */
const WINDOW_MS = 1_000;
/** Digits of a figure that is right within some per cent at best. */
const DIGITS = 6;

/** The energy of this machine, divided among calls. */
export interface EnergyGauge {
  /** Of a call that ends now, or that would. @param cpuNs CPU time, @param wallNs how long it ran */
  price(cpuNs: number, wallNs?: number): Energy;
  /** That a call was told its energy, in its receipt. */
  told(energy: Energy, cpuNs: number, wallNs: number): void;
  readonly origin: EnergyOrigin;
  readonly totals: EnergyTotals;
  /** Why better sources are not used. */
  readonly absent: readonly string[];
  close(): void;
}

export interface EnergyGaugeOptions {
  /** Joules at the meter for one of RAPL. */
  calibration?: number | undefined;
  /** Other places than the kernel's for its counters, batteries and processors. */
  powercap?: string;
  powerSupply?: string;
  cpuinfo?: string;
}

const isSource = (one: EnergySource | { absent: string }): one is EnergySource => !('absent' in one);

const sample = (): MachineSample => ({
  ms: performance.now(),
  busyNs: cpus().reduce((sum, { times }) => sum + (times.user + times.nice + times.sys + times.irq) * 1e6, 0),
});

/** Opens the best source that this machine has, RAPL before the battery, with the coefficients of its processor behind it. */
export const openEnergyGauge = ({
  calibration,
  powercap,
  powerSupply,
  cpuinfo = '/proc/cpuinfo',
}: EnergyGaugeOptions = {}): EnergyGauge => {
  const coefficients = coefficientSource(parseProcessor(readFileSync(cpuinfo, 'utf8')), cpus().length);
  const better = [openRapl(coefficients, { folder: powercap, calibration }), openBattery(coefficients, powerSupply)];
  const account = new EnergyAccount([...better.filter(isSource), coefficients], sample());
  const timer = setInterval(() => account.read(sample()), WINDOW_MS).unref();
  return {
    price: (cpuNs, wallNs = 0) => {
      const energy = account.price(cpuNs, wallNs, performance.now());
      return { ...energy, joules: Number(energy.joules.toPrecision(DIGITS)) };
    },
    told: ({ joules }, cpuNs, wallNs) => account.told(joules, cpuNs, wallNs, performance.now()),
    get origin() {
      return account.origin;
    },
    get totals() {
      return account.totals;
    },
    absent: better.flatMap((one) => (isSource(one) ? [] : [one.absent])),
    close: () => clearInterval(timer),
  };
};
