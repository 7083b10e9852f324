import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { covers, type Destination, formatDestination } from '#src/core/destination.ts';
import { sha256 } from '#src/core/digest.ts';
import { Refusal } from './refusal.ts';

/** What one call may reach. */
export interface Grant {
  /** Whose sandbox it runs in: the token is good for connections from there. */
  home: string;
  destinations: readonly Destination[];
}

/** What went to one destination and came from it: bytes as sent over the connection, TLS included. */
export interface Flow {
  /** `host:port` */
  destination: string;
  connections: number;
  sentBytes: number;
  receivedBytes: number;
}

/** What a call's traffic was. */
export interface Traffic {
  flows: readonly Flow[];
  /** Requests that were refused. */
  refused: number;
}

/** A call's right to the proxy. */
export interface Lease {
  /** 128 random bits, hexadecimal. */
  readonly token: string;
  /** Ends all of the call's connections; from now on the token is good for nothing. */
  close(): Traffic;
}

export interface LeaseLimits {
  /** Of one call at one time. */
  connections: number;
  /** Of all calls at one time: each takes two descriptors of the node's. */
  everywhere: number;
  /** Of one call, both ways together. */
  bytes: number;
  /** Different destinations of one call: patterns stand for many. */
  destinations: number;
}

/** The proxy's side of a lease. */
export interface OpenLease {
  readonly grant: Grant;
  /** Notes a connection that begins; its end is noted by itself. @throws Refusal 403, 429 */
  admit(destination: Destination, client: Socket): OpenFlow;
  refused(): void;
}

/** The count of one connection. */
export interface OpenFlow {
  /** The connection to the destination, which ends with the call. */
  add(upstream: Socket): void;
  /** It stands, or failed: from now on its client's end is the end of it. */
  begun(): void;
  /** Counts bytes; false where the call has used up what it may send and receive. */
  count(direction: 'sentBytes' | 'receivedBytes', bytes: number): boolean;
}

export interface Leases {
  open(grant: Grant): Lease;
  /** @throws Refusal 407 for credentials that are missing, of no call that runs, or of one in another sandbox */
  find(credentials: string | undefined, home: string): OpenLease;
  /** Whether a call runs in that sandbox that has a lease. */
  any(home: string): boolean;
  close(): void;
}

/** The user name that stands before the token. */
const LEASE_USER = 'call';

/** By hash, so that finding one takes no longer for a guess that begins right. */
const keyOf = (token: string): string => sha256(token).toString('hex');

const tokenIn = (credentials: string | undefined): string | undefined => {
  const [, encoded] = /^basic +([A-Za-z0-9+/]{1,200}={0,2})$/i.exec(credentials ?? '') ?? [];
  const decoded = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('latin1');
  return decoded.startsWith(`${LEASE_USER}:`) ? decoded.slice(LEASE_USER.length + 1) : undefined;
};

export const createLeases = (limits: LeaseLimits): Leases => {
  const open = new Map<string, { lease: OpenLease; end: () => void }>();
  /** Open leases by home. */
  const homes = new Map<string, number>();

  let standing = 0;

  const settle = (home: string, change: 1 | -1): void => {
    const count = (homes.get(home) ?? 0) + change;
    if (count === 0) homes.delete(home);
    else homes.set(home, count);
  };

  const make = (grant: Grant): { lease: OpenLease; end: () => void; traffic: () => Traffic } => {
    const flows = new Map<string, Flow>();
    const sockets = new Set<Socket>();
    let connections = 0;
    let bytes = 0;
    let refused = 0;
    let ended = false;

    const hold = (socket: Socket): void => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      if (ended) socket.destroy();
    };
    const end = (): void => {
      ended = true;
      for (const socket of sockets) socket.destroy();
    };
    const flowTo = (name: string): Flow => {
      const known = flows.get(name);
      if (known !== undefined) return known;
      if (flows.size >= limits.destinations)
        throw new Refusal(
          429,
          `A call may reach ${limits.destinations} different destinations, and it has: reach fewer.`,
        );
      const flow: Flow = { destination: name, connections: 0, sentBytes: 0, receivedBytes: 0 };
      flows.set(name, flow);
      return flow;
    };

    const admit: OpenLease['admit'] = (destination, client) => {
      const name = formatDestination(destination);
      if (!grant.destinations.some((pattern) => covers(pattern, destination))) {
        const granted = grant.destinations.map(formatDestination).join(', ');
        throw new Refusal(
          403,
          `This call may not reach ${name}: it was granted ${granted}. Name it in the manifest (network) and deploy again; it needs a policy of the account and the node's operator (CRANK_EGRESS), too.`,
        );
      }
      if (connections >= limits.connections)
        throw new Refusal(
          429,
          `A call may have ${limits.connections} connections at one time, and it has: close some.`,
        );
      if (standing >= limits.everywhere)
        throw new Refusal(429, `This node has ${standing} connections of services, which is as many as it may.`);
      const flow = flowTo(name);
      flow.connections++;
      connections++;
      standing++;
      const over = (): void => {
        connections--;
        standing--;
      };
      hold(client);
      return {
        add: hold,
        begun: () => {
          if (client.destroyed) over();
          else client.once('close', over);
        },
        count: (direction, more) => {
          flow[direction] += more;
          bytes += more;
          if (bytes <= limits.bytes) return true;
          end();
          return false;
        },
      };
    };
    return {
      lease: { grant, admit, refused: () => void refused++ },
      end,
      traffic: () => ({
        flows: [...flows.values()].sort((a, b) => (a.destination < b.destination ? -1 : 1)),
        refused,
      }),
    };
  };

  return {
    open: (grant) => {
      const token = randomBytes(16).toString('hex');
      const key = keyOf(token);
      const { lease, end, traffic } = make(grant);
      open.set(key, { lease, end });
      settle(grant.home, 1);
      return {
        token,
        close: () => {
          if (open.delete(key)) settle(grant.home, -1);
          end();
          return traffic();
        },
      };
    },
    find: (credentials, home) => {
      const token = tokenIn(credentials);
      const found = token === undefined ? undefined : open.get(keyOf(token));
      if (found === undefined || found.lease.grant.home !== home) {
        throw new Refusal(
          407,
          'The proxy serves calls that run, each with credentials of its own: take HTTP_PROXY or HTTPS_PROXY from the environment during the call.',
        );
      }
      return found.lease;
    },
    any: (home) => homes.has(home),
    close: () => {
      for (const { end } of open.values()) end();
      open.clear();
      homes.clear();
    },
  };
};
