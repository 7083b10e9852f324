import type { ChildProcess } from 'node:child_process';
import { createServer, type Socket } from 'node:net';

/** On which a sandbox with a network finds the proxy, in a network namespace of its own. */
export const wayOutPort = 3128;

/**
 * Takes the listening socket that `runtime/crank_runtime/wayout.py` made inside, and hands on what it accepts. The IPC
 * channel that it comes over is closed at once: what runs later in the sandbox never had its other end.
 */
export const receiveWayOut = (
  child: ChildProcess,
  ended: Promise<unknown>,
  onConnection: (socket: Socket) => void,
): void => {
  child.on('error', () => {}); // that it cannot be told anything shows in `ended`
  child.once('message', (_, handle) => {
    child.disconnect();
    const server = createServer({ allowHalfOpen: true }, onConnection);
    server.on('error', () => {}); // of a connection that was gone before it was accepted
    server.listen(handle);
    void ended.then(() => server.close());
  });
};

/** The proxy's URL inside, with the credentials of a call or task. */
export const proxyUrl = (token: string): string => `http://call:${token}@127.0.0.1:${wayOutPort}`;

/** Adds the proxy, with the credentials of a call, to what the sandbox is told of its files (`frames.py`). */
export const withProxy = (listing: string, token: string | undefined): string => {
  if (token === undefined) return listing;
  const proxy = `"proxy":"${proxyUrl(token)}"`;
  return listing === '' ? `{${proxy}}` : `${listing.slice(0, -1)},${proxy}}`;
};
