import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseDestination } from '#src/core/destination.ts';
import type { Lease } from '#src/engines/egress/lease.ts';
import { createEgress, type Egress, type EgressLimits } from '#src/engines/egress/proxy.ts';
import type { Resolve } from '#src/engines/egress/resolve.ts';

const HOME = 'sha256:00 acme';

const servers: Server[] = [];
const listen = async (serve: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  servers.push(server);
  await once(server.listen(0, host), 'listening');
  return (server.address() as AddressInfo).port;
};
const open = new Set<Socket>();
const greets = (greeting: string) => (socket: Socket) => void socket.end(greeting);

let echo: number;
let egress: Egress;
let port: number;
/** What the names of these tests stand for; a list of lists is answered one after the other. */
let names: Record<string, string[][]>;
let lease: Lease;

const resolve: Resolve = (host) => {
  const answers = names[host];
  const answer = answers === undefined || answers.length > 1 ? answers?.shift() : answers[0];
  return answer === undefined ? Promise.reject(new Error('no such name')) : Promise.resolve(answer);
};
const destinations = (...texts: string[]) =>
  texts.map((one) => {
    const read = parseDestination(one);
    if ('wrong' in read) throw new Error(`${one} ${read.wrong}`);
    return read;
  });
const start = async (limits: Partial<EgressLimits> = {}, ceiling: string[] = []): Promise<void> => {
  egress?.close();
  egress = createEgress({
    ceiling: destinations(`good.test:${echo}`, `127.0.0.1:${echo}`, ...ceiling),
    resolve,
    limits,
  });
  port = await listen((socket) => egress.accept(socket, HOME));
  lease = egress.open({ home: HOME, destinations: destinations(`good.test:${echo}`, '*.wild.test:80') });
};
const authorization = (token = lease.token): string =>
  `Proxy-Authorization: Basic ${Buffer.from(`call:${token}`).toString('base64')}`;
const client = async (): Promise<Socket> => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  open.add(socket.on('error', () => {}));
  await once(socket, 'connect');
  return socket;
};
/** Everything that the proxy answers to these bytes. */
const ask = async (...lines: string[]): Promise<string> => {
  const socket = await client();
  socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return text(socket);
};
const tunnel = async (to: string, token?: string): Promise<Socket> => {
  const socket = await client();
  socket.write(`CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\n${authorization(token)}\r\n\r\n`);
  return socket;
};
const connected = async (to: string): Promise<Socket> => {
  const socket = await tunnel(to);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toBe('HTTP/1.1 200 Connection established\r\n\r\n');
  return socket;
};
/** Settles when the other side has ended a connection, or the connection is gone. */
const over = (socket: Socket): Promise<unknown> => {
  socket.resume();
  return Promise.race([once(socket, 'end'), once(socket, 'close')]);
};
const statusOf = async (to: string): Promise<string> => {
  const socket = await tunnel(to);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString().slice(0, 12);
};
const refusalOf = async (to: string, token?: string): Promise<string> => text(await tunnel(to, token));

beforeEach(async () => {
  echo = await listen((socket) => void socket.pipe(socket));
  names = { 'good.test': [['127.0.0.1']] };
  await start();
});
afterEach(() => {
  for (const socket of open) socket.destroy();
  open.clear();
  egress.close();
  for (const server of servers.splice(0)) server.close();
});

it('a tunnel carries bytes both ways, and counts them', async () => {
  const socket = await connected(`good.test:${echo}`);
  const back = text(socket);
  socket.end('hello');
  expect(await back).toBe('hello');
  expect(lease.close()).toEqual({
    flows: [{ destination: `good.test:${echo}`, connections: 1, sentBytes: 5, receivedBytes: 5 }],
    refused: 0,
  });
});

it('bytes that come with the head go first', async () => {
  const socket = await client();
  const back = text(socket);
  const to = `good.test:${echo}`;
  socket.end(`CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\n${authorization()}\r\n\r\nearly`);
  expect(await back).toBe('HTTP/1.1 200 Connection established\r\n\r\nearly');
});

