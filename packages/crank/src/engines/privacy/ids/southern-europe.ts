import { digitsOf, isShortDay, luhn, mod1110, weighted } from '../checksums.ts';
import type { Scheme } from './scheme.ts';

const DNI = 'TRWAGMYFPDXBNJZSQVHLCKE';

/** Ministerio del Interior: the letter is the number's rest modulo 23. */
const dni: Scheme = {
  type: 'es-dni',
  layouts: {
    '99999999A': 0.5,
    '99999999-A': 0.7,
    '99.999.999-A': 0.9,
    '99999999 A': 0.4,
    '9999999-A': 0.4,
    '9999999A': 0.2,
  },
  words: ['dni', 'nif', 'documento nacional', 'identidad'],
  valid: (n) => DNI[Number(n.slice(0, -1)) % 23] === n.at(-1),
};

/** The same for foreigners: X, Y and Z count as 0, 1 and 2. */
const nie: Scheme = {
  type: 'es-nie',
  layouts: { A9999999A: 0.6, 'A-9999999-A': 0.9, 'A9999999-A': 0.7 },
  words: ['nie', 'extranjero', 'identidad'],
  valid: (n) => /^[XYZ]/.test(n) && DNI[Number('XYZ'.indexOf(n[0]!) + n.slice(1, 8)) % 23] === n[8],
};

/** Autoridade Tributária: modulo 11; persons begin with 1, 2, 3 or 45. */
const nif: Scheme = {
  type: 'pt-nif',
  layouts: { '999 999 999': 0.35, '999999999': 0.1 },
  words: ['nif', 'contribuinte', 'número fiscal'],
  valid: (n) => {
    const rest = weighted(digitsOf(n), [9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    return /^(?:[123]|45)/.test(n) && (rest < 2 ? 0 : 11 - rest) === Number(n[8]);
  },
};

const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/** DM 23 December 1976, table of odd places; letters may stand for digits where two persons would share a code. */
const codiceFiscale: Scheme = {
  type: 'it-cf',
  layouts: { AAAAAAXXAXXAXXXA: 0.95 },
  words: ['codice fiscale', 'c\\.?f\\.?'],
  valid: (n) => {
    const digit = '[0-9LMNPQRSTUV]';
    if (!new RegExp(`^[A-Z]{6}${digit}{2}[ABCDEHLMPRST]${digit}{2}[A-Z]${digit}{3}[A-Z]$`).test(n)) return false;
    const sum = Array.from(n.slice(0, 15)).reduce((total, char, at) => {
      const value = /\d/.test(char) ? Number(char) : char.charCodeAt(0) - 65;
      return total + (at % 2 === 0 ? ODD[value]! : value);
    }, 0);
    return String.fromCharCode(65 + (sum % 26)) === n[15];
  },
};

/** IDIKA: birth, and Luhn. */
const amka: Scheme = {
  type: 'gr-amka',
  layouts: { '99999999999': 0.3 },
  words: ['amka', 'αμκα'],
  valid: (n) => isShortDay(n.slice(4, 6), n.slice(2, 4), n.slice(0, 2)) && luhn(n),
};

/** Porezna uprava: ISO/IEC 7064 MOD 11,10. */
const oib: Scheme = {
  type: 'hr-oib',
  layouts: { '99999999999': 0.2 },
  words: ['oib', 'osobni identifikacijski'],
  valid: mod1110,
};

/** Slovenia's EMŠO, and JMBG where Yugoslavia was: birth with three digits of the year, region, modulo 11. */
const emso: Scheme = {
  type: 'si-emso',
  layouts: { '9999999999999': 0.4 },
  words: ['emšo', 'emso', 'jmbg', 'matični broj'],
  valid: (n) => {
    const rest = 11 - (weighted(digitsOf(n), [7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11);
    return isShortDay(n.slice(5, 7), n.slice(2, 4), n.slice(0, 2)) && (rest % 11) % 10 === Number(n[12]);
  },
};

/** Nüfus ve Vatandaşlık İşleri: two check digits. */
const tckn: Scheme = {
  type: 'tr-tckn',
  layouts: { '99999999999': 0.4 },
  words: ['tckn', 't\\.?c\\.?(?: kimlik)?(?: no)?', 'kimlik(?: no| numarası)?'],
  valid: (n) => {
    const d = digitsOf(n);
    const tenth = (7 * (d[0]! + d[2]! + d[4]! + d[6]! + d[8]!) - (d[1]! + d[3]! + d[5]! + d[7]!)) % 10;
    const sum = d.slice(0, 10).reduce((total, digit) => total + digit, 0);
    return d[0] !== 0 && (tenth + 10) % 10 === d[9] && sum % 10 === d[10];
  },
};

export const southernEurope = [dni, nie, nif, codiceFiscale, amka, oib, emso, tckn] as const;
