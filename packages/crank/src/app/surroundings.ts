import { CrankError } from '#src/core/error.ts';

/** What is around a machine and before it, as its operator says. */
export interface Surroundings {
  /** Energy of the room for that of the machines (ISO/IEC 30134-2). */
  pue: number;
  embodied: { grams: number; seconds: number } | undefined;
}

const YEAR_SECONDS = 365.25 * 86_400;

/** @param pue such as `1.3` @param embodied kilograms and years, such as `280/4`; empty: not known @throws CrankError `invalid-input` */
export const surroundingsOf = (pue: string, embodied: string): Surroundings => {
  const factor = Number(pue);
  if (!(factor >= 1 && factor <= 5))
    throw new CrankError('invalid-input', `CRANK_PUE is "${pue}": give a number from 1 to 5, such as 1.3.`);
  if (embodied === '') return { pue: factor, embodied: undefined };
  const [, kilograms, years] = /^(\d{1,6}(?:\.\d+)?)\/(\d{1,2}(?:\.\d+)?)$/.exec(embodied) ?? [];
  if (kilograms === undefined || !(Number(years) > 0))
    throw new CrankError(
      'invalid-input',
      `CRANK_EMBODIED is "${embodied}": give kilograms of CO2e and years of service, such as 280/4.`,
    );
  return { pue: factor, embodied: { grams: Number(kilograms) * 1e3, seconds: Number(years) * YEAR_SECONDS } };
};
