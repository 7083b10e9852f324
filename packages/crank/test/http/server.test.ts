import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpServer } from '#src/doors/http/server.ts';
import { createMcpDoor } from '#src/doors/mcp/door.ts';
import { type Door, exchange, openDoor, operation, type Run, takes, until } from './stand-in.ts';

describe('the HTTP door', () => {
  let door: Door;
  let run: Run = () => ({ type: 'value', json: Buffer.from('1') });
  const hostile = '</script><script>alert("1")</script>';
  beforeAll(async () => {
    const input = takes(
      { [hostile]: { type: 'string', description: hostile }, n: { type: 'integer', default: 3 } },
      { required: [hostile] },
    );
    door = await openDoor([operation('run', { description: hostile, input })], (call) => run(call), {
      description: hostile,
    });
  });
  afterAll(() => door.close());
  const problem = async (answer: Response) => ({
    ...((await answer.json()) as Record<string, unknown>),
    http: answer.status,
  });

  it('knows what there is not, and what a path takes', async () => {
    for (const path of [
      '/nothing',
      '/v1',
      '/v1/services/',
      '/v1//services',
      '/V1/services',
      '/%2e%2e/etc/passwd',
      '/v1/services/a/b/c',
    ]) {
      expect(await problem(await door.send(path)), path).toMatchObject({ http: 404, code: 'not-found' });
    }
    const wrong = await door.send('/v1/services', { method: 'PUT' });
    expect(wrong.headers.get('allow')).toBe('GET, HEAD, POST');
    expect(await problem(wrong)).toMatchObject({ http: 405, code: 'method-not-allowed' });
    expect((await door.send('/v1/services/things/run')).headers.get('allow')).toBe('POST');
    expect((await door.send('/v1/services/things/-/versions', { method: 'DELETE' })).status).toBe(405);
    expect(await problem(await door.send('/v1/services/%zz'))).toMatchObject({ http: 400, code: 'malformed-request' });
    expect(await problem(await door.send(`/v1/services/${'x'.repeat(300)}`))).toMatchObject({
      http: 413,
      code: 'too-large',
    });
  });

  it('answers HEAD where it answers GET', async () => {
    const [head, get] = [await door.send('/openapi.json', { method: 'HEAD' }), await door.send('/openapi.json')];
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
    expect(await head.text()).toBe('');
  });

  it.each([
    ['noise', '\x16\x03\x01\x02\r\n\r\n'],
    ['a wrong version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['a header that is none', 'GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['a length and chunks', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    [
      'a bad chunk',
      'POST /v1/keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['an unknown expectation', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n'],
  ])('answers %s by 400 and hangs up', async (_what, request) => {
    const got = await exchange(door.port, request);
    expect(got).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n.*content-type: application\/problem\+json\r\n.*"code":"malformed-request"/is,
    );
  });

  it('is no proxy', async () => {
    const got = await exchange(door.port, 'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(got).toMatch(/^HTTP\/1\.1 405 .*"code":"method-not-allowed"/s);
    expect(await exchange(door.port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 302 /);
  });

  it('explains malformed HTTP as a problem', async () => {
    const got = await exchange(door.port, 'nonsense\r\n\r\n');
    expect(JSON.parse(got.split('\r\n\r\n')[1]!)).toMatchObject({ code: 'malformed-request', status: 400 });
    const long = await exchange(door.port, `GET / HTTP/1.1\r\nHost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1\.1 413 .*"code":"too-large"/s);
  });

  it('is not confused by names that mean something to JavaScript', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '-']) {
      expect((await door.send(`/v1/services/things/${name}`, { method: 'POST' })).status, name).toBe(404);
      expect((await door.send(`/v1/services/${name}`)).status, name).toBe(404);
      expect((await door.send(`/v1/calls?${name}=1&cursor=x`)).status, name).toBe(200);
    }
  });

  it('shows a failure of its own as internal, without details', async () => {
    const { list } = door.platform.identity;
    door.platform.identity.list = () => Promise.reject(new TypeError('secret detail'));
    const answer = await door.send('/v1/keys');
    door.platform.identity.list = list;
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(JSON.parse(text)).toMatchObject({ code: 'internal', retry: 'same-key' });
    expect(text).not.toContain('secret');
    expect(door.logged.join()).toContain('secret detail');
  });

  it('makes, lists and revokes keys', async () => {
    const post = (body: unknown) =>
      door.send('/v1/keys', {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });
    const made = await post({ name: 'bot', role: 'caller' });
    const key = (await made.json()) as { id: string; key: string };
    expect(made.status).toBe(201);
    expect((await door.send('/v1/services/things/run', { method: 'POST', key: key.key })).status).toBe(422);
    const { keys } = (await (await door.send('/v1/keys')).json()) as { keys: { id: string }[] };
    expect(keys.map(({ id }) => id)).toContain(key.id);
    expect(JSON.stringify(keys)).not.toContain(key.key);
    expect((await door.send(`/v1/keys/${key.id}`, { method: 'DELETE' })).status).toBe(200);
    expect((await door.send('/v1/services/things/run', { method: 'POST', key: key.key })).status).toBe(401);
    expect(await problem(await post({ name: 'x', role: 'king' }))).toMatchObject({
      http: 422,
      errors: [{ pointer: '/role' }],
    });
    expect(await problem(await post({ name: 'x', role: 'caller', admin: true }))).toMatchObject({ http: 400 });
    expect(await problem(await post([]))).toMatchObject({ http: 400 });
    expect(await problem(await post({ name: 'x'.repeat(70_000), role: 'caller' }))).toMatchObject({ http: 413 });
    expect((await door.send('/v1/keys', { method: 'POST', body: 'x' })).status).toBe(415);
  });

  it('checks what a policy is made of, and who asks before reading it', async () => {
    const post = (body: unknown, key?: null) =>
      door.send('/v1/policies', {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
        ...(key === null && { key }),
      });
    expect(await problem(await post({ files: [] }))).toMatchObject({ http: 422, errors: [{ pointer: '/files' }] });
    expect(await problem(await post({ files: [{ path: 'a.rego' }] }))).toMatchObject({ http: 422 });
    expect(await problem(await post({ files: [{ path: 'a.rego', text: '' }], layer: 'moon' }))).toMatchObject({
      http: 400,
    });
    expect(await problem(await post('{', null))).toMatchObject({ http: 401 });
  });

  it('names the candidates where a version is ambiguous', async () => {
    const { db } = door.platform.store;
    const row = await db.selectFrom('versions').selectAll().executeTakeFirstOrThrow();
    const twins = ['0', '1'].map((last) => `sha256:${'cd'.repeat(8)}${last.repeat(48)}`);
    await db
      .insertInto('versions')
      .values(twins.map((digest) => ({ ...row, digest })))
      .execute();
    const ambiguous = await door.send('/v1/services/things?version=cdcdcdcd');
    expect(ambiguous.status).toBe(400);
    expect(((await ambiguous.json()) as { detail: string }).detail).toContain(
      `${twins[0]!.slice(7, 28)}, ${twins[1]!.slice(7, 28)}. Give`,
    );
    expect((await door.send(`/v1/services/things?version=${twins[1]!.slice(7, 24)}`)).status).toBe(200);
    await db.deleteFrom('versions').where('digest', 'in', twins).execute();
  });

  it('lists services, versions and calls', async () => {
    const list = (await (await door.send('/v1/services')).json()) as { services: Record<string, unknown>[] };
    expect(list).toMatchObject({
      cursor: null,
      services: [{ account: 'acme', name: 'things', operations: [{ name: 'run', path: '/v1/services/things/run' }] }],
    });
    for (const path of ['/v1/services/things', '/v1/accounts/acme/services/things']) {
      expect(await (await door.send(path)).json()).toMatchObject(list.services[0]!);
      expect(await (await door.send(`${path}/-/versions`)).json()).toMatchObject({
        versions: [{ aliases: ['latest'] }],
      });
    }
    expect((await door.send('/v1/accounts/other/services/things')).status).toBe(404);
    expect((await door.send('/v1/services', { key: null })).status).toBe(401);
  });

  it('serves the log, by one spelling of each path', async () => {
    door.files.set('checkpoint', Buffer.from('origin\n3\n'));
    door.files.set('tile/0/000', Buffer.from([1, 2, 3]));
    door.files.set('tile/0/001.p/3', Buffer.from([4]));
    const cache = async (path: string) => {
      const answer = await door.send(path, { key: null });
      return [
        answer.status,
        answer.headers.get('cache-control'),
        answer.headers.get('content-type'),
        (await answer.arrayBuffer()).byteLength,
      ];
    };
    expect(await cache('/log/checkpoint')).toEqual([200, 'no-cache', 'text/plain; charset=utf-8', 9]);
    expect(await cache('/log/tile/0/000')).toEqual([
      200,
      'public, max-age=31536000, immutable',
      'application/octet-stream',
      3,
    ]);
    expect(await cache('/log/tile/0/001.p/3')).toEqual([200, 'public, max-age=300', 'application/octet-stream', 1]);
    expect(await (await door.send('/log/vkey')).text()).toBe('door+12345678+AAAA\n');
    for (const path of [
      '/log/tile/0/%30%30%30',
      '/log/tile/0/000?x=1',
      '/log/tile/0/002',
      '/log/tile/..%2fcheckpoint',
      '/log/tile/',
    ]) {
      expect((await cache(path))[0], path).toBe(404);
    }
  });

  it('shows strangers figures of the node, and a key those of its account', async () => {
    run = () => ({ type: 'value', json: Buffer.from('1') });
    await door.send('/v1/services/things/run', {
      method: 'POST',
      body: JSON.stringify({ [hostile]: 'x' }),
      headers: { 'content-type': 'application/json' },
    });
    const open = await (await door.send('/metrics', { key: null })).text();
    expect(open).toMatch(/^crank_http_answers_total\{status="2xx"\} [1-9]/m);
    expect(open).toMatch(/^crank_log_entries 3$/m);
    expect(open).not.toContain('things');
    const own = await (await door.send('/metrics')).text();
    expect(own).toMatch(/^crank_calls_total\{account="acme",service="things",outcome="ok"\} 1$/m);
    expect((await door.send('/metrics', { key: 'crk_wrong' })).status).toBe(401);
  });

  it('shows strangers no service in any document', async () => {
    for (const path of ['/openapi.json', '/docs', '/llms.txt']) {
      const open = await door.send(path, { key: null });
      expect(open.status).toBe(200);
      expect(await open.text(), path).not.toContain('things');
      expect(await (await door.send(path)).text(), path).toContain('things');
      expect((await door.send(path, { key: 'crk_wrong' })).status).toBe(401);
    }
  });

  it('escapes what authors wrote, and lets the page run nothing but its own script', async () => {
    const answer = await door.send('/docs');
    const page = await answer.text();
    expect(page).toContain('&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;');
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toMatch(/\son\w+=|javascript:|https?:\/\/(?!127\.0\.0\.1|example)/i);
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self'/);
    for (const asset of ['/docs/page.css', '/docs/page.js'])
      expect((await door.send(asset, { key: null })).status).toBe(200);
  });

  it('does not repeat a Host that is none', async () => {
    const got = await exchange(door.port, 'GET /docs HTTP/1.1\r\nHost: "><script>\r\nConnection: close\r\n\r\n');
    expect(got).toContain('http://localhost/v1/services');
  });

  it('leads from / to the documentation', async () => {
    const answer = await door.send('/');
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/docs']);
  });

  it('is ready until it stops', async () => {
    expect((await door.send('/healthz', { key: null })).status).toBe(200);
    expect((await door.send('/readyz', { key: null })).status).toBe(200);
    door.platform.load.draining = true;
    expect((await door.send('/readyz', { key: null })).status).toBe(503);
    expect(await problem(await door.send('/v1/services/things/run', { method: 'POST' }))).toMatchObject({
      http: 503,
      code: 'unavailable',
    });
    door.platform.load.draining = false;
  });

  it('says so where the address is taken', async () => {
    const again = listen(door, door.port);
    await expect(again).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('something else serves there'),
    });
  });

  it('answers what is under way before it closes', async () => {
    let finish = (): void => undefined;
    let began = false;
    run = () =>
      new Promise((resolve) => {
        began = true;
        finish = () => resolve({ type: 'value', json: Buffer.from('"late"') });
      });
    const { server, close } = await second(door);
    const idle = connect(Number(new URL(server.url).port), '127.0.0.1');
    const body = JSON.stringify({ [hostile]: 'x' });
    const call = fetch(`${server.url}/v1/services/things/run`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${door.key}`, 'content-type': 'application/json' },
    });
    await until('the call began', () => began);
    const closed = close();
    finish();
    expect(await (await call).text()).toBe('"late"');
    await closed;
    idle.destroy();
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });
});

const listen = ({ platform }: Door, port: number) =>
  createHttpServer(platform, {
    ...{ host: '127.0.0.1', port, version: '0', log: platform.log, console: '' },
    mcp: createMcpDoor(platform, '0'),
  });

const second = async (door: Door) => {
  const server = await listen(door, 0);
  return { server, close: () => server.close() };
};
