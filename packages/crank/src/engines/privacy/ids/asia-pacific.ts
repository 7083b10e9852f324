import { digitsOf, isDay, isShortDay, verhoeff, weighted } from '../checksums.ts';
import type { Scheme } from './scheme.ts';

/** UIDAI: Verhoeff; begins with 2 to 9, and is no palindrome. */
const aadhaar: Scheme = {
  type: 'in-aadhaar',
  layouts: { '9999 9999 9999': 0.45, '9999-9999-9999': 0.45, '999999999999': 0.3 },
  words: ['aadh?aa?r', 'uid(?:ai)?', 'आधार'],
  valid: (n) => /^[2-9]/.test(n) && n !== [...n].reverse().join('') && verhoeff(n),
};

/** Income Tax Department: the fourth letter is the kind of holder, P a person; the last letter's rule is not published. */
const pan: Scheme = {
  type: 'in-pan',
  layouts: { AAAAA9999A: 0.5 },
  words: ['pan(?: card| number| no)?', 'permanent account'],
  valid: (n) => /^[A-Z]{3}[ABCFGHJLPT][A-Z](?!0000)\d{4}[A-Z]$/.test(n),
};

/** GB 11643-1999: place, birth, order, ISO/IEC 7064 MOD 11-2. */
const resident: Scheme = {
  type: 'cn-resident-id',
  layouts: { '99999999999999999X': 0.8 },
  words: ['身份证\\p{L}*', '公民身份号码', 'resident id\\p{L}*', 'id (?:card|number)'],
  valid: (n) =>
    /^[1-9]\d{16}[\dX]$/.test(n) &&
    /^(?:18|19|20)/.test(n.slice(6)) &&
    isDay(Number(n.slice(6, 10)), Number(n.slice(10, 12)), Number(n.slice(12, 14))) &&
    '10X98765432'[weighted(digitsOf(n.slice(0, 17)), [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11] ===
      n[17],
};

/** Hong Kong Immigration Department: modulo 11, a missing first letter counting as 36. */
const hkid: Scheme = {
  type: 'hk-id',
  layouts: { 'A999999(X)': 0.9, 'AA999999(X)': 0.9, A999999X: 0.3 },
  words: ['hkid', 'hong kong id\\p{L}*', '身份證\\p{L}*'],
  valid: (n) => {
    if (!/^[A-Z]{1,2}\d{6}[\dA]$/.test(n)) return false;
    const values = Array.from(n.slice(0, -1).padStart(8, ' '), (char) =>
      char === ' ' ? 36 : Number.parseInt(char, 36),
    );
    return '0A987654321'[weighted(values, [9, 8, 7, 6, 5, 4, 3, 2]) % 11] === n.at(-1);
  },
};

const TAIWAN = 'ABCDEFGHJKLMNPQRSTUVXYWZIO';

/** Taiwan's Ministry of the Interior: the letter is a place from 10 to 35, then weights 8 to 1. */
const taiwan: Scheme = {
  type: 'tw-id',
  layouts: { A999999999: 0.45 },
  words: ['身分證\\p{L}*', 'national id', 'id (?:card|number)'],
  valid: (n) => {
    const place = TAIWAN.indexOf(n[0]!) + 10;
    const sum = Math.floor(place / 10) + (place % 10) * 9 + weighted(digitsOf(n.slice(1)), [8, 7, 6, 5, 4, 3, 2, 1, 1]);
    return /^.[1289]/.test(n) && sum % 10 === 0;
  },
};

/** Singapore's ICA: weights 2, 7, 6, 5, 4, 3, 2, with 4 added for T and G and 3 for M. */
const nric: Scheme = {
  type: 'sg-nric',
  layouts: { A9999999A: 0.6 },
  words: ['nric', 'fin', 'identity card'],
  valid: (n) => {
    const kind = n[0]!;
    if (!/^[STFGM]/.test(n)) return false;
    const sum =
      weighted(digitsOf(n.slice(1, 8)), [2, 7, 6, 5, 4, 3, 2]) + (/[TG]/.test(kind) ? 4 : kind === 'M' ? 3 : 0);
    const letters = /[ST]/.test(kind) ? 'JZIHGFEDCBA' : kind === 'M' ? 'XWUTRQPNJLK' : 'XWUTRQPNMLK';
    return letters[kind === 'M' ? 10 - (sum % 11) : sum % 11] === n[8];
  },
};

/** Korea's Ministry of the Interior: birth, sex with century; numbers given since October 2020 have no check digit. */
const rrn: Scheme = {
  type: 'kr-rrn',
  layouts: { '999999-9999999': 0.7, '9999999999999': 0.15 },
  words: ['주민등록번호', '외국인등록번호', 'resident registration', 'rrn'],
  valid: (n) => isShortDay(n.slice(0, 2), n.slice(2, 4), n.slice(4, 6)),
};

/** Japan's Ordinance 85 of 2014, article 5: modulo 11. */
const myNumber: Scheme = {
  type: 'jp-my-number',
  layouts: { '9999 9999 9999': 0.4, '9999-9999-9999': 0.4, '999999999999': 0.2 },
  words: ['マイナンバー', '個人番号', 'my ?number', 'individual number'],
  valid: (n) => {
    const rest = weighted(digitsOf(n), [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    return (rest <= 1 ? 0 : 11 - rest) === Number(n[11]);
  },
};

/** Thailand's Department of Provincial Administration: modulo 11, weights 13 to 2. */
const thai: Scheme = {
  type: 'th-id',
  layouts: { '9-9999-99999-99-9': 0.9, '9 9999 99999 99 9': 0.8, '9999999999999': 0.2 },
  words: ['บัตรประชาชน', 'เลขประจำตัว\\p{L}*', 'thai id', 'national id', 'id card'],
  valid: (n) =>
    !/^[09]/.test(n) &&
    (11 - (weighted(digitsOf(n), [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 10 === Number(n[12]),
};

/** Malaysia's Jabatan Pendaftaran Negara: birth, place of birth; no check digit. */
const mykad: Scheme = {
  type: 'my-nric',
  layouts: { '999999-99-9999': 0.7, '999999999999': 0.1 },
  words: ['nric', 'mykad', 'kad pengenalan', 'ic (?:no|number)'],
  valid: (n) =>
    isShortDay(n.slice(0, 2), n.slice(2, 4), n.slice(4, 6)) && !/^.{6}(?:00|1[7-9]|20|69|70|73|8[01]|9[4-7])/.test(n),
};

/** Indonesia's Dukcapil: place, birth (women's day has 40 added), order; no check digit. */
const nik: Scheme = {
  type: 'id-nik',
  layouts: { '9999999999999999': 0.2 },
  words: ['nik', 'ktp', 'nomor induk'],
  valid: (n) => /^[1-9]\d/.test(n) && isShortDay(n.slice(10, 12), n.slice(8, 10), Number(n.slice(6, 8)) % 40),
};

/** Australian Taxation Office: weights 1, 4, 3, 7, 5, 8, 6, 9, 10, modulo 11. */
const tfn: Scheme = {
  type: 'au-tfn',
  layouts: { '999 999 999': 0.35, '999-999-999': 0.35, '999999999': 0.1 },
  words: ['tfn', 'tax file'],
  valid: (n) => weighted(digitsOf(n), [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0,
};

/** Services Australia: weights 1, 3, 7, 9; the last digit counts cards. */
const medicare: Scheme = {
  type: 'au-medicare',
  layouts: { '9999 99999 9': 0.6, '9999-99999-9': 0.6, '9999999999': 0.15 },
  words: ['medicare'],
  valid: (n) => /^[2-6]/.test(n) && weighted(digitsOf(n), [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === Number(n[8]),
};

/** New Zealand's Inland Revenue: two tries modulo 11. */
const ird: Scheme = {
  type: 'nz-ird',
  layouts: { '99-999-999': 0.3, '999-999-999': 0.3, '99999999': 0.05, '999999999': 0.1 },
  words: ['ird', 'inland revenue'],
  valid: (n) => {
    const d = digitsOf(n.padStart(9, '0'));
    const rest = (weights: readonly number[]): number => (11 - (weighted(d, weights) % 11)) % 11;
    const first = rest([3, 2, 7, 6, 5, 4, 3, 2]);
    return (
      Number(n) > 10_000_000 &&
      Number(n) < 150_000_000 &&
      (first === 10 ? rest([7, 4, 3, 2, 5, 2, 7, 6]) : first) === d[8]
    );
  },
};

export const asiaPacific = [
  aadhaar,
  pan,
  resident,
  hkid,
  taiwan,
  nric,
  rrn,
  myNumber,
  thai,
  mykad,
  nik,
  tfn,
  medicare,
  ird,
] as const;
