import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDestination } from '#src/core/destination.ts';
import type { Isolation } from '#src/core/service.ts';
import type { Traffic } from '#src/engines/egress/lease.ts';
import { createEgress, type Egress } from '#src/engines/egress/proxy.ts';
import { type CallOptions, jsonOf, limits } from '../sandbox/harness.ts';
import { certificate, certificateKey } from '../support/certificate.ts';
import { attacks } from './list.ts';
import { openRing, type Ring } from './ring.ts';

const destinations = (texts: readonly string[]) =>
  texts.map((text) => {
    const read = parseDestination(text);
    if ('wrong' in read) throw new Error(`${text} ${read.wrong}`);
    return read;
  });

const servers: Server[] = [];
const serving = async (server: Server, host = '127.0.0.1'): Promise<number> => {
  servers.push(server);
  await once(server.listen(0, host), 'listening');
  return (server.address() as AddressInfo).port;
};

describe('attacks: egress', () => {
  let ring: Ring;
  let egress: Egress;
  let web: number;
  let secure: number;
  let echo: number;
  let secret: number;
  /** Connections to what nothing was granted to. */
  const reached: Socket[] = [];
  const names: Record<string, string[][]> = {};

  beforeAll(async () => {
    web = await serving(
      createHttp((request, response) => {
        if (request.url === '/away') response.writeHead(302, { location: `http://127.0.0.1:${secret}/` }).end();
        else response.end(`${request.method} ${request.url} for ${request.headers.host}`);
      }),
    );
    secure = await serving(
      createHttps({ cert: certificate, key: certificateKey }, (_, response) => response.end('over TLS')),
    );
    echo = await serving(createServer((socket) => void socket.on('error', () => {}).pipe(socket)));
    secret = await serving(createServer((socket) => reached.push(socket)));
    egress = createEgress({
      ceiling: destinations([web, secure, echo].map((port) => `127.0.0.1:${port}`)),
      resolve: async (host) => {
        const answers = names[host] ?? [['127.0.0.1']];
        return answers.length > 1 ? answers.shift()! : answers[0]!;
      },
      limits: { connections: 8, unclaimed: 16, bytes: 2 ** 20 },
    });
    ring = await openRing({ onConnection: (socket, key) => egress.accept(socket, key) });
  });
  afterAll(async () => {
    await ring.remove();
    egress.close();
    for (const server of servers) server.close();
  });

  const levels = ['fresh', 'warm'] as const;
  const keyOf = (isolation: Isolation) => `egress:${isolation}`;
  const granted = () => [web, secure, echo].map((port) => `good.test:${port}`);
  /** A call with a lease of its own, as the platform makes them; `during` runs beside it. */
  const calling = async (
    isolation: (typeof levels)[number],
    operation: string,
    input: unknown = {},
    { to = granted(), ...options }: CallOptions & { to?: string[] } = {},
  ): Promise<{ value: unknown; traffic: Traffic; token: string }> => {
    const service = ring.service('egress.py', isolation, { key: keyOf(isolation), network: true });
    const lease = egress.open({ home: keyOf(isolation), destinations: destinations(to) });
    try {
      const value = jsonOf(await service(operation, input, { proxyToken: lease.token, ...options }));
      return { value, traffic: lease.close(), token: lease.token };
    } finally {
      lease.close();
    }
  };
  const done: string[] = [];
  const attack = (name: string, run: () => Promise<void>): void => {
    done.push(name);
    it(name, run);
  };
  const both = (name: string, run: (isolation: (typeof levels)[number]) => Promise<void>): void => {
    attack(name, async () => {
      for (const isolation of levels) await run(isolation);
      await ring.healthy();
      expect(reached).toEqual([]);
    });
  };

  it.each(levels)('what was granted works, for scripts that know nothing of it (%s)', async (isolation) => {
    const plain = await calling(isolation, 'fetch', { url: `http://good.test:${web}/a` });
    expect(plain.value).toBe(`GET /a for good.test:${web}`);
    const tls = await calling(isolation, 'fetch', { url: `https://good.test:${secure}/`, ca: certificate });
    expect(tls.value).toBe('over TLS');
    expect(tls.traffic.flows).toMatchObject([{ destination: `good.test:${secure}`, connections: 1 }]);
    expect(tls.traffic.flows[0]!.receivedBytes).toBeGreaterThan(500);
    expect(
      jsonOf(await ring.service('egress.py', isolation, { key: keyOf(isolation), network: true })('no_delay')),
    ).toBe('set');
  });

  both('what was not granted: another host, port, address, and what a redirect names', async (isolation) => {
    for (const url of [
      `http://other.test:${web}/`,
      `http://good.test:${secret}/`,
      `http://127.0.0.1:${web}/`,
      `http://good.test:${web}/away`,
    ]) {
      const { value, traffic } = await calling(isolation, 'fetch', { url });
      expect(value, url).toMatch(/^403 This call may not reach /);
      expect(traffic.refused).toBe(1);
    }
    const tunnel = await calling(isolation, 'fetch', { url: `https://good.test:${secret}/` });
    expect(tunnel.value).toMatch(/^Tunnel connection failed: 403 This call may not reach good.test/);
  });

  const unreachable = /^refused: (ECONNREFUSED|ENETUNREACH)$/;
  for (const [act, said] of [
    ['a connection to the internet', unreachable],
    ['a connection to metadata', unreachable],
    ['a connection to another port of loopback', unreachable],
    ['a connection to another address of loopback', unreachable],
    ['a UDP socket', /^refused: EPERM$/],
    ['a raw socket', /^refused: EPERM$/],
    ['a socket over IPv6', /^refused: EPERM$/],
    ['a netlink socket', /^refused: EPERM$/],
    ['a packet socket', /^refused: EPERM$/],
    ['a socket by path', /^refused: EPERM$/],
    ['an MPTCP socket', /^refused: ENOSYS$/],
    ['an SCTP socket', /^refused: ENOSYS$/],
    ['asking a name server', /^refused: .*(Temporary failure|Name or service not known)|EAI/],
    ['binding', /^refused: EPERM$/],
    ['listening', /^refused: EPERM$/],
    ['accepting', /^refused: EPERM$/],
    ['another protocol over TCP', /^refused: ENOSYS$/],
    ['an option of sockets', /^refused: EPERM$/],
    ['an option of IP', /^refused: EPERM$/],
    ['a time limit on the channel', /^refused: EPERM$/],
    ['shutting the channel down', /^refused: EPERM$/],
  ] as const) {
    both(act, async (isolation) => {
      expect((await calling(isolation, 'attempt', { act })).value, isolation).toMatch(said);
    });
  }

  both('a name that changes what it stands for', async (isolation) => {
    names['re.test'] = [['127.0.0.1'], ['127.0.0.2'], ['169.254.169.254']];
    const to = [`re.test:${web}`];
    const url = `http://re.test:${web}/`;
    expect((await calling(isolation, 'fetch', { url }, { to })).value).toBe(`GET / for re.test:${web}`);
    expect((await calling(isolation, 'fetch', { url }, { to })).value).toMatch(/^403 .* loopback/);
    expect((await calling(isolation, 'fetch', { url }, { to })).value).toMatch(/^403 .* cloud metadata/);
  });

  both("another sandbox's token, a call's after its end, and none", async (isolation) => {
    const to = `good.test:${echo}`;
    const foreign = egress.open({ home: 'elsewhere', destinations: destinations([to]) });
    const { value: old } = await calling(isolation, 'token');
    for (const token of [foreign.token, old, 'x', '']) {
      expect((await calling(isolation, 'with_token', { token, to })).value).toMatch(/^HTTP\/1.1 407 /);
    }
    foreign.close();
    const variables = (await calling(isolation, 'variables')).value as Record<string, string>;
    expect(Object.keys(variables).sort()).toEqual(
      [
        'ALL_PROXY',
        'HTTPS_PROXY',
        'HTTP_PROXY',
        'NO_PROXY',
        'all_proxy',
        'http_proxy',
        'https_proxy',
        'no_proxy',
      ].sort(),
    );
  });

  attack('a connection that a warm process kept is closed when its call has ended', async () => {
    expect((await calling('warm', 'keep', { to: `good.test:${echo}` })).value).toBe(
      'HTTP/1.1 200 Connection established',
    );
    expect((await calling('warm', 'kept_one')).value).toMatch(/^(b''|EPIPE|ECONNRESET)$/);
    await ring.healthy();
  });

  both('more connections and bytes than a call may have', async (isolation) => {
    const to = `good.test:${echo}`;
    const hoarded = await calling(isolation, 'hoard', { to, count: 12 });
    expect(hoarded.value).toEqual(['HTTP/1.1 200', 'HTTP/1.1 429']);
    expect(hoarded.traffic).toMatchObject({ flows: [{ connections: 8 }], refused: 4 });
    expect((await calling(isolation, 'pump', { to, count: 100 })).value).toBe('ended');
    // Silent connections cost only those that make them: other sandboxes are not held up.
    const other = isolation === 'fresh' ? 'warm' : 'fresh';
    await calling(isolation, 'idle', { count: 40 });
    expect((await calling(other, 'fetch', { url: `http://good.test:${web}/` })).value).toMatch(/^GET/);
  });

  both('heads that are too long, and requests within requests', async (isolation) => {
    const say = async (text: string) => (await calling(isolation, 'say', { text })).value;
    expect(await say(`GET http://good.test:${web}/${'a'.repeat(30_000)}`)).toMatch(/^HTTP\/1.1 431 /);
    const host = `Host: good.test:${web}\r\nTOKEN\r\n`;
    const first = `POST http://good.test:${web}/1 HTTP/1.1\r\n${host}`;
    const second = `GET http://good.test:${secret}/2 HTTP/1.1\r\n${host}\r\n`;
    expect(await say(`${first}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`)).toMatch(
      /^HTTP\/1.1 400 /,
    );
    expect(await say(`${first}Content-Length: 0\r\n\r\n${second}`)).toMatch(/POST \/1 for [^/]*$/);
    expect(await say(`${first}X: 1\r\n Transfer-Encoding: chunked\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 /);
  });

  attack('a call that ends with a connection open, and one without a lease', async () => {
    const able = { ...limits, subprocesses: 4 };
    const service = ring.service('egress.py', 'fresh', { key: 'egress:able', network: true, limits: able });
    const lease = egress.open({ home: 'egress:able', destinations: destinations(granted()) });
    await service('linger', { to: `good.test:${echo}` }, { proxyToken: lease.token });
    lease.close();
    expect(jsonOf(await service('variables'))).toEqual({});
    await ring.healthy();
  });

  attack('a service without a network has none, whatever it is told', async () => {
    const service = ring.service('egress.py', 'fresh', { key: 'egress:none' });
    const lease = egress.open({ home: 'egress:none', destinations: destinations(granted()) });
    const said = await service(
      'attempt',
      { act: 'a connection to another port of loopback' },
      { proxyToken: lease.token },
    );
    expect(jsonOf(said)).toBe('refused: EPERM');
    lease.close();
  });

  it('are those of the list', () => {
    expect(done.toSorted()).toEqual(Object.keys(attacks.egress).toSorted());
  });
});
