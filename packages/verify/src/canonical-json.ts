/** A JSON value in memory. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Receipts nest a handful of levels; the bound keeps a hostile file from exhausting the stack. */
const MAX_DEPTH = 32;

/**
 * The canonical text of a JSON value (RFC 8785, JCS).
 *
 * @throws SyntaxError for what has no canonical form (infinities, lone surrogates) or nests deeper than 32 levels
 */
export const canonicalJson = (value: Json, depth = 0): string => {
  if (depth > MAX_DEPTH) throw new SyntaxError(`nested deeper than ${MAX_DEPTH} levels`);
  if (typeof value === 'number' && !Number.isFinite(value)) throw new SyntaxError('a number is out of range');
  if (typeof value === 'string' && !value.isWellFormed()) throw new SyntaxError('a string holds half a character');
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(',')}]`;
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${canonicalJson(key)}:${canonicalJson(value[key]!, depth + 1)}`).join(',')}}`;
};

/**
 * Parses JSON that must be in its canonical form: what the value would be printed as is what stands there. That refuses
 * white space, duplicate keys, other escapes, other orders and numbers that a double does not hold exactly.
 *
 * @throws SyntaxError that names what is wrong and, where the form is at fault, the first character that differs
 */
export const parseCanonicalJson = (text: string): Json => {
  const value = JSON.parse(text) as Json;
  const canonical = canonicalJson(value);
  if (canonical === text) return value;
  let at = 0;
  while (canonical[at] === text[at]) at++;
  throw new SyntaxError(`not in canonical form (RFC 8785) at character ${at}`);
};

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !isArray(value);

/** What is wrong with an object's members, or undefined where they are exactly `required` and some of `optional`. */
export const wrongMembers = (
  object: JsonObject,
  required: readonly string[],
  optional: readonly string[] = [],
): string | undefined => {
  const missing = required.find((name) => !Object.hasOwn(object, name));
  if (missing !== undefined) return `"${missing}" is missing`;
  const unknown = Object.keys(object).find((name) => !required.includes(name) && !optional.includes(name));
  return unknown === undefined ? undefined : `${JSON.stringify(unknown)} does not belong here`;
};
