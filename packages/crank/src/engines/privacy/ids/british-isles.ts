import { digitsOf, weighted } from '../checksums.ts';
import type { Scheme } from './scheme.ts';

/** HMRC, NIM39110: two letters, six digits, a suffix A to D; some letters and prefixes are not used. */
const nino: Scheme = {
  type: 'gb-nino',
  layouts: { 'AA 99 99 99 A': 0.9, 'AA-99-99-99-A': 0.9, AA999999A: 0.6, 'AA 999999 A': 0.8, 'AA 999999A': 0.7 },
  words: ['ni ?(?:no|number)?', 'nino', 'national insurance'],
  valid: (n) => /^(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]$/.test(n),
};

/** NHS Data Dictionary: modulo 11, weights 10 to 2. */
const nhs: Scheme = {
  type: 'gb-nhs',
  layouts: { '999 999 9999': 0.4, '999-999-9999': 0.3, '9999999999': 0.1 },
  words: ['nhs', 'national health'],
  valid: (n) => {
    const digits = digitsOf(n);
    return (11 - (weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === digits[9];
  },
};

/** Department of Social Protection: modulo 23, since 2013 with a second letter. */
const pps: Scheme = {
  type: 'ie-pps',
  layouts: { '9999999A': 0.4, '9999999AA': 0.5, '9999999 AA': 0.5 },
  words: ['pps ?(?:n|no|number)?', 'personal public service'],
  valid: (n) => {
    const second = n[8] === undefined || n[8] === 'W' ? 0 : n.charCodeAt(8) - 64;
    const sum = weighted(digitsOf(n.slice(0, 7)), [8, 7, 6, 5, 4, 3, 2]) + second * 9;
    return /^\d{7}[A-W][A-IW]?$/.test(n) && 'WABCDEFGHIJKLMNOPQRSTUV'[sum % 23] === n[7];
  },
};

export const britishIsles = [nino, nhs, pps] as const;
