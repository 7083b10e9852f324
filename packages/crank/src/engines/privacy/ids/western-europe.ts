import { digitsOf, isDay, isShortDay, luhn, mod1110, verhoeff, weighted } from '../checksums.ts';
import type { Scheme } from './scheme.ts';

/** BZSt: ISO/IEC 7064 MOD 11,10; of the first ten digits one comes twice or thrice, and not thrice in a row. */
const steuerId: Scheme = {
  type: 'de-steuer-id',
  layouts: { '99 999 999 999': 0.6, '99999999999': 0.3 },
  words: ['steuer-?id\\p{L}*', 'steuer\\p{L}*', 'identifikationsnummer', 'idnr', 'tax id'],
  valid: (n) => {
    const counts = new Map<string, number>();
    for (const digit of n.slice(0, 10)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    const repeated = [...counts.values()].filter((count) => count > 1);
    return (
      !n.startsWith('0') && repeated.length === 1 && repeated[0]! <= 3 && !/(\d)\1\1/.test(n.slice(0, 10)) && mod1110(n)
    );
  },
};

/** ICAO Doc 9303 part 3: weights 7, 3, 1; German documents have no vowels and begin with a letter of a few. */
const ausweis: Scheme = {
  type: 'de-personalausweis',
  layouts: { XXXXXXXXX9: 0.2 },
  words: ['personalausweis\\p{L}*', 'ausweis\\p{L}*', 'reisepass\\p{L}*', 'id card', 'passport'],
  valid: (n) => {
    if (!/^[LMNPRTVWXYCFGHJK][0-9CFGHJKLMNPRTVWXYZ]{8}\d$/.test(n)) return false;
    const values = Array.from(n.slice(0, 9), (char) => Number.parseInt(char, 36));
    return weighted(values, [7, 3, 1, 7, 3, 1, 7, 3, 1]) % 10 === Number(n[9]);
  },
};

/** Deutsche Rentenversicherung, VKVV § 4: the letter counts as two digits; digit sums of products. */
const rentenversicherung: Scheme = {
  type: 'de-svnr',
  layouts: { '99 999999 A 999': 0.9, '99999999A999': 0.6 },
  words: ['sozialversicherung\\p{L}*', 'rentenversicherung\\p{L}*', 'svnr', 'rvnr'],
  valid: (n) => {
    const letter = String(n.charCodeAt(8) - 64).padStart(2, '0');
    const digits = digitsOf(n.slice(0, 8) + letter + n.slice(9, 11));
    const sum = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1].reduce((total, weight, at) => {
      const product = weight * digits[at]!;
      return total + Math.floor(product / 10) + (product % 10);
    }, 0);
    return isShortDay(n.slice(6, 8), n.slice(4, 6), n.slice(2, 4)) && sum % 10 === Number(n[11]);
  },
};

/** INSEE: sex, birth, place, order, and a key of 97; Corsica's 2A and 2B count as 19 and 18. */
const nir: Scheme = {
  type: 'fr-nir',
  layouts: {
    '9 99 99 99 999 999 99': 0.95,
    '9 99 99 9A 999 999 99': 0.95,
    '9999999999999 99': 0.6,
    '999999999999999': 0.55,
    '999999A99999999': 0.8,
  },
  words: ['nir', 'sécurité sociale', 'securite sociale', 'n° ?(?:de )?sécu\\p{L}*', 'insee'],
  valid: (n) => {
    if (!/^[1-478]\d\d(?:0[1-9]|1[0-2]|[2-4]\d|5[0-9]|[6-9]\d)(?:\d\d|2[AB])\d{6}\d\d$/.test(n)) return false;
    const body = n.slice(0, 13).replace('2A', '19').replace('2B', '18');
    return 97 - Number(BigInt(body) % 97n) === Number(n.slice(13));
  },
};

/** Rijksdienst: the "eleven test", the last weight being -1. */
const bsn: Scheme = {
  type: 'nl-bsn',
  layouts: { '9999.99.999': 0.6, '9999 99 999': 0.4, '999999999': 0.1 },
  words: ['bsn', 'burgerservicenummer', 'sofi-?nummer'],
  valid: (n) => n !== '000000000' && weighted(digitsOf(n), [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
};

/** IBZ: 97 less the rest of the first nine digits, with a 2 before them for births since 2000. */
const rijksregister: Scheme = {
  type: 'be-nn',
  layouts: {
    '99.99.99-999.99': 0.95,
    '99.99.99-999 99': 0.9,
    '99 99 99 999 99': 0.6,
    '99 99 99-999 99': 0.7,
    '99999999999': 0.4,
  },
  words: [
    'rijksregister\\p{L}*',
    'registre national',
    'numéro national',
    'nationaal nummer',
    'insz',
    'niss',
    'national number',
  ],
  valid: (n) => {
    const [body, key] = [n.slice(0, 9), Number(n.slice(9))];
    const month = Number(n.slice(2, 4)) % 20;
    if (month > 12 || Number(n.slice(4, 6)) > 31) return false;
    return 97 - (Number(body) % 97) === key || 97 - (Number(`2${body}`) % 97) === key;
  },
};

/** Dachverband der Sozialversicherungsträger: the check digit is the fourth. */
const versicherungsnummer: Scheme = {
  type: 'at-svnr',
  layouts: { '9999 999999': 0.4, '9999-999999': 0.4, '9999999999': 0.2 },
  words: ['sozialversicherung\\p{L}*', 'versicherungsnummer', 'svnr', 'sv-?nr', 'sv-?nummer'],
  valid: (n) => {
    const digits = digitsOf(n);
    return (
      !n.startsWith('0') &&
      Number(n.slice(6, 8)) <= 12 &&
      isShortDay(n.slice(8), n.slice(6, 8), n.slice(4, 6)) &&
      weighted(digits, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 === digits[3]
    );
  },
};

/** Zentrale Ausgleichsstelle: an EAN-13 that begins with 756. */
const ahv: Scheme = {
  type: 'ch-ahv',
  layouts: { '999.9999.9999.99': 0.95, '999 9999 9999 99': 0.8, '9999999999999': 0.6 },
  words: ['ahv\\p{L}*', 'avs', 'navs\\d*', 'sozialversicherung\\p{L}*'],
  valid: (n) => n.startsWith('756') && weighted(digitsOf(n), [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0,
};

/** Centre commun de la sécurité sociale: birth, then one Luhn and one Verhoeff digit over the first eleven. */
const matricule: Scheme = {
  type: 'lu-matricule',
  layouts: { '9999999999999': 0.6, '9999 99 99 99999': 0.8 },
  words: ['matricule', 'numéro national', 'sécurité sociale', 'cns'],
  valid: (n) =>
    isDay(Number(n.slice(0, 4)), Number(n.slice(4, 6)), Number(n.slice(6, 8))) &&
    /^(?:1[89]|20)/.test(n) &&
    luhn(n.slice(0, 12)) &&
    verhoeff(n.slice(0, 11) + n[12]),
};

export const westernEurope = [
  steuerId,
  ausweis,
  rentenversicherung,
  nir,
  bsn,
  rijksregister,
  versicherungsnummer,
  ahv,
  matricule,
] as const;
