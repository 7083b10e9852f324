import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { isIP } from 'node:net';
import { type Destination, formatDestination } from '#src/core/destination.ts';
import { notOpenInternet } from '#src/engines/egress/address.ts';
import { type Resolve, systemResolver } from '#src/engines/egress/resolve.ts';
import type { FetchJson } from '#src/engines/identity/key-sets.ts';

const LIMIT_MS = 5_000;
const LIMIT_BYTES = 256 * 1024;

/**
 * Gets JSON documents that others publish, for the platform itself: over TLS, without redirects, credentials or proxies, from
 * addresses of the open internet. An address that the operator opened (`CRANK_EGRESS`) may be private, and on this machine
 * it may be plain HTTP.
 */
export const createFetchJson = (
  opened: readonly Destination[],
  resolve: Resolve = systemResolver(LIMIT_MS),
): FetchJson => {
  const named = new Set(opened.map(formatDestination));

  const addressOf = async (host: string, port: number, isPlain: boolean): Promise<string> => {
    const addresses =
      isIP(host) !== 0
        ? [host]
        : await resolve(host).catch(() => {
            throw new Error(`${host} cannot be resolved`);
          });
    for (const address of addresses) {
      const kind = notOpenInternet(address);
      if (kind !== undefined && !named.has(formatDestination({ host: address, port })))
        throw new Error(
          `${host} is ${kind}: only the node's operator can open it, by naming ${formatDestination({ host: address, port })} in CRANK_EGRESS`,
        );
      if (isPlain && kind !== 'loopback') throw new Error('it is not https');
    }
    return addresses[0]!;
  };

  return async (text) => {
    const url = new URL(text);
    const isPlain = url.protocol === 'http:';
    if ((!isPlain && url.protocol !== 'https:') || url.username !== '' || url.password !== '')
      throw new Error(`${text.slice(0, 200)} is no https URL`);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port || (isPlain ? 80 : 443));
    const signal = AbortSignal.timeout(LIMIT_MS);
    // To the address that was looked at, not to what the name stands for a moment later.
    const address = await addressOf(host, port, isPlain);
    const response = await new Promise<IncomingMessage>((answered, failed) => {
      (isPlain ? requestPlain : requestTls)(
        {
          ...{ host: address, port, path: url.pathname + url.search, signal, agent: false },
          ...(isIP(host) === 0 && { servername: host }),
          headers: { host: url.host, accept: 'application/json' },
        },
        answered,
      )
        .once('error', (error) => failed(signal.aborted ? new Error(`${url.host} does not answer in time`) : error))
        .end();
    });
    try {
      if (response.statusCode !== 200) throw new Error(`${url.href} answers ${response.statusCode}`);
      return JSON.parse(await textOf(response, url)) as unknown;
    } finally {
      response.destroy();
    }
  };
};

const textOf = async (response: IncomingMessage, url: URL): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMIT_BYTES) throw new Error(`what is at ${url.href} has more than ${LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
};
