/** Where a connection may go. `host`: a name in lower case, `*.` and a name for all below it, or an address in canonical form. */
export interface Destination {
  host: string;
  port: number;
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** How resolvers know a number, such as 127.1, 0x7f.1 or 2130706433: one address must not have two names. */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/;

const ADDRESS4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
/** ::ffff:a.b.c.d and ::a.b.c.d in canonical form. */
const FOUR_IN_SIX = /^::(?:ffff:)?[0-9a-f]{1,4}:[0-9a-f]{1,4}$/;

const parseAddress6 = (text: string): { host: string } | { wrong: string } => {
  // The URL's own form of an address (WHATWG URL, section 3.5) is the one of RFC 5952.
  const url = `http://[${text}]`;
  if (!/^[0-9a-fA-F:.]{2,45}$/.test(text) || !URL.canParse(url)) return { wrong: 'is no IPv6 address without a zone' };
  const host = new URL(url).hostname.slice(1, -1);
  if (text.includes('.') || FOUR_IN_SIX.test(host)) return { wrong: 'is an IPv4 address in another notation' };
  return { host };
};

const parseHost = (text: string): { host: string } | { wrong: string } => {
  if (text.startsWith('[') && text.endsWith(']')) return parseAddress6(text.slice(1, -1));
  if (ADDRESS4.test(text)) return { host: text };
  const host = text.toLowerCase();
  const name = host.startsWith('*.') ? host.slice(2) : host;
  const labels = name.split('.');
  if (name.length > 253 || !labels.every((label) => LABEL.test(label))) return { wrong: 'has no valid host name' };
  if (NUMBER.test(labels.at(-1)!)) return { wrong: 'is an address in another notation than a.b.c.d' };
  if (host !== name && labels.length < 2) return { wrong: 'stands for a whole top-level domain' };
  return { host };
};

/**
 * Reads `host:port`: a host name (RFC 1123), `*.` and a name, a dotted IPv4 address, or an IPv6 address in brackets.
 * `wrong` continues a sentence that begins with the text.
 */
export const parseDestination = (text: string): Destination | { wrong: string } => {
  const [, given, digits] = /^(.+):([1-9]\d{0,4})$/s.exec(text) ?? [];
  if (given === undefined || Number(digits) > 65_535) return { wrong: 'is not of the form host:port' };
  const read = parseHost(given);
  return 'wrong' in read ? read : { host: read.host, port: Number(digits) };
};

export const formatDestination = ({ host, port }: Destination): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Whether a pattern stands for a destination, which may be a pattern itself: `*.b.c` stands for `a.b.c` and `*.a.b.c`, not for `b.c`. */
export const covers = (pattern: Destination, { host, port }: Destination): boolean =>
  pattern.port === port &&
  (pattern.host === host || (pattern.host.startsWith('*.') && host.endsWith(pattern.host.slice(1))));
