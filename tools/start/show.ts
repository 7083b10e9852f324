import { join } from 'node:path';
import type { CallRecord, Example } from './client.ts';

/** Text as one word of a POSIX shell. */
export const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** A figure with three digits that count, without an exponent where people would not expect one. */
const figure = (value: number): string => (value === 0 ? '0' : Number(value.toPrecision(3)).toString());

/** What a call took and cost, in one line. */
export const usageLine = ({ usage, energy, carbon, charge }: CallRecord): string =>
  [
    `${figure(usage.cpuNs / 1e6)} ms CPU`,
    `${figure(energy.joules)} J (grade ${energy.grade})`,
    `${figure(carbon.grams)} gCO2e`,
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
