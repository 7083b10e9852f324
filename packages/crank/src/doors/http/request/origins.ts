import { isIP } from 'node:net';
import { CrankError } from '#src/core/error.ts';

/** From where a node may be asked by browsers, and by which names it may be called. */
export interface Origins {
  /** Names that a Host header may have beside addresses and `localhost`, in lower case; any where absent. */
  names?: readonly string[] | undefined;
  /** Origins of pages of others that may ask this node, such as `https://app.example.com`. */
  allowed: readonly string[];
  /** The node's own, where its operator gave it. */
  own?: string | undefined;
}

/** The name or address in a Host header (RFC 9110, 7.2), in lower case; undefined where it is none. */
const hostName = (host: string): string | undefined => {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  return (bracketed ?? plain)?.toLowerCase();
};

/**
 * A name that is not this node's leads here where a page of somebody else's had it changed to our address (DNS
 * rebinding): the browser takes us for that page's own server. An address cannot be changed so.
 *
 * @throws CrankError `forbidden`
 */
export const demandHost = (host: string, { names }: Origins): void => {
  if (names === undefined) return;
  const name = hostName(host);
  if (name === undefined) throw new CrankError('malformed-request', 'The Host header names no host (RFC 9110, 7.2).');
  if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || names.includes(name)) return;
  throw new CrankError(
    'forbidden',
    `This node is not called ${name}: use its address, or have its operator name it in CRANK_PUBLIC_URL or CRANK_HOSTS.`,
  );
};

/**
 * Whether a page of another origin may read the answer. Browsers send no Origin with what a page of ours, or the address
 * bar, asks by GET; programs send none at all.
 *
 * @throws CrankError `forbidden` for a page that may not ask for more than reading
 */
export const demandOrigin = (
  { origin, host, method }: { origin: string | undefined; host: string | undefined; method: string },
  { allowed, own }: Origins,
): boolean => {
  if (origin === undefined) return false;
  if (allowed.includes(origin)) return true;
  if (origin === own || origin === `http://${host}` || origin === `https://${host}`) return false;
  if (method === 'GET' || method === 'HEAD') return false;
  throw new CrankError(
    'forbidden',
    'A page of another origin asks: none may, unless the operator of the node names it in CRANK_CORS.',
  );
};
