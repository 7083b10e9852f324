import { PICO_PER_USD, type PicoUsd } from '#src/core/money.ts';

/** What things cost, in USD. */
export interface Tariff {
  perCall: number;
  perCpuSecond: number;
  perKwh: number;
  /** Social cost of carbon per tonne of CO2-equivalent: the EPA's central value (2% discount), 2025: 210, 2030: 230. */
  perTonneCo2: number;
}

/** The vision's fee of a thousandth of a cent per call; CPU near a small cloud instance's price. */
export const defaultTariff: Tariff = { perCall: 0.00001, perCpuSecond: 0.0000125, perKwh: 0.15, perTonneCo2: 214 };

const JOULES_PER_KWH = 3.6e6;
const GRAMS_PER_TONNE = 1e6;

export interface ChargeLine {
  kind: 'call' | 'cpu' | 'energy' | 'carbon';
  picoUsd: PicoUsd;
}

/** Charge lines of a call; each is rounded to whole picodollars, so that they add up to the total exactly. */
export const priceOf = (usage: { cpuNs: number; joules: number; grams: number }, tariff: Tariff): ChargeLine[] => [
  { kind: 'call', picoUsd: Math.round(tariff.perCall * PICO_PER_USD) },
  { kind: 'cpu', picoUsd: Math.round((usage.cpuNs / 1e9) * tariff.perCpuSecond * PICO_PER_USD) },
  { kind: 'energy', picoUsd: Math.round((usage.joules / JOULES_PER_KWH) * tariff.perKwh * PICO_PER_USD) },
  { kind: 'carbon', picoUsd: Math.round((usage.grams / GRAMS_PER_TONNE) * tariff.perTonneCo2 * PICO_PER_USD) },
];
