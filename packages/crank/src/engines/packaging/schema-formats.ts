import { isIP } from 'node:net';

/** Longer texts are in none of these formats: no check looks at more. */
const MAX = 64;

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME =
  /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d|60)(?:[.,]\d{1,9})?)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):?[0-5]\d(?::[0-5]\d)?)?$/;
const DURATION =
  /^[+-]?P(?!$)(?:-?\d{1,12}(?:\.\d{1,9})?W|(?:-?\d{1,9}Y)?(?:-?\d{1,9}M)?(?:-?\d{1,12}D)?(?:T(?=[-\d])(?:-?\d{1,12}H)?(?:-?\d{1,12}M)?(?:-?\d{1,12}(?:[.,]\d{1,9})?S)?)?)$/;
const UUID = /^(?:urn:uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const isDate = (text: string): boolean => {
  const match = DATE.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return year >= 1 && day >= 1 && day <= days;
};

const isDateTime = (text: string): boolean =>
  /^[Tt ]$/.test(text.charAt(10)) && isDate(text.slice(0, 10)) && TIME.test(text.slice(11));

/**
 * Formats that are checked, with an example for messages. Dates and times are ISO 8601 as Python's `isoformat` writes
 * it: RFC 3339, or without an offset. All take time linear in at most 64 characters.
 */
export const checkedFormats: Readonly<Record<string, { test: (text: string) => boolean; example: string }>> = {
  'date-time': { test: (text) => text.length <= MAX && isDateTime(text), example: '2026-05-01T12:00:00Z' },
  date: { test: (text) => text.length <= MAX && isDate(text), example: '2026-05-01' },
  time: { test: (text) => text.length <= MAX && TIME.test(text), example: '12:00:00' },
  duration: { test: (text) => text.length <= MAX && DURATION.test(text), example: 'P1DT2H30M' },
  uuid: { test: (text) => text.length <= MAX && UUID.test(text), example: '123e4567-e89b-12d3-a456-426614174000' },
  ipv4: { test: (text) => text.length <= MAX && isIP(text) === 4, example: '192.0.2.1' },
  ipv6: { test: (text) => text.length <= MAX && isIP(text) === 6, example: '2001:db8::1' },
};

/** Formats that inform people and are not checked here. */
export const informativeFormats: ReadonlySet<string> = new Set([
  ...['binary', 'byte', 'email', 'uri', 'uri-reference', 'hostname', 'password', 'decimal', 'path', 'file-path'],
  ...['directory-path', 'json-string', 'int32', 'int64', 'float', 'double', 'ipv4network', 'ipv6network', 'base64'],
]);
