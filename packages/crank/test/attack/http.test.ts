import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpServer, type HttpServer } from '#src/doors/http/server.ts';
import { createMcpDoor } from '#src/doors/mcp/door.ts';
import { type Door, exchange, openDoor, operation, takes, until } from '../http/stand-in.ts';
import { httpAttacks } from './http-list.ts';

type Name = keyof typeof httpAttacks;

const FRIEND = 'https://app.example';
const CALL = '/v1/services/things/run';

describe('attacks: http', () => {
  let door: Door;
  let server: HttpServer;
  /** The same with little patience. */
  let hasty: HttpServer;
  let port: number;
  let ran = 0;
  const done: string[] = [];

  beforeAll(async () => {
    const input = takes({ file: {}, text: { type: 'string' } });
    const files = [{ name: 'file', many: false, kind: 'path' }] as never;
    door = await openDoor([operation('run', { input, files })], () => {
      ran += 1;
      return { type: 'value', json: Buffer.from('1') };
    });
    const { platform } = door;
    const mcp = createMcpDoor(platform, '0');
    const options = { ...{ host: '127.0.0.1', port: 0, log: platform.log }, version: '0', mcp, console: '' };
    server = await createHttpServer(door.platform, { ...options, names: ['crank.example'], cors: [FRIEND] });
    const timeouts = { head: 400, request: 800, keepAlive: 5_000, look: 50 };
    hasty = await createHttpServer(door.platform, { ...options, timeouts });
    port = Number(new URL(server.url).port);
  });
  afterAll(async () => {
    await server.close();
    await hasty.close();
    await door.close();
  });

  const probe = (name: Name, act: () => Promise<void>): void => {
    done.push(name);
    it(name, async () => {
      const before = ran;
      await act();
      expect(ran).toBe(before);
      await until('nothing is left of files', () => door.scratch().length === 0);
      // And the door is as it was.
      expect((await raw('GET', '/healthz')).status).toBe(200);
    });
  };

  interface Answer {
    status: number;
    headers: Headers;
    body: string;
  }
  const parse = (text: string): Answer => {
    const [head = '', ...body] = text.split('\r\n\r\n');
    const [first = '', ...lines] = head.split('\r\n');
    const headers = new Headers(lines.map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string]));
    return { status: Number(first.split(' ')[1]), headers, body: body.join('\r\n\r\n') };
  };
  const send = async (bytes: string | Uint8Array): Promise<Answer> => parse(await exchange(port, bytes));
  /** A request as bytes; the owner's key goes with it unless `key` is null. */
  const bytesOf = (method: string, path: string, lines: Record<string, string> = {}, body = ''): string => {
    const all = { Host: 'localhost', Connection: 'close', ...lines };
    const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n${body}`;
  };
  const raw = (...request: Parameters<typeof bytesOf>): Promise<Answer> => send(bytesOf(...request));
  const key = (): Record<string, string> => ({ Authorization: `Bearer ${door.key}` });
  const json = (body = '{}'): Record<string, string> => ({
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
  });
  const codeOf = ({ body }: Answer): unknown =>
    (JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)) as { code: string }).code;

  probe('a page whose name was changed to our address', async () => {
    for (const Host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'crank.example.evil.example',
    ]) {
      const answer = await raw('POST', CALL, { ...key(), ...json(), Host, Origin: `http://${Host}` }, '{}');
      expect([Host, answer.status, codeOf(answer)]).toEqual([Host, 403, 'forbidden']);
      expect((await raw('GET', '/openapi.json', { Host })).status).toBe(403);
    }
    for (const Host of ['a b', 'user@localhost', 'localhost/x', ''])
      expect((await raw('GET', '/openapi.json', { Host })).status, Host).toBe(400);
    for (const Host of ['127.0.0.1', `localhost:${port}`, '[::1]:7', 'crank.example', 'CRANK.EXAMPLE'])
      expect((await raw('GET', '/openapi.json', { Host })).status, Host).toBe(200);
  });

  probe('a page of another origin that sends', async () => {
    for (const Origin of [
      'https://evil.example',
      'null',
      'https://app.example.evil.example',
      'http://app.example',
      'https://localhost:1',
    ]) {
      const answer = await raw('POST', CALL, { ...key(), ...json(), Origin }, '{}');
      expect([Origin, answer.status, codeOf(answer)]).toEqual([Origin, 403, 'forbidden']);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      const asked = await raw('OPTIONS', CALL, { Origin, 'Access-Control-Request-Method': 'POST' });
      expect(asked.status).toBe(403);
    }
    const asked = await raw('OPTIONS', CALL, { Origin: FRIEND, 'Access-Control-Request-Method': 'POST' });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(FRIEND);
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
    // A friend's page needs a key like everybody else.
    expect((await raw('POST', CALL, { ...json(), Origin: FRIEND }, '{}')).status).toBe(401);
  });

  probe('a page of another origin that reads', async () => {
    const answer = await raw('GET', '/v1/services', { ...key(), Origin: 'https://evil.example' });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    const friend = await raw('GET', '/v1/services', { ...key(), Origin: FRIEND });
    expect(friend.headers.get('access-control-allow-origin')).toBe(FRIEND);
    expect(friend.headers.get('vary')).toMatch(/origin/i);
  });

  probe('every act there is, with what a browser sends by itself', async () => {
    const acts = server.routes.filter(({ method }) => !/^(?:GET|HEAD|OPTIONS)$/.test(method));
    expect(acts.length).toBeGreaterThan(40);
    const ambient = {
      Cookie: `key=${door.key}; authorization=Bearer ${door.key}; session=${door.key}`,
      'Proxy-Authorization': `Bearer ${door.key}`,
      'X-Api-Key': door.key,
    };
    for (const { method, path } of acts) {
      const filled = path.replaceAll(/:[a-z]+|\*/gi, 'things');
      for (const more of [
        {},
        { 'Content-Type': 'text/plain' },
        { Authorization: `Basic ${Buffer.from(`owner:${door.key}`).toString('base64')}` },
      ]) {
        const answer = await raw(method, filled, { ...ambient, ...json(), ...more }, '{}');
        expect(answer.status, `${method} ${path} ${answer.body}`).toBeGreaterThanOrEqual(400);
        expect(answer.headers.get('set-cookie')).toBeNull();
      }
    }
  });

  probe('an answer read as something else, framed, or taken in by a page', async () => {
    for (const answer of [
      await raw('GET', '/healthz'),
      await raw('GET', '/docs'),
      await raw('GET', '/openapi.json'),
      await raw('GET', '/v1/services', key()),
      await raw('GET', '/v1/services'),
      await raw('GET', '/nothing'),
      await raw('PUT', '/v1/services'),
      await raw('GET', '/v1/services', { Host: 'evil.example' }),
    ]) {
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('x-frame-options')).toBe('DENY');
      expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
      for (const telling of ['server', 'x-powered-by']) expect(answer.headers.get(telling)).toBeNull();
    }
  });

  probe('a head without end', async () => {
    const answer = await send(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(40_000)}`);
    expect([answer.status, codeOf(answer)]).toEqual([413, 'too-large']);
  });

  probe('a header behind so many that nobody looks', async () => {
    const many = Array.from({ length: 120 }, (_, i) => `h${i}: v\r\n`).join('');
    const answer = await send(
      `GET /v1/services HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${many}Authorization: Bearer ${door.key}\r\nAuthorization: Bearer x\r\n\r\n`,
    );
    expect([answer.status, codeOf(answer)]).toEqual([413, 'too-large']);
  });

  /** Sends bytes one after the other for as long as it is let. @returns what came back until the node hung up */
  const drip = (first: string, one: string): Promise<string> =>
    new Promise((resolve) => {
      let text = '';
      const socket = connect(Number(new URL(hasty.url).port), '127.0.0.1', () => socket.write(first));
      const more = setInterval(() => socket.write(one), 20);
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearInterval(more);
        resolve(text);
      });
    });
  probe('a head that never ends', async () => {
    expect(await drip('GET / HTTP/1.1\r\nHost: localhost\r\n', 'a: b\r\n')).toMatch(
      /^HTTP\/1\.1 400 .*did not arrive whole in time/s,
    );
    expect(await drip('', 'G')).toMatch(/^(?:HTTP\/1\.1 400 .*|)$/s);
  });
  probe('a body that never ends', async () => {
    const head = bytesOf('POST', CALL, { ...key(), 'Content-Type': 'application/json', 'Content-Length': '1000000' });
    expect(await drip(head, ' ')).toMatch(/^(?:HTTP\/1\.1 400 .*|)$/s);
    await until('nobody is waited for', () => door.platform.load.inFlight === 0);
  });

  probe('a body larger than it may be, told and untold', async () => {
    const told = await raw('POST', CALL, {
      ...key(),
      'Content-Type': 'application/json',
      'Content-Length': '99999999999',
    });
    expect([told.status, codeOf(told)]).toEqual([413, 'too-large']);
    const chunk = `100000\r\n${' '.repeat(0x100000)}\r\n`;
    // Who goes on sending may find the line cut before the answer is read.
    const untold = await raw(
      'POST',
      CALL,
      { ...key(), 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' },
      `${chunk.repeat(9)}0\r\n\r\n`,
    ).catch((error: NodeJS.ErrnoException) => expect(error.code).toMatch(/EPIPE|ECONNRESET/));
    expect([413, undefined]).toContain(untold?.status);
  });
  probe('a body that grows when it is unpacked', async () => {
    for (const encoding of ['gzip', 'br', 'deflate', 'zstd']) {
      const answer = await raw('POST', CALL, { ...key(), ...json(), 'Content-Encoding': encoding }, '{}');
      expect([answer.status, codeOf(answer)]).toEqual([415, 'unsupported-media-type']);
    }
  });
  probe('chunks that are none', async () => {
    for (const body of [
      'zz\r\n{}\r\n0\r\n\r\n',
      '-1\r\n{}\r\n0\r\n\r\n',
      '0x2\r\n{}\r\n0\r\n\r\n',
      '2\n{}\n0\n\n',
      'ffffffffffffffffff\r\n{}',
    ]) {
      const answer = await raw(
        'POST',
        CALL,
        { ...key(), 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' },
        body,
      );
      expect(answer.status, body).toBe(400);
    }
  });

  const form = (body: string): Promise<Answer> =>
    raw(
      'POST',
      CALL,
      {
        ...key(),
        'Content-Type': 'multipart/form-data; boundary=b',
        'Content-Length': String(Buffer.byteLength(body)),
      },
      body,
    );
  const part = (name: string, more = ''): string =>
    `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\nx\r\n`;
  const refusedForm = async (body: string, code: string): Promise<void> => {
    const answer = await form(body);
    expect([answer.status >= 400, codeOf(answer)], body.slice(0, 200)).toEqual([true, code]);
  };
  probe('a form of parts without end', async () => {
    await refusedForm(`${Array.from({ length: 400 }, (_, i) => part(`p${i}`)).join('')}--b--\r\n`, 'too-large');
  });
  probe('a head of a part without end', async () => {
    await refusedForm(`--b\r\nContent-Disposition: form-data; name="${'n'.repeat(70_000)}`, 'too-large');
  });
  probe('a form that never begins, and one that never ends', async () => {
    await refusedForm('x'.repeat(5_000), 'malformed-request');
    await refusedForm(part('text'), 'malformed-request');
    await refusedForm('--b\r\n\r\n', 'malformed-request');
  });
  probe('parts that say two things', async () => {
    await refusedForm(`${part('text')}${part('text')}--b--\r\n`, 'invalid-input');
    await refusedForm(
      `--b\r\nContent-Disposition: form-data; name="text"\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n`,
      'malformed-request',
    );
    await refusedForm(
      `--b\r\nContent-Disposition: form-data; name="text"; name="file"\r\n\r\nx\r\n--b--\r\n`,
      'malformed-request',
    );
  });
  probe('a file whose name leads elsewhere', async () => {
    for (const name of ['../../../etc/passwd', '/etc/passwd', 'a/../../b', '..'])
      await refusedForm(`${part('file', `; filename="${name}"`)}${part('nothing')}--b--\r\n`, 'invalid-input');
  });

  it('are those of the list', () => {
    expect(done.toSorted()).toEqual(Object.keys(httpAttacks).toSorted());
  });
});
