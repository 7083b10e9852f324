import { formatDecimal } from './decimal.ts';

/** Money inside the platform: whole picodollars (10^-12 USD), so that a millisecond of CPU is not rounded away. */
export type PicoUsd = number;

export const PICO_PER_USD = 1e12;

const DIGITS = 12;

/** `0.000000020113`: decimal dollars with all digits that matter, no exponent. Sums of many calls may be too large for a number. */
export const formatUsd = (pico: PicoUsd | bigint): string => formatDecimal(BigInt(pico), DIGITS);
