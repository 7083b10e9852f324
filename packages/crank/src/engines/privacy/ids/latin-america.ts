import { digitsOf, isShortDay, weighted } from '../checksums.ts';
import type { Scheme } from './scheme.ts';

/** A check digit modulo 11, where 10 and 11 are written 0. */
const check11 = (digits: readonly number[], weights: readonly number[]): number => {
  const rest = weighted(digits, weights) % 11;
  return rest < 2 ? 0 : 11 - rest;
};

/** Receita Federal: two check digits modulo 11; eleven equal digits pass and are none. */
const cpf: Scheme = {
  type: 'br-cpf',
  layouts: { '999.999.999-99': 0.9, '999999999-99': 0.6, '99999999999': 0.3 },
  words: ['cpf', 'cadastro de pessoas? físicas?'],
  valid: (n) => {
    const digits = digitsOf(n);
    return (
      !/^(\d)\1+$/.test(n) &&
      check11(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) === digits[9] &&
      check11(digits, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) === digits[10]
    );
  },
};

const CURP = '0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ';

/** Registro Nacional de Población: name, birth, sex, state and a check digit over all before it. */
const curp: Scheme = {
  type: 'mx-curp',
  layouts: { AAAA999999AAAAAAX9: 0.9 },
  words: ['curp'],
  valid: (n) => {
    if (!/^[A-Z]{4}\d{6}[HMX][A-Z]{5}/.test(n) || !isShortDay(n.slice(4, 6), n.slice(6, 8), n.slice(8, 10)))
      return false;
    const sum = Array.from(n.slice(0, 17)).reduce((total, char, at) => total + CURP.indexOf(char) * (18 - at), 0);
    return (10 - (sum % 10)) % 10 === Number(n[17]);
  },
};

/** AFIP: prefix of the kind of person, document, check digit modulo 11. */
const cuit: Scheme = {
  type: 'ar-cuit',
  layouts: { '99-99999999-9': 0.9, '99 99999999 9': 0.5, '99999999999': 0.2 },
  words: ['cuit', 'cuil', 'cdi'],
  valid: (n) => {
    const rest = 11 - (weighted(digitsOf(n), [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11);
    return /^(?:20|2[3-7]|3[0347]|5[015])/.test(n) && (rest === 11 ? 0 : rest === 10 ? 9 : rest) === Number(n[10]);
  },
};

/** Servicio de Registro Civil: modulo 11 with weights 2 to 7, where 10 is K. */
const rut: Scheme = {
  type: 'cl-rut',
  layouts: {
    '99.999.999-X': 0.9,
    '9.999.999-X': 0.85,
    '99999999-X': 0.4,
    '9999999-X': 0.3,
    '99999999X': 0.1,
    '9999999X': 0.1,
  },
  words: ['rut', 'run', 'rol único', 'rol unico'],
  valid: (n) => {
    const body = n.slice(0, -1);
    if (!/^\d+$/.test(body)) return false;
    const sum = Array.from(body)
      .reverse()
      .reduce((total, digit, at) => total + Number(digit) * (2 + (at % 6)), 0);
    return '0K987654321'[sum % 11] === n.at(-1);
  },
};

/** Registro Civil of Ecuador: province, and Luhn over ten digits. */
const cedula: Scheme = {
  type: 'ec-ci',
  layouts: { '999999999-9': 0.45, '9999999999': 0.1 },
  words: ['cédula', 'cedula', 'c\\.?i\\.?'],
  valid: (n) => {
    const doubled = digitsOf(n.slice(0, 9)).map((digit, at) => (at % 2 === 0 ? digit * 2 : digit));
    const sum = doubled.reduce((total, digit) => total + (digit > 9 ? digit - 9 : digit), 0);
    return /^(?:[01]\d|2[0-4]|30|50)[0-6]/.test(n) && (10 - (sum % 10)) % 10 === Number(n[9]);
  },
};

export const latinAmerica = [cpf, curp, cuit, rut, cedula] as const;
