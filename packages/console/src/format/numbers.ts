const group = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const three = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

export const count = (value: number): string => group.format(value);

/** With a unit's prefix, three digits. */
const scaled = (value: number, unit: string, prefixes: readonly (readonly [number, string])[]): string => {
  if (value === 0) return `0 ${unit}`;
  const [size, prefix] = prefixes.find(([each]) => Math.abs(value) >= each) ?? prefixes.at(-1)!;
  return `${three.format(value / size)} ${prefix}${unit}`;
};

const SMALL = [
  [1e3, 'k'],
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
] as const;

export const joules = (value: number): string => scaled(value, 'J', SMALL);
export const grams = (value: number): string => scaled(value, 'g', SMALL);
export const bytes = (value: number): string =>
  scaled(value, 'B', [
    [2 ** 30, 'Gi'],
    [2 ** 20, 'Mi'],
    [2 ** 10, 'Ki'],
    [1, ''],
  ]);

/** @param ms milliseconds */
export const duration = (ms: number): string => {
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
  return ms >= 1000 ? `${three.format(ms / 1000)} s` : `${three.format(ms)} ms`;
};

/** Dollars as text: prices of calls are far below a cent, so digits are kept. @param text decimal, without exponent */
export const dollars = (text: string): string => {
  const value = Number(text);
  if (value === 0) return '$0';
  if (Math.abs(value) >= 1)
    return `$${value.toLocaleString('en', { maximumFractionDigits: 2, minimumFractionDigits: 2 })}`;
  return `$${text.includes('.') ? text.replace(/0+$/, '') : text}`;
};

/** How much more than before, where that can be said. */
export const change = (now: number, before: number): string => {
  if (before === 0) return now === 0 ? 'as yesterday: none' : 'none yesterday';
  const percent = Math.round((now / before - 1) * 100);
  return percent === 0 ? 'as yesterday' : `${percent > 0 ? '+' : '−'}${Math.abs(percent)}% on yesterday`;
};
