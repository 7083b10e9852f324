import type { PicoUsd } from '#src/core/money.ts';
import { picoFor } from './price-book.ts';

/** What every node charges for, in whole units of 10^-7 USD: the unit of prices. */
export interface Tariff {
  /** The platform's fee. */
  perCall: number;
  perCpuSecond: number;
  perKwh: number;
  /** Social cost of carbon per tonne of CO2-equivalent. */
  perTonneCo2: number;
}

const UNITS_PER_USD = 10_000_000;
const NANOJOULES_PER_KWH = 3_600_000_000_000_000n;
const PICOGRAMS_PER_TONNE = 1_000_000_000_000_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * The EPA's central value (2% near-term discount rate) of what a tonne of CO2 costs society, in whole US dollars: 190 for 2020,
 * 210 for 2025 and 230 for 2030 ("Report on the Social Cost of Greenhouse Gases", 2023), and between them by the straight line
 * that they lie on. Beyond them that of the nearer end.
 */
export const epaCarbonPrice = (year: number): number => 190 + 4 * (Math.min(2030, Math.max(2020, year)) - 2020);

/**
 * The vision's fee of a thousandth of a cent per call (100 units); CPU near a small cloud instance's price.
 *
 * @param carbonUsd per tonne; of the year by the EPA where absent
 */
export const tariffAt = (ms: number, carbonUsd = epaCarbonPrice(new Date(ms).getUTCFullYear())): Tariff => ({
  perCall: 100,
  perCpuSecond: 125,
  perKwh: 1_500_000,
  perTonneCo2: Math.round(carbonUsd * UNITS_PER_USD),
});

/** What a charge line is for. `call`: the platform's fee; `discount`: what keeps a charge within its bound, below zero. */
export const chargeKinds = [
  ...(['call', 'cpu', 'energy', 'carbon'] as const),
  ...(['request', 'memory', 'input', 'output', 'page', 'token'] as const),
  'discount',
] as const;
export type ChargeKind = (typeof chargeKinds)[number];

export interface ChargeLine {
  kind: ChargeKind;
  picoUsd: PicoUsd;
  /** What was counted, in the smallest parts of its unit (`price-book.ts`); only where a service's own price says what one costs. */
  quantity?: bigint;
}

/** Whole nanojoules, as they are charged and summed up. */
export const nanojoulesOf = (joules: number): bigint => BigInt(Math.round(joules * 1e9));
/** Whole picograms, likewise. */
const picogramsOf = (grams: number): bigint => BigInt(Math.round(grams * 1e12));

/** Charge lines of a call; each is rounded once, half up, to whole picodollars, so that they add up to the total exactly. */
export const priceOf = (usage: { cpuNs: number; joules: number; grams: number }, tariff: Tariff): ChargeLine[] => [
  { kind: 'call', picoUsd: Number(picoFor(BigInt(tariff.perCall), 1n)) },
  { kind: 'cpu', picoUsd: Number(picoFor(BigInt(usage.cpuNs) * BigInt(tariff.perCpuSecond), NS_PER_SECOND)) },
  {
    kind: 'energy',
    picoUsd: Number(picoFor(nanojoulesOf(usage.joules) * BigInt(tariff.perKwh), NANOJOULES_PER_KWH)),
  },
  {
    kind: 'carbon',
    picoUsd: Number(picoFor(picogramsOf(usage.grams) * BigInt(tariff.perTonneCo2), PICOGRAMS_PER_TONNE)),
  },
];
