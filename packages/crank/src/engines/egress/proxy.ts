import { isIP, type Socket } from 'node:net';
import { type Destination, formatDestination } from '#src/core/destination.ts';
import { notOpenInternet } from './address.ts';
import { connectTo } from './connect.ts';
import { readHead } from './head.ts';
import { createLeases, type Grant, type Lease, type LeaseLimits, type OpenLease } from './lease.ts';
import { Refusal, refusalAnswer } from './refusal.ts';
import { relay } from './relay.ts';
import { type Resolve, systemResolver } from './resolve.ts';

export interface EgressOptions {
  /** What the operator lets services reach at all. One that is an address opens that address, private or not. */
  ceiling: readonly Destination[];
  /** What leases name is the operator's own choice: it may stand at any address, private ones too. */
  trusted?: boolean;
  resolve?: Resolve;
  limits?: Partial<EgressLimits>;
}

export interface EgressLimits extends LeaseLimits {
  /** Connections from one sandbox that have not said yet which call they belong to. */
  unclaimed: number;
  headBytes: number;
  /** Milliseconds until the head of a request must be there; until names are resolved; until a connection stands. */
  headMs: number;
  resolveMs: number;
  connectMs: number;
}

const defaults: EgressLimits = {
  connections: 32,
  everywhere: 2048,
  bytes: 2 ** 30,
  destinations: 100,
  unclaimed: 64,
  headBytes: 16 * 1024,
  headMs: 10_000,
  resolveMs: 10_000,
  connectMs: 10_000,
};

/** The way out of sandboxes: an HTTP proxy (CONNECT, and plain requests by absolute URL) for calls that were granted one. */
export interface Egress {
  readonly ceiling: readonly Destination[];
  /** Lets a call reach what it was granted, until the lease is closed. */
  open(grant: Grant): Lease;
  /** Serves a connection that came out of a sandbox, while a call in there has a lease. `home`: whose. */
  accept(socket: Socket, home: string): void;
  /** A connection of the platform's own, by the same rules for addresses. @throws Refusal 403, 502, 504 */
  dial(destination: Destination): Promise<Socket>;
  close(): void;
}

export const createEgress = (options: EgressOptions): Egress => {
  const limits = { ...defaults, ...options.limits };
  const resolve = options.resolve ?? systemResolver(limits.resolveMs);
  const leases = createLeases(limits);
  const unclaimed = new Map<string, Set<Socket>>();
  const opened = new Set(options.ceiling.filter(({ host }) => isIP(host) !== 0).map(formatDestination));

  /** The addresses that stand for a destination, every one of them looked at. The connection goes to one of these. */
  const addressesOf = async (destination: Destination): Promise<readonly string[]> => {
    const { host, port } = destination;
    const addresses =
      isIP(host) !== 0
        ? [host]
        : await within(resolve(host), limits.resolveMs).catch(() => {
            throw new Refusal(502, `${host} cannot be resolved.`);
          });
    for (const address of addresses) {
      const kind = isIP(address) === 0 ? 'unreadable' : notOpenInternet(address);
      if (kind === undefined || options.trusted === true || opened.has(formatDestination({ host: address, port })))
        continue;
      throw new Refusal(
        403,
        `The address of ${formatDestination(destination)} is ${kind}: only the node's operator can open it, by naming that address and port in CRANK_EGRESS.`,
      );
    }
    return addresses;
  };

  const serve = async (client: Socket, lease: OpenLease, head: Buffer, rest: Buffer): Promise<void> => {
    const { destination, forward } = readHead(head);
    const flow = lease.admit(destination, client);
    try {
      const addresses = await addressesOf(destination);
      const upstream = await connectTo(addresses, destination.port, limits.connectMs, (socket) => {
        flow.add(socket);
        if (client.destroyed) socket.destroy();
        else client.once('close', () => socket.destroy());
      });
      if (client.destroyed) upstream.destroy();
      else relay({ client, upstream, forward, first: rest, count: flow.count });
    } finally {
      flow.begun();
    }
  };

  const take = async (client: Socket, home: string, claimed: () => void): Promise<void> => {
    const { head, rest } = await readUntilEmptyLine(client, limits);
    const lease = leases.find(readHead(head).credentials, home);
    claimed();
    try {
      await serve(client, lease, head, rest);
    } catch (error) {
      lease.refused();
      throw error;
    }
  };

  return {
    ceiling: options.ceiling,
    open: (grant) => {
      const { token, close } = leases.open(grant);
      return {
        token,
        close: () => {
          const traffic = close();
          // Nothing that a call left open is there for the next one.
          if (!leases.any(grant.home)) for (const socket of unclaimed.get(grant.home) ?? []) socket.destroy();
          return traffic;
        },
      };
    },
    accept: (client, home) => {
      client.on('error', () => {}); // its end shows as `close`
      const others = unclaimed.get(home) ?? new Set();
      if (others.size >= limits.unclaimed || !leases.any(home)) {
        client.destroy();
        return;
      }
      unclaimed.set(home, others.add(client));
      const claimed = (): void => {
        others.delete(client);
        if (others.size === 0 && unclaimed.get(home) === others) unclaimed.delete(home);
      };
      client.once('close', claimed);
      take(client, home, claimed).catch((error: unknown) => refuse(client, error));
    },
    dial: async (destination) =>
      connectTo(await addressesOf(destination), destination.port, limits.connectMs, () => undefined),
    close: () => {
      leases.close();
      for (const sockets of unclaimed.values()) for (const socket of sockets) socket.destroy();
    },
  };
};

/** Answers, and does not read on: a client that goes on sending must not keep us. */
const refuse = (client: Socket, error: unknown): void => {
  if (client.destroyed) return;
  const refusal = error instanceof Refusal ? error : new Refusal(502, 'The proxy failed.');
  client.end(refusalAnswer(refusal));
  client.resume();
  setTimeout(() => client.destroy(), 1000).unref();
};

const within = <T>(work: Promise<T>, ms: number): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('too late')), ms);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
};

/** The head of a request and what came behind it. The socket is paused afterwards. @throws Refusal 408, 431 */
const readUntilEmptyLine = (client: Socket, limits: EgressLimits): Promise<{ head: Buffer; rest: Buffer }> =>
  new Promise((done, fail) => {
    let read = Buffer.alloc(0);
    const leave = (): void => {
      clearTimeout(timer);
      client.pause().off('data', onData).off('end', onEnd).off('close', onEnd);
    };
    const onEnd = (): void => {
      leave();
      fail(new Refusal(400, 'The request ended before its head did.'));
    };
    const onData = (more: Buffer): void => {
      const from = Math.max(0, read.length - 3);
      read = Buffer.concat([read, more]);
      const at = read.indexOf('\r\n\r\n', from);
      if (at >= 0 && at <= limits.headBytes) {
        leave();
        done({ head: read.subarray(0, at), rest: read.subarray(at + 4) });
      } else if (read.length > limits.headBytes) {
        leave();
        fail(new Refusal(431, `The head of a request may have ${limits.headBytes} bytes.`));
      }
    };
    const timer = setTimeout(() => {
      leave();
      fail(new Refusal(408, 'The head of the request did not come in time.'));
    }, limits.headMs);
    client.on('data', onData).on('end', onEnd).on('close', onEnd);
  });
