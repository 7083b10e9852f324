import { TooMuch } from './too-much.ts';

/** A value as Rego writes it: `["there", 5, {"a": true}]`. */
const term = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(term).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}: ${term(member)}`).join(', ')}}`;
};

/** Go writes at least two digits of an exponent. */
const exponent = (text: string): string => text.replace(/e([+-])(\d)$/, 'e$10$2');

/** Go's shortest form: an exponent below 10^-4 and from 10^21 on. */
const shortest = (value: number): string =>
  exponent(value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential() : String(value));

const floating: Readonly<Record<string, (value: number, precision: number | undefined) => string>> = {
  f: (value, precision = 6) => value.toFixed(precision),
  F: (value, precision = 6) => value.toFixed(precision),
  e: (value, precision = 6) => exponent(value.toExponential(precision)),
  E: (value, precision = 6) => exponent(value.toExponential(precision)).toUpperCase(),
  g: (value, precision) =>
    precision === undefined ? shortest(value) : String(Number(value.toPrecision(precision || 1))),
  v: (value) => shortest(value),
};
const bases: Readonly<Record<string, number>> = { d: 10, v: 10, b: 2, o: 8, x: 16, X: 16 };
const MOST_DIGITS = 100;

const number = (value: number, verb: string, plus: boolean, precision: number | undefined): string | undefined => {
  // From there on Rego writes an exponent, and means a float.
  const whole = Number.isInteger(value) && Math.abs(value) < 1e21;
  const base = whole ? bases[verb] : undefined;
  let text: string;
  if (base !== undefined) text = BigInt(value).toString(base);
  else if (!whole && floating[verb] !== undefined) text = floating[verb](value, precision);
  // Rego tells 10.0 from 10; what comes here does not, and somebody who writes %f means it.
  else if (whole && verb !== 'v' && floating[verb] !== undefined) text = floating[verb](value, precision);
  else if (whole && verb === 'c') text = String.fromCodePoint(value);
  else return undefined;
  if (verb === 'X') text = text.toUpperCase();
  return plus && value >= 0 ? `+${text}` : text;
};

const hex = (text: string): string => Buffer.from(text).toString('hex');

const string = (value: string, verb: string, precision: number | undefined): string | undefined => {
  const cut = precision === undefined ? value : [...value].slice(0, precision).join('');
  if (verb === 's' || verb === 'v') return cut;
  if (verb === 'q') return JSON.stringify(cut);
  if (verb === 'x') return hex(cut);
  return verb === 'X' ? hex(cut).toUpperCase() : undefined;
};

const pad = (text: string, flags: string, width: number): string => {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0')) return ' '.repeat(missing) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
};

const typed = (value: number | string): string =>
  typeof value === 'string' ? `string=${value}` : `${Number.isInteger(value) ? 'int64' : 'float64'}=${shortest(value)}`;

/**
 * Rego's `sprintf`: Go's fmt.Sprintf on numbers and strings; every other value is its text in Rego. (pkg.go.dev/fmt)
 *
 * @throws TooMuch for a width or precision beyond 100
 */
export const sprintf = (format: string, values: readonly unknown[]): string => {
  let next = 0;
  const text = format.replace(
    /%([-+# 0]*)(\d+)?(?:\.(\d*))?(.)?/gsu,
    (_, flags: string, width: string | undefined, digits: string | undefined, verb: string | undefined) => {
      if (verb === undefined) return '%!(NOVERB)';
      if (verb === '%') return '%';
      if (next >= values.length) return `%!${verb}(MISSING)`;
      const given = values[next++];
      const precision = digits === undefined ? undefined : Number(digits);
      if (Number(width ?? 0) > MOST_DIGITS || (precision ?? 0) > MOST_DIGITS)
        throw new TooMuch(`sprintf: wider than ${MOST_DIGITS}`);
      const value = typeof given === 'number' || typeof given === 'string' ? given : term(given);
      const made =
        typeof value === 'number'
          ? number(value, verb, flags.includes('+'), precision)
          : string(value, verb, precision);
      return made === undefined ? `%!${verb}(${typed(value)})` : pad(made, flags, Number(width ?? 0));
    },
  );
  const extra = values.slice(next).map((value) => {
    const plain = typeof value === 'number' || typeof value === 'string' ? value : term(value);
    return typed(plain);
  });
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(', ')})`;
};
