/** Digits of a text that has nothing else. */
export const digitsOf = (text: string): number[] => {
  const digits: number[] = [];
  for (let at = 0; at < text.length; at++) digits.push(text.charCodeAt(at) - 48);
  return digits;
};

/** Sum of products with weights. */
export const weighted = (digits: readonly number[], weights: readonly number[]): number => {
  let sum = 0;
  for (let at = 0; at < weights.length; at++) sum += weights[at]! * digits[at]!;
  return sum;
};

/** Luhn's formula, ISO/IEC 7812-1 annex B: the check digit is the last. */
export const luhn = (text: string): boolean => {
  let sum = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(text.length - 1 - index) - 48;
    const twice = index % 2 === 1 ? digit * 2 : digit;
    sum += twice > 9 ? twice - 9 : twice;
  }
  return sum % 10 === 0;
};

/** ISO/IEC 7064 MOD 11,10: the check digit is the last. */
export const mod1110 = (text: string): boolean => {
  let check = 10;
  for (const digit of digitsOf(text.slice(0, -1))) {
    const sum = (check + digit) % 10 || 10;
    check = (sum * 2) % 11;
  }
  return (11 - check) % 10 === Number(text.at(-1));
};

/** ISO/IEC 7064 MOD 97-10 of a text of digits and letters (A is 10): the remainder. */
export const mod97 = (text: string): number => {
  let rest = 0;
  for (let index = 0; index < text.length; index++) {
    const value = Number.parseInt(text[index]!, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
};

const VERHOEFF = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
].map(digitsOf);
const VERHOEFF_TURNS = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
].map(digitsOf);

/** Verhoeff's code (1969), the check digit being the last. */
export const verhoeff = (text: string): boolean =>
  [...digitsOf(text)].reverse().reduce((check, digit, at) => VERHOEFF[check]![VERHOEFF_TURNS[at % 8]![digit]!]!, 0) ===
  0;

/** Whether there was, or will be, such a day. */
export const isDay = (year: number, month: number, day: number): boolean =>
  month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();

/** The same for two digits of a year, whose century is not said: leap years of either count. */
export const isShortDay = (year: string, month: string | number, day: string | number): boolean =>
  isDay(2000 + Number(year), Number(month), Number(day));
