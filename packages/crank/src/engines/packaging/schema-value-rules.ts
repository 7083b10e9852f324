import { countCharacters, given, identity, isMap, type JsonMap, listed } from './json-values.ts';
import { checkedFormats } from './schema-formats.ts';
import { Fuel } from './schema-fuel.ts';
import { knownPatterns } from './schema-patterns.ts';
import { type Rule, tellError } from './schema-rule.ts';

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value),
  number: (value) => Number.isFinite(value), // false for anything but numbers, and for what JSON.parse made of 1e400
  string: (value) => typeof value === 'string',
  array: (value) => Array.isArray(value),
  object: isMap,
};

/** A rule about the value as a whole: its message is what was expected and what was given. */
const whole = (expected: string, test: Rule['test']): Rule => ({
  test,
  expected,
  tell: (value, at, telling) => tellError(telling, at, `expected ${expected}, got ${given(value)}`),
});

export const typeRule = (type: unknown): Rule & { isOfType: (value: unknown) => boolean } => {
  const names = [type].flat() as string[];
  const [first, ...rest] = names.map((name) => TYPES[name]!);
  const isOfType = rest.length === 0 ? first! : (value: unknown) => first!(value) || rest.some((test) => test(value));
  return { ...whole(names.join(' or '), isOfType), isOfType };
};

/** Rules about a value of any type, about numbers and about strings, but for `type`. */
export const valueRules = (schema: JsonMap): Rule[] => {
  const rules: Rule[] = [];
  const free = new Fuel(Number.MAX_SAFE_INTEGER); // the schema's own literals are bounded
  if (Array.isArray(schema['enum'])) {
    const allowed = new Set(schema['enum'].map((value) => identity(value, free)));
    rules.push(whole(`one of ${listed(schema['enum'])}`, (value, fuel) => allowed.has(identity(value, fuel))));
  }
  if (schema['const'] !== undefined) {
    const wanted = identity(schema['const'], free);
    rules.push(whole(given(schema['const']), (value, fuel) => identity(value, fuel) === wanted));
  }
  const number = (keyword: string, expected: string, holds: (value: number, bound: number) => boolean): void => {
    const bound = schema[keyword];
    if (typeof bound === 'number')
      rules.push(whole(`${expected} ${bound}`, (value) => typeof value !== 'number' || holds(value, bound)));
  };
  number('minimum', 'a number >=', (value, bound) => value >= bound);
  number('maximum', 'a number <=', (value, bound) => value <= bound);
  number('exclusiveMinimum', 'a number >', (value, bound) => value > bound);
  number('exclusiveMaximum', 'a number <', (value, bound) => value < bound);
  number('multipleOf', 'a multiple of', isMultiple);
  const { format, contentEncoding } = schema;
  if (typeof format === 'string' && Object.hasOwn(checkedFormats, format)) {
    const { test, example } = checkedFormats[format]!;
    const expected = `text in the format ${format} (such as ${example})`;
    rules.push(whole(expected, (value) => typeof value !== 'string' || test(value)));
  }
  const pattern = knownPatterns.get(String(schema['pattern']));
  if (pattern !== undefined)
    rules.push(whole(pattern.expected, (value) => typeof value !== 'string' || pattern.test(value)));
  if (contentEncoding === 'base64')
    rules.push(
      whole('base64 text', (value, fuel) => {
        if (typeof value !== 'string') return true;
        fuel.spend(value.length >> 3);
        return value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
      }),
    );
  const length = lengthRule(schema);
  return length === undefined ? rules : [...rules, length];
};

/** As people count: 19.99 is a multiple of 0.01. */
const isMultiple = (value: number, divisor: number): boolean => {
  const quotient = value / divisor;
  return Number.isFinite(quotient) && Math.abs(Math.round(quotient) - quotient) <= 1e-9;
};

const lengthRule = (schema: JsonMap): Rule | undefined => {
  const bounds = range(schema['minLength'], schema['maxLength']);
  if (bounds === undefined) return undefined;
  const { min, max, between } = bounds;
  return {
    test: (value, fuel) => {
      if (typeof value !== 'string') return true;
      // A character has one or two UTF-16 code units, which mostly answers without counting.
      if (value.length < min || value.length > 2 * max) return false;
      if (value.length <= max && value.length >= 2 * min) return true;
      fuel.spend(value.length >> 3);
      const length = countCharacters(value);
      return length >= min && length <= max;
    },
    tell: (value, at, telling) =>
      tellError(telling, at, `expected ${between} characters, got ${countCharacters(value as string)}`),
  };
};

/** A pair of bounds and its words, or undefined where neither is given. */
export const range = (least: unknown, most: unknown): { min: number; max: number; between: string } | undefined => {
  if (least === undefined && most === undefined) return undefined;
  const [min, max] = [(least as number) ?? 0, (most as number) ?? Number.POSITIVE_INFINITY];
  const between = most === undefined ? `at least ${min}` : min === 0 ? `at most ${max}` : `${min} to ${max}`;
  return { min, max, between };
};
