import { type Destination, formatDestination, parseDestination } from '#src/core/destination.ts';
import { Refusal } from './refusal.ts';

/** How long the body of a request is (RFC 9112, section 6). */
export type BodyLength = number | 'chunked';

/** A request to the proxy, read strictly. */
export interface ProxyRequest {
  destination: Destination;
  /** Of Proxy-Authorization, as sent. */
  credentials: string | undefined;
  /** What the destination is to get of a plain request, and how long the body behind it is; undefined for CONNECT. */
  forward: { head: Buffer; body: BodyLength } | undefined;
}

const MAX_FIELDS = 100;
const REQUEST_LINE = /^([A-Z]{1,20}) ([\x21-\x7e]{1,8192}) HTTP\/1\.([01])$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}):[ \t]*((?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)[ \t]*$/;
const TARGET = /^http:\/\/([^/?#]*)((?:\/[^?#]*)?(?:\?[^#]*)?)$/i;
/** Not passed on: about this connection (RFC 9110, section 7.6.1), or written anew. */
const HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'proxy-authenticate', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'host', 'content-length'],
]);

const bad = (why: string): Refusal => new Refusal(400, `The request is not one that this proxy reads: ${why}.`);

const readAuthority = (authority: string, port: number | undefined): Destination => {
  if (authority.includes('@')) throw bad('its target has user information');
  const hasPort = /:\d+$/.test(authority.replace(/^\[[^\]]*\]/, ''));
  const read = parseDestination(hasPort || port === undefined ? authority : `${authority}:${port}`);
  if ('wrong' in read) throw bad(`its target ${read.wrong}`);
  if (read.host.startsWith('*')) throw bad('its target has no valid host name');
  return read;
};

const readFields = (lines: readonly string[]): [name: string, value: string][] => {
  if (lines.length > MAX_FIELDS) throw new Refusal(431, `The request has more than ${MAX_FIELDS} fields.`);
  return lines.map((line) => {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined) throw bad('a field is folded, or not of the form "Name: value"');
    return [name, value!];
  });
};

const bodyLength = (length: string | undefined, coding: string | undefined, version: string): BodyLength => {
  if (length !== undefined && coding !== undefined) throw bad('it has both Content-Length and Transfer-Encoding');
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked' || version === '0') throw bad('its Transfer-Encoding is not "chunked"');
    return 'chunked';
  }
  if (length === undefined) return 0;
  if (!/^(?:0|[1-9]\d{0,14})$/.test(length)) throw bad('its Content-Length is no number');
  return Number(length);
};

/**
 * Reads the head of a request, without the empty line at its end. What two readers could understand in two ways is
 * refused: bare line feeds, folded or repeated fields, two lengths, a Host that is not the target's.
 *
 * @throws Refusal 400, 431
 */
export const readHead = (head: Buffer): ProxyRequest => {
  const [first = '', ...lines] = head.toString('latin1').split('\r\n');
  const [, method, target, version] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined) throw bad('its first line is not of HTTP/1.1');
  const fields = readFields(lines);
  const one = (name: string): string | undefined => {
    const found = fields.filter(([given]) => given.toLowerCase() === name);
    if (found.length > 1) throw bad(`it has ${name} twice`);
    return found[0]?.[1];
  };
  const host = one('host');
  const credentials = one('proxy-authorization');
  const body = bodyLength(one('content-length'), one('transfer-encoding'), version!);
  if (host === undefined && version === '1') throw bad('it has no Host');

  const connect = method === 'CONNECT';
  const [, authority, rest] = connect ? [] : (TARGET.exec(target!) ?? []);
  if (!connect && authority === undefined)
    throw bad('its target is no http:// URL; for https:// a client asks for a tunnel (CONNECT)');
  const destination = connect ? readAuthority(target!, undefined) : readAuthority(authority!, 80);
  if (host !== undefined) {
    const named = readAuthority(host, connect ? destination.port : 80);
    if (formatDestination(named) !== formatDestination(destination)) throw bad('its Host is not that of its target');
  }
  if (connect) {
    if (body !== 0) throw bad('a CONNECT has no body');
    return { destination, credentials, forward: undefined };
  }
  const hop = new Set(
    fields
      .filter(([name]) => name.toLowerCase() === 'connection')
      .flatMap(([, value]) => value.toLowerCase().split(/[ \t]*,[ \t]*/)),
  );
  const framing =
    body === 'chunked'
      ? ['Transfer-Encoding: chunked']
      : one('content-length') === undefined
        ? []
        : [`Content-Length: ${body}`];
  const kept = fields.filter(([name]) => !HOP.has(name.toLowerCase()) && !hop.has(name.toLowerCase()));
  const path = rest === undefined || rest === '' ? '/' : rest.startsWith('?') ? `/${rest}` : rest;
  const text = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${destination.port === 80 ? formatDestination(destination).slice(0, -':80'.length) : formatDestination(destination)}`,
    ...kept.map(([name, value]) => `${name}: ${value}`),
    ...framing,
    'Connection: close',
    '\r\n',
  ].join('\r\n');
  return { destination, credentials, forward: { head: Buffer.from(text, 'latin1'), body } };
};
