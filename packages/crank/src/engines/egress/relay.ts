import type { Socket } from 'node:net';
import { bodyMeter } from './body.ts';
import type { ProxyRequest } from './head.ts';
import type { OpenFlow } from './lease.ts';

export interface Relay {
  client: Socket;
  /** Connected; both sockets allow half-open. */
  upstream: Socket;
  /** A plain request; undefined: a tunnel. */
  forward: ProxyRequest['forward'];
  /** What came behind the head. */
  first: Buffer;
  count: OpenFlow['count'];
}

const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n';

/** Passes bytes both ways, no faster than the other side takes them, and each side's end when it comes. */
export const relay = ({ client, upstream, forward, first, count }: Relay): void => {
  const body = forward === undefined ? undefined : bodyMeter(forward.body);

  const send = (bytes: Buffer): void => {
    if (bytes.length === 0) return;
    if (count('sentBytes', bytes.length) && !upstream.write(bytes)) client.pause();
  };
  const fromClient = (bytes: Buffer): void => {
    try {
      send(body === undefined ? bytes : bytes.subarray(0, body.take(bytes)));
    } catch {
      destroy();
    }
  };
  const destroy = (): void => {
    client.destroy();
    upstream.destroy();
  };

  if (forward === undefined) client.write(ESTABLISHED);
  else send(forward.head);
  fromClient(first);
  upstream.on('data', (bytes: Buffer) => {
    if (count('receivedBytes', bytes.length) && !client.write(bytes)) upstream.pause();
  });
  client.on('data', fromClient);
  upstream.on('drain', () => client.resume());
  client.on('drain', () => upstream.resume());
  const onClientEnd = (): void => {
    if (body === undefined) upstream.end();
    else if (!body.done) destroy(); // what it promised will not come
  };
  if (client.readableEnded) onClientEnd();
  else client.on('end', onClientEnd);
  upstream.on('end', () => {
    client.end();
    if (body !== undefined) upstream.end();
  });
  client.once('close', destroy);
  upstream.once('close', () => {
    if (!client.writableEnded) destroy();
  });
  client.resume();
};
