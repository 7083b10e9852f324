import { readFileSync } from 'node:fs';
import type { Codec } from './plan.ts';

/** The input does not become what the function takes. */
export class InvalidInput extends Error {
  pointer: string;
  constructor(message: string, pointer = '') {
    super(message);
    this.pointer = pointer;
  }
}

/** `throw context.invalidInput('is no IBAN', 'rows', 3, 'iban')`: the module says that the input is wrong, and where. */
export const invalidInput = (message: string, ...path: readonly unknown[]): InvalidInput =>
  new InvalidInput(
    String(message),
    path.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
  );

/** Where an error keeps the path into the input that it is about, whose class a module made itself. */
const MARK = Symbol.for('crank.invalid-input');

/** What an error with the mark says; undefined for one without it. Never throws. */
export const markedInvalid = (error: unknown): InvalidInput | undefined => {
  try {
    if (!(error instanceof Error)) return undefined;
    const path = (error as { [MARK]?: unknown })[MARK];
    return Array.isArray(path) ? invalidInput(error.message, ...(path as unknown[])) : undefined;
  } catch {
    return undefined; // it was thrown by what is asked here: then it is the module's own error
  }
};

/** A file that came beside the JSON. */
export class Handed {
  readonly name: string;
  readonly path: string;
  /** Read when it is asked for its content. */
  readonly blob: Blob;
  constructor(name: string, path: string, blob: Blob) {
    this.name = name;
    this.path = path;
    this.blob = blob;
  }
}

/** A number of JSON as it was written. */
class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * JSON text to values. `exact`: numbers come with their digits, for bigint. Members called `__proto__` are members.
 */
export const parseJson = (text: string, exact: boolean): unknown =>
  exact
    ? JSON.parse(text, function reviver(this: unknown, _key: string, value: unknown, ...more: unknown[]) {
        return typeof value === 'number' ? new Digits((more[0] as { source: string }).source) : value;
      } as (this: unknown, key: string, value: unknown) => unknown)
    : JSON.parse(text);

const nonFinite: Record<string, number> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** @throws InvalidInput with the place, where the value cannot be what the codec makes */
export const decode = (value: unknown, codec: Codec, codecs: Record<string, Codec>, at = ''): unknown => {
  const inner = (part: unknown, of: Codec, key: string | number): unknown =>
    decode(part, of, codecs, `${at}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`);
  if (codec === undefined || codec === null) return plain(value);
  if (typeof codec === 'string') return leaf(value, codec, at);
  if ('ref' in codec) return decode(value, codecs[codec.ref], codecs, at);
  if ('one' in codec) return firstOf(value, codec.one, codecs, at);
  if ('object' in codec) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Digits)
      throw new InvalidInput('expected an object', at);
    const { object, rest } = codec;
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [
        key,
        inner(part, Object.hasOwn(object, key) ? object[key] : rest, key),
      ]),
    );
  }
  if ('map' in codec) return toMap(value, codec.map, inner, at);
  if (!Array.isArray(value)) throw new InvalidInput('expected an array', at);
  if ('array' in codec) return value.map((part, i) => inner(part, codec.array, i));
  if ('tuple' in codec) return value.map((part, i) => inner(part, codec.tuple[i] ?? codec.rest, i));
  return new Set(value.map((part, i) => inner(part, codec.set, i)));
};

const toMap = (
  value: unknown,
  [key, of]: [Codec, Codec],
  inner: (part: unknown, of: Codec, key: string | number) => unknown,
  at: string,
): Map<unknown, unknown> => {
  if (Array.isArray(value))
    return new Map(value.map((pair: unknown[], i) => [inner(pair[0], key, i), inner(pair[1], of, i)]));
  if (typeof value !== 'object' || value === null) throw new InvalidInput('expected an object', at);
  const isNumber = key === 'number' || key === 'bigint';
  return new Map(
    Object.entries(value).map(([name, part]) => [
      isNumber ? inner(new Digits(name), key, name) : inner(name, key, name),
      inner(part, of, name),
    ]),
  );
};

const firstOf = (value: unknown, codecs: Codec[], known: Record<string, Codec>, at: string): unknown => {
  for (const codec of codecs) {
    try {
      return decode(value, codec, known, at);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
    }
  }
  return plain(value);
};

/** Without `Digits`, and with files that stand where any value may. */
const plain = (value: unknown): unknown => {
  if (value instanceof Digits) return Number(value.text);
  if (value instanceof Handed) return leaf(value, 'file', '');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
};

const leaf = (value: unknown, codec: string, at: string): unknown => {
  if (codec === 'number') {
    if (value instanceof Digits) return Number(value.text);
    if (typeof value === 'number') return value;
    if (typeof value === 'string' && Object.hasOwn(nonFinite, value)) return nonFinite[value];
    throw new InvalidInput('expected a number', at);
  }
  if (codec === 'bigint') {
    const text = value instanceof Digits ? value.text : typeof value === 'string' ? value : String(value);
    if (/^-?\d+$/.test(text)) return BigInt(text);
    throw new InvalidInput('expected an integer, written without fraction or exponent', at);
  }
  if (codec === 'file' || codec === 'filestream') {
    const file = toFile(value, at);
    return codec === 'file' ? file : file.stream();
  }
  if (codec === 'date') {
    const date = typeof value === 'string' ? new Date(value) : undefined;
    if (date === undefined || Number.isNaN(date.getTime())) throw new InvalidInput('expected a date and time', at);
    return date;
  }
  if (codec === 'url') {
    if (typeof value !== 'string' || !URL.canParse(value)) throw new InvalidInput('expected a URL', at);
    return new URL(value);
  }
  const bytes = toBytes(value, at);
  if (codec === 'buffer') return bytes;
  const own = new Uint8Array(bytes); // a copy: Buffers share their memory
  return codec === 'bytes' ? own : own.buffer;
};

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const fromBase64 = (text: unknown, at: string): Buffer => {
  if (typeof text !== 'string' || !base64.test(text))
    throw new InvalidInput('expected base64 (RFC 4648, with padding)', at);
  return Buffer.from(text, 'base64');
};

const toBytes = (value: unknown, at: string): Buffer => {
  if (value instanceof Handed) return readFileSync(value.path);
  if (typeof value === 'string') return fromBase64(value, at);
  return inline(value, at).bytes;
};

const inline = (value: unknown, at: string): { name: string; bytes: Buffer } => {
  const { name, base64: text } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof name !== 'string')
    throw new InvalidInput('expected a file: a multipart part, or an object {"name", "base64"}', at);
  return { name, bytes: fromBase64(text, `${at}/base64`) };
};

const toFile = (value: unknown, at: string): File => {
  if (value instanceof Handed) return new File([value.blob], value.name, { type: value.blob.type });
  const { name, bytes } = inline(value, at);
  return new File([new Uint8Array(bytes)], name);
};
