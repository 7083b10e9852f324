import { CrankError } from '#src/core/error.ts';
import { readJson } from './read-json.ts';
import type { Delivered } from './webhook-verify.ts';

/** Where arguments come from, by name: a JSON Pointer into the payload (RFC 6901; empty: all of it), or `header:NAME`. */
export type WebhookMap = Readonly<Record<string, string>>;

const HEADER = /^header:[a-z0-9-]{1,64}$/i;
const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/;

/** @returns what is wrong, or undefined */
export const wrongInMap = (map: WebhookMap): string | undefined => {
  const bad = Object.entries(map).find(([, source]) => !HEADER.test(source) && !POINTER.test(source));
  return bad && `"${bad[0].slice(0, 80)}" comes from neither a JSON Pointer such as /data/id nor header:NAME`;
};

/**
 * The arguments of a delivery's call: JSON text. What a pointer does not find is left out.
 *
 * @param map null: the payload is the arguments
 * @throws CrankError `malformed-request` where the payload is not JSON
 */
export const argumentsOf = (map: WebhookMap | null, delivered: Delivered): Buffer => {
  const { text, value } = payloadOf(delivered);
  if (map === null) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Buffer.from(text);
    throw new CrankError(
      'malformed-request',
      'The payload is no JSON object, which the arguments of the operation are.',
    );
  }
  const members = Object.entries(map).flatMap(([name, source]) => {
    const found = source === '' ? text : partOf(source, value, delivered);
    return found === undefined ? [] : [`${JSON.stringify(name)}:${found}`];
  });
  return Buffer.from(`{${members.join(',')}}`);
};

/** A form is an object of texts; what says it is neither that nor JSON is a text. */
const payloadOf = ({ body, contentType = '' }: Delivered): { text: string; value: unknown } => {
  const type = contentType.split(';')[0]!.trim().toLowerCase();
  const plain = (value: unknown) => ({ text: JSON.stringify(value), value });
  if (type === 'application/x-www-form-urlencoded')
    return plain(Object.fromEntries(new URLSearchParams(body.toString())));
  if (type.startsWith('text/')) return plain(body.toString());
  if (body.length === 0) return plain({});
  const value = readJson(body, 'The payload');
  return { text: body.toString(), value };
};

const partOf = (source: string, value: unknown, { headers }: Delivered): string | undefined => {
  if (source.startsWith('header:')) {
    const found = headers[source.slice('header:'.length).toLowerCase()];
    return typeof found === 'string' ? JSON.stringify(found) : undefined;
  }
  let at = value;
  for (const token of source.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return JSON.stringify(at);
};
