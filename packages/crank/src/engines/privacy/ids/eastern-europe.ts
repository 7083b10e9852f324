import { digitsOf, isShortDay, weighted } from '../checksums.ts';
import type { Scheme } from './scheme.ts';

/** Ministerstwo Cyfryzacji: birth, its century being added to the month, weights 1, 3, 7, 9. */
const pesel: Scheme = {
  type: 'pl-pesel',
  layouts: { '99999999999': 0.35 },
  words: ['pesel(?:u|em)?'],
  valid: (n) =>
    isShortDay(n.slice(0, 2), Number(n.slice(2, 4)) % 20, n.slice(4, 6)) &&
    weighted(digitsOf(n), [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0,
};

/** Act 133/2000 Sb.: divisible by 11 (nine digits before 1954); women have 50 added to the month, full days 20. */
const rodneCislo: Scheme = {
  type: 'cz-rc',
  layouts: { '999999/9999': 0.9, '999999/999': 0.45, '9999999999': 0.25, '999999999': 0.1 },
  words: ['rodné číslo', 'rodne cislo', 'r\\.? ?č\\.?', 'rč'],
  valid: (n) => {
    const month = (Number(n.slice(2, 4)) % 50) % 20;
    if (!isShortDay(n.slice(0, 2), month, n.slice(4, 6))) return false;
    if (n.length === 9) return Number(n.slice(0, 2)) < 54;
    return (Number(n.slice(0, 9)) % 11) % 10 === Number(n[9]);
  },
};

/** Hungary's health insurance number: weights 3 and 7. */
const taj: Scheme = {
  type: 'hu-taj',
  layouts: { '999 999 999': 0.35, '999-999-999': 0.35, '999999999': 0.1 },
  words: ['taj(?:-?szám)?', 'társadalombiztosítás\\p{L}*'],
  valid: (n) => weighted(digitsOf(n), [3, 7, 3, 7, 3, 7, 3, 7]) % 10 === Number(n[8]),
};

/** Hungary's personal number: sex with century, birth, modulo 11. */
const szemelyi: Scheme = {
  type: 'hu-szemelyi',
  layouts: { '9-999999-9999': 0.7, '9 999999 9999': 0.5, '99999999999': 0.15 },
  words: ['személyi (?:szám|azonosító)\\p{L}*', 'szemelyi szam'],
  valid: (n) => {
    const forward = weighted(digitsOf(n), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) % 11;
    const backward = weighted(digitsOf(n), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11;
    return (
      /^[1-8]/.test(n) &&
      isShortDay(n.slice(1, 3), n.slice(3, 5), n.slice(5, 7)) &&
      [forward, backward].includes(Number(n[10]))
    );
  },
};

/** Hungary's tax number of persons: begins with 8, modulo 11. */
const adoazonosito: Scheme = {
  type: 'hu-adoazonosito',
  layouts: { '9999999999': 0.2 },
  words: ['adóazonosító\\p{L}*', 'adóazonosító jel', 'adoazonosito'],
  valid: (n) => n.startsWith('8') && weighted(digitsOf(n), [1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 === Number(n[9]),
};

/** Romania's Law 105/1996: sex with century, birth, county, modulo 11. */
const cnp: Scheme = {
  type: 'ro-cnp',
  layouts: { '9999999999999': 0.4 },
  words: ['cnp(?:-?ul)?', 'cod numeric personal'],
  valid: (n) => {
    const rest = weighted(digitsOf(n), [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    return (
      /^[1-9]\d{6}(?:0[1-9]|[1-4]\d|5[12]|70|8[0-3])/.test(n) &&
      isShortDay(n.slice(1, 3), n.slice(3, 5), n.slice(5, 7)) &&
      (rest === 10 ? 1 : rest) === Number(n[12])
    );
  },
};

/** Bulgaria's ESGRAON: birth, its century being added to the month, modulo 11. */
const egn: Scheme = {
  type: 'bg-egn',
  layouts: { '9999999999': 0.25 },
  words: ['egn', 'егн'],
  valid: (n) =>
    isShortDay(n.slice(0, 2), Number(n.slice(2, 4)) % 20, n.slice(4, 6)) &&
    (weighted(digitsOf(n), [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10 === Number(n[9]),
};

/** Russia's pension insurance number, Order 192p: weights 9 to 1, modulo 101. */
const snils: Scheme = {
  type: 'ru-snils',
  layouts: { '999-999-999 99': 0.9, '999-999-999-99': 0.7, '99999999999': 0.2 },
  words: ['снилс', 'snils'],
  valid: (n) => {
    const rest = weighted(digitsOf(n), [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101;
    return Number(n.slice(0, 9)) > 1_001_998 && rest % 100 === Number(n.slice(9));
  },
};

/** Russia's taxpayer number of persons, Order MM-7-6/435@: two check digits. */
const inn: Scheme = {
  type: 'ru-inn',
  layouts: { '999999999999': 0.3 },
  words: ['инн', 'inn', 'taxpayer'],
  valid: (n) => {
    const d = digitsOf(n);
    return (
      (weighted(d, [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10 === d[10] &&
      (weighted(d, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10 === d[11]
    );
  },
};

/** Ukraine's taxpayer card: days since 1899-12-31, sex, modulo 11. */
const rnokpp: Scheme = {
  type: 'ua-rnokpp',
  layouts: { '9999999999': 0.15 },
  words: ['рнокпп', 'іпн', 'rnokpp', 'drfo'],
  valid: (n) => {
    const sum = weighted(digitsOf(n), [-1, 5, 7, 9, 4, 6, 10, 5, 7]);
    return (((sum % 11) + 11) % 11) % 10 === Number(n[9]) && Number(n.slice(0, 5)) > 0;
  },
};

export const easternEurope = [pesel, rodneCislo, taj, szemelyi, adoazonosito, cnp, egn, snils, inn, rnokpp] as const;
