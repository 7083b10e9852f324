/** Money inside the platform: whole picodollars (10^-12 USD), so that a millisecond of CPU is not rounded away. */
export type PicoUsd = number;

export const PICO_PER_USD = 1e12;

/** `0.000000020113`: decimal dollars with all digits that matter, no exponent. */
export const formatUsd = (pico: PicoUsd): string => {
  const sign = pico < 0 ? '-' : '';
  const digits = BigInt(Math.abs(pico)).toString().padStart(13, '0');
  const fraction = digits.slice(-12).replace(/0+$/, '');
  return `${sign}${digits.slice(0, -12)}${fraction === '' ? '' : `.${fraction}`}`;
};