it('a plain request reaches its destination alone: what is smuggled behind it does not', async () => {
  const heard = Promise.withResolvers<string>();
  const web = await listen((socket) => {
    let read = '';
    socket.on('data', (more) => {
      read += more.toString();
      if (read.endsWith('abc')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    socket.on('close', () => heard.resolve(read));
  });
  await start({}, [`127.0.0.1:${web}`]);
  lease = egress.open({ home: HOME, destinations: destinations(`good.test:${web}`) });
  const answer = await ask(
    `POST http://good.test:${web}/a HTTP/1.1`,
    `Host: good.test:${web}`,
    authorization(),
    'Content-Length: 3',
    '',
    `abcGET http://good.test:${web}/secret HTTP/1.1`,
    'Host: elsewhere.test',
  );
  expect(answer).toBe('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  expect(await heard.promise).toBe(
    `POST /a HTTP/1.1\r\nHost: good.test:${web}\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc`,
  );
});

it('a destination that was not granted is refused, and the answer says what was', async () => {
  const answer = await refusalOf(`other.test:${echo}`);
  expect(answer).toMatch(/^HTTP\/1.1 403 This call may not reach other\.test/);
  expect(answer).toContain(`it was granted good.test:${echo}, *.wild.test:80`);
  expect(await refusalOf('good.test:1')).toMatch(/^HTTP\/1.1 403 /);
  expect(await refusalOf(`x.good.test:${echo}`)).toMatch(/^HTTP\/1.1 403 /);
  expect(lease.close()).toEqual({ flows: [], refused: 3 });
});

it('nothing is resolved for what was not granted', async () => {
  let asked = 0;
  egress.close();
  egress = createEgress({ ceiling: [], resolve: async () => [String(asked++)] });
  lease = egress.open({ home: HOME, destinations: destinations('good.test:80') });
  expect(await refusalOf('other.test:80')).toMatch(/^HTTP\/1.1 403 /);
  expect(asked).toBe(0);
});

it.each([
  ['10.0.0.1', 'private'],
  ['169.254.169.254', 'cloud metadata'],
  ['127.0.0.2', 'loopback'],
  ['::1', 'loopback'],
  ['::ffff:127.0.0.1', 'reserved'],
  ['64:ff9b::7f00:1', 'NAT64'],
  ['not an address', 'unreadable'],
])('a granted name that stands for %s is refused', async (address, kind) => {
  names['a.wild.test'] = [[address]];
  expect(await refusalOf('a.wild.test:80')).toMatch(
    new RegExp(`^HTTP/1.1 403 The address of a.wild.test:80 is .*${kind}`),
  );
});

it('one private address among others is enough', async () => {
  names['a.wild.test'] = [['1.1.1.1', '10.0.0.1']];
  expect(await refusalOf('a.wild.test:80')).toMatch(/^HTTP\/1.1 403 The address .* private/);
});

it('an address that the operator opened at one port is closed at others', async () => {
  lease = egress.open({ home: HOME, destinations: destinations('good.test:1', '127.0.0.1:1') });
  expect(await refusalOf('good.test:1')).toMatch(/^HTTP\/1.1 403 The address .* loopback/);
  expect(await refusalOf('127.0.0.1:1')).toMatch(/^HTTP\/1.1 403 The address .* loopback/);
});

it('a name that changes what it stands for is connected to what was looked at', async () => {
  const secret = await listen(greets('secret'), '127.0.0.2');
  const public_ = await listen(greets('public'), '127.0.0.3');
  // Both listen at ports of their own; the granted one is at `public_`, and 127.0.0.2 has the same port where it is free.
  await start({}, [`127.0.0.3:${public_}`]);
  lease = egress.open({ home: HOME, destinations: destinations(`re.test:${public_}`, `re.test:${secret}`) });
  names['re.test'] = [['127.0.0.3'], ['127.0.0.2'], ['127.0.0.2']];
  expect(await refusalOf(`re.test:${public_}`)).toBe('HTTP/1.1 200 Connection established\r\n\r\npublic');
  expect(await refusalOf(`re.test:${public_}`)).toMatch(/^HTTP\/1.1 403 The address .* loopback/);
  expect(await refusalOf(`re.test:${secret}`)).toMatch(/^HTTP\/1.1 403 The address .* loopback/);
});

it('no token, a guessed one, one of another sandbox and one of a call that ended: 407', async () => {
  const to = `good.test:${echo}`;
  expect(await ask(`CONNECT ${to} HTTP/1.1`, `Host: ${to}`)).toMatch(/^HTTP\/1.1 407 /);
  expect(await ask(`CONNECT ${to} HTTP/1.1`, `Host: ${to}`, 'Proxy-Authorization: Basic !')).toMatch(/^HTTP\/1.1 407 /);
  expect(await refusalOf(to, '0'.repeat(32))).toMatch(/^HTTP\/1.1 407 /);
  const foreign = egress.open({ home: 'sha256:00 other', destinations: destinations(to) });
  expect(await refusalOf(to, foreign.token)).toMatch(/^HTTP\/1.1 407 /);
  const { token } = lease;
  await connected(to);
  lease.close();
  expect(await refusalOf(to, token)).toBe('');
  lease = egress.open({ home: HOME, destinations: destinations(to) });
  expect(await refusalOf(to, token)).toMatch(/^HTTP\/1.1 407 /);
});

it("a call's end is the end of its connections, and of no others", async () => {
  const mine = await connected(`good.test:${echo}`);
  const { token: ended } = lease;
  const first = lease;
  lease = egress.open({ home: HOME, destinations: destinations(`good.test:${echo}`) });
  expect(lease.token).not.toBe(ended);
  const others = await connected(`good.test:${echo}`);
  first.close();
  await over(mine);
  const back = once(others, 'data');
  others.write('still here');
  expect((await back)[0].toString()).toBe('still here');
});

it('a half-closed connection stays open the other way', async () => {
  const late = await listen((socket) => {
    socket.on('end', () => socket.end('after your end')).resume();
  });
  await start({}, [`127.0.0.1:${late}`]);
  lease = egress.open({ home: HOME, destinations: destinations(`good.test:${late}`) });
  const socket = await connected(`good.test:${late}`);
  const back = text(socket);
  socket.end('x');
  expect(await back).toBe('after your end');
});

it('a head that comes too slowly, or is too long, or never ends', async () => {
  await start({ headMs: 50 });
  const slow = await client();
  slow.write('CONNECT good');
  expect(await text(slow)).toMatch(/^HTTP\/1.1 408 /);
  expect(await ask(`GET http://good.test/${'a'.repeat(20_000)} HTTP/1.1`)).toMatch(/^HTTP\/1.1 431 /);
  const cut = await client();
  cut.end('CONNECT good');
  expect(await text(cut)).toMatch(/^HTTP\/1.1 400 /);
});

it('more connections than a call, or unclaimed ones than a sandbox may have', async () => {
  await start({ connections: 2, unclaimed: 3 });
  const to = `good.test:${echo}`;
  const first = await connected(to);
  await connected(to);
  expect(await refusalOf(to)).toMatch(/^HTTP\/1.1 429 A call may have 2 connections/);
  const gone = once(first, 'close');
  first.destroy();
  await gone;
  await expect.poll(() => statusOf(to)).toBe('HTTP/1.1 200');

  const idle = await Promise.all([client(), client(), client()]);
  await over(await client());
  for (const socket of idle) socket.destroy();
});

it('more connections than the node has for all calls together', async () => {
  await start({ everywhere: 1 });
  const to = `good.test:${echo}`;
  const mine = await connected(to);
  lease = egress.open({ home: HOME, destinations: destinations(to) });
  expect(await refusalOf(to)).toMatch(/^HTTP\/1.1 429 This node has 1 connections/);
  mine.destroy();
  await expect.poll(() => statusOf(to)).toBe('HTTP/1.1 200');
});

it('more bytes than a call may pass end all of its connections', async () => {
  await start({ bytes: 10_000 });
  const idle = await connected(`good.test:${echo}`);
  const busy = await connected(`good.test:${echo}`);
  busy.resume().write(Buffer.alloc(20_000));
  await Promise.all([over(idle), over(busy)]);
  expect(lease.close().flows[0]).toMatchObject({ connections: 2 });
});

it('more destinations under a pattern than a call may have', async () => {
  await start({ destinations: 1 });
  names['a.wild.test'] = [['10.0.0.1']];
  expect(await refusalOf('a.wild.test:80')).toMatch(/^HTTP\/1.1 403 /);
  expect(await refusalOf('b.wild.test:80')).toMatch(/^HTTP\/1.1 429 /);
});

it('destinations that are not there', async () => {
  expect(await refusalOf('nowhere.wild.test:80')).toMatch(/^HTTP\/1.1 502 .*cannot be resolved/);
  const closed = await listen(() => {});
  servers.pop()!.close();
  await start({}, [`127.0.0.1:${closed}`]);
  lease = egress.open({ home: HOME, destinations: destinations(`good.test:${closed}`) });
  expect(await refusalOf(`good.test:${closed}`)).toMatch(/^HTTP\/1.1 502 .*ECONNREFUSED/);
});

it('a name server that does not answer is not waited for', async () => {
  egress.close();
  egress = createEgress({ ceiling: [], resolve: () => new Promise(() => {}), limits: { resolveMs: 50 } });
  lease = egress.open({ home: HOME, destinations: destinations('good.test:80') });
  expect(await refusalOf('good.test:80')).toMatch(/^HTTP\/1.1 502 .*cannot be resolved/);
});
