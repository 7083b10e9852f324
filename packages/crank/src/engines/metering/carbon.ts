import { averageIntensity } from '@tgwf/co2/data';
import { CrankError } from '#src/core/error.ts';

const JOULES_PER_KWH = 3.6e6;

/** Average grid intensity of a country, grams of CO2-equivalent per kWh, and where the figure comes from. */
export interface Grid {
  gramsPerKwh: number;
  source: string;
}

/**
 * The grid's figure for an ISO 3166 alpha-3 country, or `WORLD`: yearly averages from The Green Web Foundation's table.
 *
 * @throws CrankError `invalid-input` for a country that the table lacks, or for which it has 0 (which means unknown)
 */
export const gridOf = (country: string): Grid => {
  const gramsPerKwh = averageIntensity.data[country];
  if (gramsPerKwh === undefined || gramsPerKwh <= 0) {
    throw new CrankError(
      'invalid-input',
      `No grid intensity for "${country}": set CRANK_GRID to an ISO 3166 alpha-3 code such as FRA, or WORLD.`,
    );
  }
  return { gramsPerKwh, source: `co2.js yearly ${averageIntensity.type}, ${country}` };
};

export const gramsOf = (joules: number, grid: Grid): number => (joules / JOULES_PER_KWH) * grid.gramsPerKwh;
