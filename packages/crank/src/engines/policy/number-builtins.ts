import { TooMuch } from './too-much.ts';

const BINARY = ['', 'ki', 'mi', 'gi', 'ti', 'pi', 'ei'];
const DECIMAL = ['', 'k', 'm', 'g', 't', 'p', 'e'];
/** A number, perhaps with an exponent, and what follows it. */
const AMOUNT = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,6}(?![\d]))?)([A-Za-z]*)$/;

/** What a number of decimal digits times a factor is: whole ones to the last digit. */
const times = (digits: string, factor: number): number | bigint => {
  const [, sign, whole = '', fraction = '', power = '0'] = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(digits)!;
  const shift = Number(power) - fraction.length;
  if (Math.abs(shift) > 400) return Number(digits) * factor;
  const all = BigInt(whole + fraction || '0') * BigInt(factor);
  const divisor = 10n ** BigInt(Math.abs(shift));
  const value = shift >= 0 ? all * divisor : all % divisor === 0n ? all / divisor : Number(`${all}e${shift}`);
  return sign === '-' ? -value : value;
};

const split = (text: string): { digits: string; unit: string } => {
  const parts = AMOUNT.exec(text.replaceAll('"', ''));
  if (parts === null) throw new TypeError('no amount with a unit');
  return { digits: parts[1]!, unit: parts[2]! };
};

const factorOf = (unit: string): number => {
  const binary = BINARY.indexOf(unit);
  if (binary >= 0) return 1024 ** binary;
  const decimal = DECIMAL.indexOf(unit);
  if (decimal >= 0) return 1000 ** decimal;
  throw new TypeError('no unit that is known');
};

/** `10K` is 10000, `10Ki` is 10240; `m` is a thousandth, and `M` a million. */
const parseUnits = (text: string): number | bigint => {
  const { digits, unit } = split(text);
  const value = unit === 'm' ? Number(times(digits, 1)) / 1000 : times(digits, factorOf(unit.toLowerCase()));
  return typeof value === 'bigint' ? value : Number(value.toFixed(10));
};

/** `10KB` is 10000, `10KiB` and `10Ki` are 10240, `m` is a million like `M`: bytes are whole. */
const parseBytes = (text: string): number | bigint => {
  const { digits, unit } = split(text.toLowerCase());
  if (unit === 'b') throw new TypeError('no unit that is known');
  const value = times(digits, factorOf(unit.replace(/b$/, '')));
  return typeof value === 'bigint' ? value : Math.trunc(value);
};

/** Longest range: it is made at once. */
const MOST_NUMBERS = 1e6;

const range = (from: number, to: number, step: number): number[] => {
  if (![from, to, step].every(Number.isSafeInteger) || step <= 0) throw new TypeError('numbers.range_step: no steps');
  const length = Math.floor(Math.abs(to - from) / step) + 1;
  if (length > MOST_NUMBERS) throw new TooMuch(`numbers.range_step: more than ${MOST_NUMBERS}`);
  return Array.from({ length }, (_, n) => from + (to < from ? -n : n) * step);
};

/** Rego's built-ins about numbers that OPA leaves out of WebAssembly (openpolicyagent.org, "Policy Reference", Units, Numbers). */
export const numberBuiltins: Readonly<Record<string, (...args: never[]) => unknown>> = {
  'numbers.range_step': range,
  'units.parse': parseUnits,
  'units.parse_bytes': parseBytes,
};
