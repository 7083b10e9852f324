/** A JSON value in memory. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/**
 * The canonical text of a JSON value (RFC 8785, JCS): keys sorted by UTF-16 code units, no white space, numbers as
 * ECMAScript prints them. Members that are `undefined` are left out.
 *
 * @throws TypeError for what JSON cannot say: NaN, infinities, lone surrogates, functions.
 */
export const canonicalJson = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return text(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? array(value) : object(value as Record<string, unknown>);
    default:
      throw new TypeError(`a ${typeof value} has no JSON form`);
  }
};

/**
 * The canonical text of a value whose members stand in canonical order already, in a third of the time. The order is the
 * caller's word: `crank-verify` refuses a receipt that breaks it.
 *
 * @throws TypeError as `canonicalJson` does
 */
export const orderedJson = (value: unknown): string => {
  const out = JSON.stringify(value);
  // JSON.stringify escapes a lone surrogate and makes null of a number that JSON cannot say: the slow way tells.
  return out.includes('\\ud') || out.includes('null') ? canonicalJson(value) : out;
};

/** Printable ASCII without quote and backslash: most strings of a receipt, and their own JSON form. */
const PLAIN = /^[ !#-[\]-~]*$/;

const text = (value: string): string => {
  if (PLAIN.test(value)) return `"${value}"`;
  if (!value.isWellFormed()) throw new TypeError('a string with a lone surrogate has no canonical JSON form');
  return JSON.stringify(value);
};

const array = (values: readonly unknown[]): string => {
  let out = '';
  for (const value of values) out += out === '' ? canonicalJson(value) : `,${canonicalJson(value)}`;
  return `[${out}]`;
};

/** `sort` without a comparison orders strings by UTF-16 code units, as RFC 8785 wants. */
const object = (members: Record<string, unknown>): string => {
  let out = '';
  for (const name of Object.keys(members).sort()) {
    const value = members[name];
    if (value !== undefined) out += `${out === '' ? '' : ','}${text(name)}:${canonicalJson(value)}`;
  }
  return `{${out}}`;
};
