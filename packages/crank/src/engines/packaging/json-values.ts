import { quote } from './findings.ts';
import type { Fuel } from './schema-fuel.ts';

export type JsonMap = Readonly<Record<string, unknown>>;

export const isMap = (value: unknown): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Something that two JSON values share exactly when they are equal, whatever the order of their members. */
export const identity = (value: unknown, fuel: Fuel): unknown => {
  if (typeof value === 'string') return `s${value}`;
  return typeof value === 'object' && value !== null ? `o${text(value, fuel)}` : value;
};

const text = (value: unknown, fuel: Fuel): string => {
  fuel.spend(16); // it takes that much longer than a look
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => text(item, fuel)).join(',')}]`;
  if (!isMap(value)) return String(value === 0 ? 0 : value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${text(member, fuel)}`).join(',')}}`;
};

/** Length in code points, as JSON Schema counts it (2020-12 Validation, section 6.3). */
export const countCharacters = (value: string): number => {
  let length = value.length;
  for (let i = 0; i < value.length - 1; i++) {
    if ((value.charCodeAt(i) & 0xfc00) !== 0xd800 || (value.charCodeAt(i + 1) & 0xfc00) !== 0xdc00) continue;
    length--;
    i++;
  }
  return length;
};

/** A value as a message names it: short, and nothing of what is inside. */
export const given = (value: unknown): string => {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (isMap(value)) return 'an object';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number too large';
  return String(value);
};

export const listed = (values: readonly unknown[]): string =>
  `${values.slice(0, 10).map(given).join(', ')}${values.length > 10 ? ', …' : ''}`;
