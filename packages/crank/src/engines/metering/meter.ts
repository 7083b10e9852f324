import type { PicoUsd } from '#src/core/money.ts';
import { type Grid, gramsOf } from './carbon.ts';
import type { Energy } from './energy.ts';
import { type ChargeLine, priceOf, type Tariff } from './price.ts';

/** What a call took and what it costs. */
export interface Bill {
  energy: Energy;
  carbon: { grams: number; gridGramsPerKwh: number; source: string };
  lines: ChargeLine[];
  total: PicoUsd;
}

/** @param cpuNs CPU time that was used, @param wallNs for how long it ran */
export type Meter = (cpuNs: number, wallNs?: number) => Bill;

/** Sum of charge lines. */
export const totalOf = (lines: readonly ChargeLine[]): PicoUsd => lines.reduce((sum, { picoUsd }) => sum + picoUsd, 0);

/** A bill within a bound: a line below zero takes off what is beyond. */
export const within = (bill: Bill, most: PicoUsd): Bill =>
  bill.total <= most
    ? bill
    : { ...bill, lines: [...bill.lines, { kind: 'discount', picoUsd: most - bill.total }], total: most };

/** Joins the sources of energy, grid and prices. @param tariff of now */
export const createMeter =
  (energyOf: (cpuNs: number, wallNs: number) => Energy, grid: Grid, tariff: () => Tariff): Meter =>
  (cpuNs, wallNs = 0) => {
    const energy = energyOf(cpuNs, wallNs);
    const grams = gramsOf(energy.joules, grid);
    const lines = priceOf({ cpuNs, joules: energy.joules, grams }, tariff());
    return {
      energy,
      carbon: { grams, gridGramsPerKwh: grid.gramsPerKwh, source: grid.source },
      lines,
      total: totalOf(lines),
    };
  };
