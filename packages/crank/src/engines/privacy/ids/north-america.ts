import { luhn } from '../checksums.ts';
import type { Scheme } from './scheme.ts';

/** Social Security Administration, "The SSN Numbering Scheme" and randomization (2011): no check digit, some ranges unused. */
const ssn: Scheme = {
  type: 'us-ssn',
  layouts: { '999-99-9999': 0.7, '999 99 9999': 0.4, '999.99.9999': 0.3, '999999999': 0.1 },
  words: ['ssns?', 'social security(?: number| no| #)?', 'soc sec', 'ss ?#', 'taxpayer id'],
  valid: (n) => !/^(?:000|666|9)|^.{3}00|0000$/.test(n),
};

/** Internal Revenue Service, Pub. 1915: begins with 9, the fourth and fifth digit in 50-65, 70-88, 90-92, 94-99. */
const itin: Scheme = {
  type: 'us-itin',
  layouts: { '999-99-9999': 0.6, '999 99 9999': 0.4, '999999999': 0.1 },
  words: ['itins?', 'individual taxpayer', 'tax ?id', 'taxpayer'],
  valid: (n) => /^9\d\d(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])/.test(n),
};

/** Service Canada: Luhn; 0 and 8 are not given to persons. */
const sin: Scheme = {
  type: 'ca-sin',
  layouts: { '999 999 999': 0.4, '999-999-999': 0.4, '999999999': 0.1 },
  words: ['sin', 'social insurance', 'assurance sociale', 'nas'],
  valid: (n) => !/^[08]/.test(n) && luhn(n),
};

export const northAmerica = [ssn, itin, sin] as const;
