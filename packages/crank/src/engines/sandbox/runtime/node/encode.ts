/** The result has no form in JSON. */
export class InvalidOutput extends Error {}

const { stringify, rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };
const mostDepth = 500;

/**
 * JSON text of what a function gave: dates as ISO 8601, bigint with all its digits, bytes as base64, sets as arrays, maps as
 * objects, NaN and the infinities as strings; `undefined` is null, and a member that is undefined is none.
 *
 * @throws InvalidOutput that names the type, for what has no such form
 */
export const encode = (value: unknown): string => stringify(form(value, '', [])) ?? 'null';

const form = (value: unknown, at: string, above: object[]): unknown => {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw unfit('a string with a lone surrogate', at);
      return value;
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return rawJSON(String(value));
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : formOfObject(value, at, above);
    default:
      throw unfit(`a ${typeof value}`, at);
  }
};

const formOfObject = (value: object, at: string, above: object[]): unknown => {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw unfit('an invalid Date', at);
    return value.toISOString();
  }
  const bytes = bytesOf(value);
  if (bytes !== undefined) return bytes.toString('base64');
  if (value instanceof URL) return value.href;
  if (value instanceof String || value instanceof Number || value instanceof Boolean)
    return form(value.valueOf(), at, []);
  if (above.includes(value)) throw unfit('an object that contains itself', at);
  if (above.length > mostDepth) throw unfit(`an object more than ${mostDepth} levels deep`, at);
  const path = [...above, value];
  const inner = (part: unknown, key: string | number): unknown => form(part, `${at}/${key}`, path);
  if (Array.isArray(value)) return value.map(inner);
  if (value instanceof Set) return [...value].map(inner);
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, inner);
  if (value instanceof Map) return formOfMap(value, inner);
  const name = value.constructor?.name;
  if (value instanceof Promise) throw unfit('a Promise inside of the result, which is not waited for', at);
  if (value instanceof Blob || value instanceof ReadableStream)
    throw unfit(`a ${name} inside of the result: return it alone, declared as such,`, at);
  if (value instanceof RegExp || value instanceof WeakMap || value instanceof WeakSet) throw unfit(`a ${name}`, at);
  if (value instanceof Error) return { name: value.name, message: value.message };
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return form(toJSON.call(value, ''), at, path);
  const members: Record<string, unknown> = Object.create(null);
  for (const [key, part] of Object.entries(value)) {
    if (part === undefined) continue;
    if (typeof part === 'function' && name !== 'Object') continue; // of a class: what it does, not what it is
    members[key] = inner(part, key);
  }
  return members;
};

/** As an object, where its keys are no objects. */
const formOfMap = (map: Map<unknown, unknown>, inner: (part: unknown, key: string | number) => unknown): unknown => {
  const keys = [...map.keys()];
  if (!keys.every((key) => ['string', 'number', 'bigint', 'boolean'].includes(typeof key)))
    return [...map].map(([key, part], i) => [inner(key, i), inner(part, i)]);
  const members: Record<string, unknown> = Object.create(null);
  for (const [key, part] of map) members[String(key)] = inner(part, String(key));
  return members;
};

/** The bytes of what holds bytes. */
export const bytesOf = (value: unknown): Buffer | undefined => {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return Buffer.from(value);
  return undefined;
};

const unfit = (what: string, at: string): InvalidOutput =>
  new InvalidOutput(`the result holds ${what} at ${at === '' ? 'its top' : at}, which has no form in JSON`);
