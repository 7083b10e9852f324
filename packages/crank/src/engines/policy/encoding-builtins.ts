import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';

const fromHex = (text: string): string => {
  if (!/^(?:[0-9A-Fa-f]{2})*$/.test(text)) throw new TypeError('hex.decode: not hexadecimal');
  return Buffer.from(text, 'hex').toString();
};

/** As Go's url.QueryEscape: all but letters, digits, `-`, `_`, `.` and `~`; a space is `+`. */
const escapeQuery = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');

const unescapeQuery = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));

const encodeObject = (members: Record<string, string | readonly string[]>): string =>
  Object.entries(members)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, values]) =>
      (typeof values === 'string' ? [values] : values).map((value) => {
        if (typeof value !== 'string') throw new TypeError('urlquery.encode_object: not a text');
        return `${escapeQuery(name)}=${escapeQuery(value)}`;
      }),
    )
    .join('&');

const decodeObject = (query: string): Record<string, string[]> => {
  const members = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    if (pair.includes(';')) throw new TypeError('urlquery.decode_object: a semicolon separates nothing');
    const at = pair.indexOf('=');
    const name = unescapeQuery(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : unescapeQuery(pair.slice(at + 1));
    members.set(name, [...(members.get(name) ?? []), value]);
  }
  return Object.fromEntries(members);
};

/** `10.0.0.0/8`, `2001:db8::/32`; without a zone. */
const isCidr = (text: unknown): boolean => {
  const [, address, bits] = typeof text === 'string' ? (/^([^/%]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? []) : [];
  if (address === undefined) return false;
  return isIPv4(address) ? Number(bits) <= 32 : isIPv6(address) && Number(bits) <= 128;
};

const isEqual = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

const hash = (algorithm: string) => (text: string) => createHash(algorithm).update(text).digest('hex');
const hmac = (algorithm: string) => (text: string, key: string) =>
  createHmac(algorithm, key).update(text).digest('hex');

/** Rego's built-ins that encode and hash, which OPA leaves out of WebAssembly (openpolicyagent.org, "Policy Reference", Encoding, Crypto, Net). */
export const encodingBuiltins: Readonly<Record<string, (...args: never[]) => unknown>> = {
  'base64url.encode_no_pad': (text: string) => Buffer.from(text).toString('base64url'),
  'crypto.hmac.equal': isEqual,
  'crypto.hmac.md5': hmac('md5'),
  'crypto.hmac.sha1': hmac('sha1'),
  'crypto.hmac.sha256': hmac('sha256'),
  'crypto.hmac.sha512': hmac('sha512'),
  'crypto.md5': hash('md5'),
  'crypto.sha1': hash('sha1'),
  'crypto.sha256': hash('sha256'),
  'hex.decode': fromHex,
  'hex.encode': (text: string) => Buffer.from(text).toString('hex'),
  'net.cidr_is_valid': isCidr,
  'urlquery.decode': unescapeQuery,
  'urlquery.decode_object': decodeObject,
  'urlquery.encode': escapeQuery,
  'urlquery.encode_object': encodeObject,
};
