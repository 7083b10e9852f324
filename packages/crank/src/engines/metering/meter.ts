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

export type Meter = (cpuNs: number) => Bill;

/** Joins the sources of energy, grid and prices. */
export const createMeter =
  (energyOf: (cpuNs: number) => Energy, grid: Grid, tariff: Tariff): Meter =>
  (cpuNs) => {
    const energy = energyOf(cpuNs);
    const grams = gramsOf(energy.joules, grid);
    const lines = priceOf({ cpuNs, joules: energy.joules, grams }, tariff);
    return {
      energy,
      carbon: { grams, gridGramsPerKwh: grid.gramsPerKwh, source: grid.source },
      lines,
      total: lines.reduce((sum, line) => sum + line.picoUsd, 0),
    };
  };
