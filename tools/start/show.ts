import { join } from 'node:path';
import type { CallRecord, Example } from './client.ts';

/** Text as one word of a POSIX shell. */
export const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

const prefixes = [
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
] as const;

/** A small quantity with three digits that count, in the unit or a thousandth, a millionth of it: `1.23 mJ`. */
const quantity = (value: number, unit: string): string => {
  const [size, prefix] = prefixes.find(([one]) => value >= one) ?? prefixes[0];
  return `${Number((value / size).toPrecision(3))} ${prefix}${unit}`;
};

/** What a call took and cost, in one line. */
export const usageLine = ({ usage, energy, carbon, charge }: CallRecord): string =>
  [
    `${quantity(usage.cpuNs / 1e9, 's')} CPU`,
    `${quantity(energy.joules, 'J')} (grade ${energy.grade})`,
    `${quantity(carbon.grams, 'gCO2e')}`,
    `charge ${charge.total} ${charge.currency}`,
  ].join(', ');

/** The same call by curl and by the command line, ready to paste; `env` is what the command line must be told. */
export const commands = (
  url: string,
  data: string,
  { name, operation }: Example,
  args: unknown,
  env: readonly string[],
) => {
  const json = quote(JSON.stringify(args));
  const key = `"Authorization: Bearer $(cat ${quote(join(data, 'owner.key'))})"`;
  return {
    curl: `curl ${quote(new URL(`/v1/services/${name}/${operation}`, url).href)} -H ${key} -H 'Content-Type: application/json' -d ${json}`,
    crank: [...env, 'npx', 'crank', 'call', `${name}.${operation}`, '--input', json].join(' '),
  };
};

/** Bytes of a JSON answer for a terminal: cut where long. */
export const shorten = (text: string, max = 300): string => (text.length > max ? `${text.slice(0, max)} ...` : text);
