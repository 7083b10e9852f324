import { digitsOf, isShortDay, luhn, weighted } from '../checksums.ts';
import type { Scheme } from './scheme.ts';

/** Skatteverket, SKV 704: Luhn over ten digits; days of coordination numbers are 60 more. */
const personnummer: Scheme = {
  type: 'se-personnummer',
  layouts: { '99999999-9999': 0.8, '999999-9999': 0.6, '999999+9999': 0.8, '9999999999': 0.2, '999999999999': 0.4 },
  words: ['personnummer', 'person-?nr', 'pnr', 'samordningsnummer', 'personal (?:identity )?number'],
  valid: (n) => {
    const short = n.slice(-10);
    const day = Number(short.slice(4, 6)) % 60;
    return (
      (n.length === 10 || /^(?:18|19|20)/.test(n)) &&
      isShortDay(short.slice(0, 2), short.slice(2, 4), day) &&
      luhn(short)
    );
  },
};

/** Skatteetaten: two check digits modulo 11; D-numbers have 40 added to the day, synthetic ones 40 or 80 to the month. */
const fodselsnummer: Scheme = {
  type: 'no-fnr',
  layouts: { '999999 99999': 0.8, '99999999999': 0.5 },
  words: ['fødselsnummer', 'fodselsnummer', 'fnr', 'personnummer', 'd-nummer'],
  valid: (n) => {
    const d = digitsOf(n);
    return (
      isShortDay(n.slice(4, 6), Number(n.slice(2, 4)) % 40, Number(n.slice(0, 2)) % 40) &&
      weighted(d, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 === 0 &&
      weighted(d, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0
    );
  },
};

/** CPR-kontoret: numbers given since 2007 need not pass the old check, so that the form is all there is. */
const cpr: Scheme = {
  type: 'dk-cpr',
  layouts: { '999999-9999': 0.45, '999999 9999': 0.3, '9999999999': 0.1 },
  words: ['cpr(?:-?nr|-?nummer)?', 'personnummer'],
  valid: (n) => isShortDay(n.slice(4, 6), n.slice(2, 4), n.slice(0, 2)),
};

const HETU = '0123456789ABCDEFHJKLMNPRSTUVWXY';
const hetuSigns = ['-', '+', ...'ABCDEFYXWVU'];

/** Digital and Population Data Services Agency: rest modulo 31; the sign tells the century. */
const hetu: Scheme = {
  type: 'fi-hetu',
  layouts: { '999999-999X': 0.9, '999999+999X': 0.95, '999999A999X': 0.7 },
  words: ['hetu', 'henkilötunnus', 'personbeteckning', 'personal identity code'],
  valid: (n) => {
    const digits = n.slice(0, 6) + n.slice(-4, -1);
    return (
      (n.length === 10 || hetuSigns.includes(n[6]!)) &&
      isShortDay(n.slice(4, 6), n.slice(2, 4), n.slice(0, 2)) &&
      HETU[Number(digits) % 31] === n.at(-1)
    );
  },
};

/** Þjóðskrá: modulo 11; the last digit is the century. */
const kennitala: Scheme = {
  type: 'is-kennitala',
  layouts: { '999999-9999': 0.55, '9999999999': 0.15 },
  words: ['kennitala', 'kt'],
  valid: (n) =>
    /[089]$/.test(n) &&
    isShortDay(n.slice(4, 6), n.slice(2, 4), n.slice(0, 2)) &&
    weighted(digitsOf(n), [3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
};

/** Estonia's isikukood and Lithuania's asmens kodas: sex with century, birth, modulo 11 in two stages. */
const isikukood = (type: string, words: readonly string[]): Scheme => ({
  type,
  layouts: { '99999999999': 0.3 },
  words,
  valid: (n) => {
    const d = digitsOf(n);
    const first = weighted(d, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    const check = first === 10 ? (weighted(d, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11) % 10 : first;
    return /^[1-8]/.test(n) && isShortDay(n.slice(1, 3), n.slice(3, 5), n.slice(5, 7)) && check === d[10];
  },
});

/** Pilsonības un migrācijas lietu pārvalde: old numbers have the birth, those since 2017 begin with 32. */
const personasKods: Scheme = {
  type: 'lv-pk',
  layouts: { '999999-99999': 0.4, '99999999999': 0.1 },
  words: ['personas kods', 'p\\.?k\\.?'],
  valid: (n) => {
    const sum = 1 + weighted(digitsOf(n), [10, 5, 8, 4, 2, 1, 6, 3, 7, 9]);
    return (
      n.startsWith('32') ||
      (isShortDay(n.slice(4, 6), n.slice(2, 4), n.slice(0, 2)) && (sum % 11) % 10 === Number(n[10]))
    );
  },
};

export const northernEurope = [
  personnummer,
  fodselsnummer,
  cpr,
  hetu,
  kennitala,
  isikukood('ee-isikukood', ['isikukood', 'personal code']),
  isikukood('lt-asmens-kodas', ['asmens kodas', 'personal code']),
  personasKods,
] as const;
