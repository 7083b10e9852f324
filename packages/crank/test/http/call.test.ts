import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CrankError } from '#src/core/error.ts';
import { openText } from '#src/platform/subject-key.ts';
import { type Door, exchange, openDoor, operation, type Run, takes, until } from './stand-in.ts';

const FILE = {
  type: 'object',
  properties: { name: { type: 'string' }, base64: { type: 'string' } },
  required: ['name', 'base64'],
} as const;

describe('a call over HTTP', () => {
  let door: Door;
  let run: Run;
  const path = '/v1/services/things';
  const json = { 'content-type': 'application/json' };
  beforeAll(async () => {
    door = await openDoor(
      [
        operation('echo'),
        operation('add', { input: takes({ a: { type: 'number' }, b: { type: 'number' } }, { required: ['a'] }) }),
        operation('read', {
          input: takes({ file: FILE, note: { type: 'string' } }, { required: ['file'] }),
          files: ['file'],
        }),
        operation('count', { input: takes({ files: { type: 'array', items: FILE } }), files: ['files'] }),
        operation('items', { result: 'stream' }),
        operation('make', { result: 'file' }),
      ],
      (call) => run(call),
    );
  });
  afterAll(() => door.close());
  beforeEach(() => {
    run = (call) => ({ type: 'value', json: call.input });
    door.entries.length = 0;
    door.logged.length = 0;
  });
  /** The problem document stored with a recorded call, as its subject's key opens it. */
  const problemOf = async (at: number): Promise<string> => {
    const { id, account, principal, problem } = door.entries.at(at)!.rows!.call;
    const key = await door.platform.subjects.find(account, principal);
    return openText(problem!, key, `${id} problem`);
  };
  const post = (name: string, body?: RequestInit['body'], headers: Record<string, string> = json) =>
    door.send(`${path}/${name}`, { method: 'POST', headers, ...(body !== undefined && { body }) });
  const problem = async (answer: Response) => ({
    ...((await answer.json()) as Record<string, unknown>),
    http: answer.status,
  });

  it('passes the bytes on untouched, both ways', async () => {
    const text = ' {"n": 12345678901234567890.10, "u": "\\u00e9é", "a":1,"a":2}\n';
    const answer = await post('echo', text);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.text()).toBe(text);
  });

  it('names call, receipt, version and the time of each step', async () => {
    const { headers } = await post('echo', '{}');
    const id = headers.get('crank-call');
    expect(id).toBe(door.entries[0]!.id);
    expect(headers.get('crank-receipt')).toBe(`/v1/receipts/${id}`);
    expect(headers.get('crank-version')).toMatch(/^sha256:/);
    expect(headers.get('server-timing')).toMatch(
      /^authenticate;dur=[\d.]+, authorise;dur=[\d.]+, read;dur=[\d.]+, decide;dur=.+, execute;dur=.+, check;dur=.+, price;dur=.+, commit;dur=/,
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('takes no body for no arguments', async () => {
    expect(await (await post('echo', undefined, {})).text()).toBe('{}');
    expect(await (await post('echo', '')).text()).toBe('{}');
  });

  it('takes the account and the version from the address', async () => {
    const send = (address: string) => door.send(address, { method: 'POST' }).then((answer) => answer.status);
    expect(await send('/v1/accounts/acme/services/things/echo?version=abababab')).toBe(200);
    expect(await send('/v1/accounts/other/services/things/echo')).toBe(404);
    expect(await send(`${path}/echo?version=12345678`)).toBe(404);
    expect(await send(`${path}/echo?version=a&version=b`)).toBe(400);
  });

  it.each([
    ['no JSON', '{"a":', 400, 'malformed-request'],
    ['two values', '{} {}', 400, 'malformed-request'],
    ['a byte order mark', '\ufeff{}', 400, 'malformed-request'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 'malformed-request'],
    ['JSON too deep', '['.repeat(100_000), 400, 'malformed-request'],
    ['a body beyond 8 MiB', `"${'x'.repeat(8 * 2 ** 20)}"`, 413, 'too-large'],
    ['what the schema refuses', '{"a":"one","c":1}', 422, 'invalid-input'],
    ['JSON that is no object', '[]', 422, 'invalid-input'],
    ['a missing argument', '{}', 422, 'invalid-input'],
  ] as const)('refuses %s, with a receipt', async (_what, body, status, code) => {
    const answer = await post('add', body);
    const id = answer.headers.get('crank-call');
    expect(await problem(answer)).toMatchObject({
      http: status,
      status,
      code,
      type: `urn:crank:error:${code}`,
      call: id,
    });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(door.entries[0]!.rows!.call).toMatchObject({ id, outcome: code });
  });

  it.each([
    ['text', { 'content-type': 'text/plain' }],
    ['no content type', {}],
    ['another character set', { 'content-type': 'application/json; charset=latin1' }],
    ['compression', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    ['a form without boundary', { 'content-type': 'multipart/form-data' }],
    ['no media type at all', { 'content-type': ';;;' }],
  ])('refuses %s as body', async (_what, headers) => {
    const answer = await post('echo', Buffer.from('{}'), headers as Record<string, string>);
    expect(await problem(answer)).toMatchObject({ http: 415, code: 'unsupported-media-type' });
  });

  it('refuses headers that make no sense', async () => {
    expect((await post('echo', '{}', { ...json, 'crank-deadline': 'soon' })).status).toBe(400);
    expect((await post('echo', '{}', { ...json, 'idempotency-key': 'a b' })).status).toBe(400);
  });

  it('answers who is not known before reading what they send, and stays usable', async () => {
    const body = 'x'.repeat(3 * 2 ** 20);
    const head = `POST ${path}/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    const first = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    const got = await exchange(
      door.port,
      `${first}${head}Authorization: Bearer ${door.key}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`,
    );
    expect(got.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 200']);
    expect(got).toMatch(/www-authenticate: Bearer/i);
  });

  it('stays usable after a body that was too large in the middle', async () => {
    const head = `POST ${path}/echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${door.key}\r\nContent-Type: application/json\r\n`;
    const chunk = `${(2 ** 20).toString(16)}\r\n${'x'.repeat(2 ** 20)}\r\n`;
    const got = await exchange(
      door.port,
      `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(10)}0\r\n\r\n${head}Connection: close\r\nContent-Length: 2\r\n\r\n{}`,
    );
    expect(got.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });

  it('stays usable after a file that was too large in the middle', async () => {
    const head = (name: string) => `POST ${path}/${name} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${door.key}\r\n`;
    const form = `--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n${'y'.repeat(6 * 2 ** 20)}\r\n--x--`;
    const first = `${head('read')}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: ${form.length}\r\n\r\n${form}`;
    const got = await exchange(door.port, `${first}${head('echo')}Connection: close\r\nContent-Length: 0\r\n\r\n`);
    expect(got.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });

  it('sends exactly the problem that the receipt commits to, and again under the same key', async () => {
    run = () => ({
      type: 'failed',
      code: 'script-error',
      detail: 'It broke.',
      exception: { type: 'E', message: 'm', traceback: 't' },
    });
    const key = { ...json, 'idempotency-key': 'once' };
    const first = await post('echo', '{}', key);
    const text = await first.text();
    expect(first.status).toBe(500);
    expect(text).toBe(await problemOf(0));
    expect(JSON.parse(text)).toMatchObject({ exception: { type: 'E', message: 'm', traceback: 't' } });
    const again = await post('echo', '{}', key);
    expect(again.status).toBe(500);
    expect(await again.text()).toBe(text);
    expect((await post('echo', '{"other":1}', key)).status).toBe(409);
  });

  it('keeps what went wrong inside out of the answer', async () => {
    run = () => {
      throw new Error('secret detail');
    };
    const answer = await post('echo', '{}');
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(JSON.parse(text)).toMatchObject({ code: 'internal' });
    expect(text).not.toContain('secret');
    expect(door.logged.join()).toContain('secret detail');
  });

  it('gives Retry-After where another try makes sense', async () => {
    run = () => {
      throw new CrankError('overloaded', 'Too much.', { retryAfter: 3 });
    };
    const answer = await post('echo', '{}');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('3');
  });

  describe('with files', () => {
    const form = (parts: Record<string, string | Blob | File>): FormData => {
      const data = new FormData();
      for (const [name, value] of Object.entries(parts)) data.append(name, value);
      return data;
    };
    const withFile = (name: string, data: FormData) => post(name, data, {});

    it('puts them on disk for the call and takes them away after it', async () => {
      const content = randomBytes(3 * 2 ** 20);
      let seen: unknown;
      run = ({ files, input }) => {
        seen = {
          ...files[0],
          path: undefined,
          same: readFileSync(files[0]!.path).equals(content),
          input: input.toString(),
        };
        return { type: 'value', json: Buffer.from('1') };
      };
      const answer = await withFile('read', form({ note: '7', file: new File([content], 'a/b/ü.bin') }));
      expect(answer.status).toBe(200);
      expect(seen).toMatchObject({ parameter: 'file', name: 'ü.bin', same: true, input: '{"note":"7"}' });
      expect(door.scratch()).toEqual([]);
    });

    it('takes several files for one parameter', async () => {
      run = ({ files }) => ({ type: 'value', json: Buffer.from(JSON.stringify(files.map((file) => file.name))) });
      const data = form({});
      expect((await withFile('count', form({ files: new File(['1'], 'one') }))).status).toBe(200);
      data.append('files', new File(['1'], 'one'));
      data.append('files', new File(['2'], 'two'));
      expect(await (await withFile('count', data)).json()).toEqual(['one', 'two']);
    });

    it('takes a part without file name for a file parameter, and arguments beside it', async () => {
      run = ({ files, input }) => ({
        type: 'value',
        json: Buffer.from(JSON.stringify([files[0]!.name, input.toString()])),
      });
      const answer = await withFile('read', form({ file: 'content', note: 'x' }));
      expect(await answer.json()).toEqual(['file', '{"note":"x"}']);
    });

    it('leaves nothing behind where the call is refused', async () => {
      expect(await problem(await withFile('add', form({ a: new File(['1'], 'a') })))).toMatchObject({
        code: 'invalid-input',
        errors: [{ pointer: '/a' }],
      });
      expect(
        await problem(await withFile('read', form({ file: new File([new Uint8Array(5 * 2 ** 20)], 'big') }))),
      ).toMatchObject({ code: 'too-large' });
      const broken = '--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\nabc';
      expect(
        await problem(await post('read', broken, { 'content-type': 'multipart/form-data; boundary=x' })),
      ).toMatchObject({ code: 'malformed-request' });
      expect(door.scratch()).toEqual([]);
    });

    it('leaves nothing behind where the client goes away, and records that', async () => {
      const socket = connect(door.port, '127.0.0.1');
      socket.write(
        `POST ${path}/read HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${door.key}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n${'y'.repeat(50_000)}`,
      );
      await until('the file is begun', () => door.scratch().length === 1);
      socket.destroy();
      await until('the call is recorded', () => door.entries.length === 1);
      expect(door.entries[0]!.rows!.call.outcome).toBe('cancelled');
      await until('the file is gone', () => door.scratch().length === 0);
    });

    it('notices another file under the same Idempotency-Key', async () => {
      const send = (content: string) =>
        post('read', form({ file: new File([content], 'f') }), { 'idempotency-key': 'file-key' }).then(
          (answer) => answer.status,
        );
      expect([await send('a'), await send('a'), await send('b')]).toEqual([200, 200, 409]);
    });
  });

  it('sends a file result, and deletes it', async () => {
    const content = randomBytes(300_000);
    run = () => {
      const file = join(door.platform.scratch, 'result');
      writeFileSync(file, content);
      return {
        type: 'file',
        name: 'Größe.txt',
        contentType: 'text/plain; charset=utf-8',
        path: file,
        size: content.length,
      };
    };
    const answer = await post('make', '{}');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '300000',
      'content-disposition': `attachment; filename="Gr__e.txt"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.txt`,
      'x-content-type-options': 'nosniff',
    });
    expect(door.scratch()).toEqual([]);
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
  });

  it('does not let a script write headers by way of a content type', async () => {
    run = () => {
      const file = join(door.platform.scratch, 'result');
      writeFileSync(file, 'x');
      return { type: 'file', name: 'a', contentType: 'text/html\r\nset-cookie: a=b', path: file, size: 1 };
    };
    const { headers } = await post('make', '{}');
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('set-cookie')).toBeNull();
  });

  describe('that streams', () => {
    const emit =
      (...items: string[]): Run =>
      async ({ onItem }) => {
        for (const item of items) await onItem!(Buffer.from(item));
        return { type: 'stream', items: items.length };
      };
    const last = (text: string): Record<string, unknown> => {
      const line = text.trimEnd().split('\n').at(-1)!;
      return (JSON.parse(line) as { $crank: Record<string, unknown> }).$crank;
    };

    it('sends lines, and after the commit how it ended', async () => {
      run = emit('{"a": 1}', '[1.0,\n2]', '{"$crank": "forged"}');
      const answer = await post('items', '{}');
      const text = await answer.text();
      expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
      expect(text.split('\n').slice(0, 3)).toEqual(['{"a": 1}', '[1.0, 2]', ' {"$crank": "forged"}']);
      const call = answer.headers.get('crank-call');
      expect(last(text)).toEqual({ call, receipt: `/v1/receipts/${call}`, outcome: 'ok', items: 3 });
      expect(door.entries.map((entry) => entry.kind)).toEqual(['opening', 'call']);
    });

    it('sends events to those who prefer them', async () => {
      run = emit('1', '"two"');
      const answer = await post('items', '{}', { ...json, accept: 'text/event-stream' });
      const text = await answer.text();
      expect(answer.headers.get('content-type')).toBe('text/event-stream');
      expect(text).toMatch(
        /^data: 1\n\ndata: "two"\n\nevent: receipt\ndata: \{"call":"call_\w+","receipt":"[^"]+","outcome":"ok","items":2\}\n\n$/,
      );
    });

    it('speaks HTTP/1.0 too', async () => {
      run = emit('1');
      const got = await exchange(door.port, `POST ${path}/items HTTP/1.0\r\nAuthorization: Bearer ${door.key}\r\n\r\n`);
      expect(got).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(got).toMatch(/\r\n\r\n1\n\{"\$crank":\{.*"outcome":"ok"/);
    });

    it('tells of an error after the first byte in the last line', async () => {
      run = async (call) => {
        await emit('1')(call);
        return { type: 'failed', code: 'script-error', detail: 'It broke.' };
      };
      const answer = await post('items', '{}');
      const text = await answer.text();
      expect(answer.status).toBe(200);
      expect(last(text)).toMatchObject({
        outcome: 'script-error',
        items: 1,
        error: {
          code: 'script-error',
          detail: expect.stringContaining('It broke.'),
          call: answer.headers.get('crank-call'),
        },
      });
      expect(await problemOf(-1)).toBe(JSON.stringify(last(text)['error']));
    });

    it('tells of an error before the first byte by its status', async () => {
      run = () => ({ type: 'failed', code: 'script-error', detail: 'It broke.' });
      expect((await post('items', '{}')).status).toBe(500);
    });

    it('tells in the last line where no receipt could be had', async () => {
      const { commit } = door.platform.recorder;
      run = async (call) => {
        await emit('1')(call);
        door.platform.recorder.commit = () => Promise.reject(new Error('secret: disk full'));
        return { type: 'stream', items: 1 };
      };
      const text = await (await post('items', '{}')).text();
      door.platform.recorder.commit = commit;
      expect(last(text)).toMatchObject({ outcome: 'internal', error: { code: 'internal' } });
      expect(text).not.toContain('secret');
    });

    it('waits for a reader that is slow, and ends with one that leaves', async () => {
      let sent = 0;
      const item = Buffer.from(`"${'x'.repeat(256 * 1024)}"`);
      let gone = false;
      run = async ({ onItem, signal }) => {
        signal.addEventListener('abort', () => {
          gone = true;
        });
        while (!signal.aborted && sent < 2_000) {
          await onItem!(item);
          sent += 1;
        }
        return { type: 'failed', code: 'cancelled', detail: 'The caller went away.' };
      };
      const socket = connect(door.port, '127.0.0.1');
      socket.pause();
      socket.write(`POST ${path}/items HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${door.key}\r\n\r\n`);
      await until('something is sent', () => sent > 0);
      let before = -1;
      await until('the pipe is full', () => {
        const still = sent === before;
        before = sent;
        return still;
      });
      expect(sent).toBeLessThan(200);
      socket.destroy();
      await until('the call is recorded', () => door.entries.some((entry) => entry.kind === 'call'));
      expect(gone).toBe(true);
      expect(door.entries.at(-1)!.rows!.call.outcome).toBe('cancelled');
    });
  });

  it('cancels a call whose client goes away, and records it', async () => {
    let began = false;
    run = ({ signal }) =>
      new Promise((resolve) => {
        began = true;
        signal.addEventListener('abort', () =>
          resolve({ type: 'failed', code: 'cancelled', detail: 'The caller went away.' }),
        );
      });
    const leave = new AbortController();
    const left = door.send(`${path}/echo`, { method: 'POST', signal: leave.signal }).catch(() => 'left');
    await until('the call began', () => began);
    leave.abort();
    expect(await left).toBe('left');
    await until('the call is recorded', () => door.entries.length === 1);
    expect(door.entries[0]!.rows!.call.outcome).toBe('cancelled');
  });
});
