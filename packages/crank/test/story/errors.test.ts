import { setTimeout as sleep } from 'node:timers/promises';
import { verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, startNode, type TestNode } from '../support/node.ts';

const SCRIPT = `import os, struct, sys, time

def echo(x: int) -> int:
    return x

def words(text: str, n: int = 1) -> list[str]:
    return text.split()[:n]

def fails(text: str):
    raise KeyError(text)

def leaves():
    sys.exit(3)

def hungry(mib: int) -> int:
    return len(bytearray(mib * 2**20))

def slow(seconds: float) -> str:
    time.sleep(seconds)
    return "done"

def dies():
    os.abort()

def long(size: int) -> str:
    return "x" * size

def odd():
    return object()

def lies() -> int:
    return "five"

def forges(answer: str):
    """Writes the frame of an answer past the runtime, with bytes that are no JSON."""
    frame = sys._getframe()
    while "number" not in frame.f_locals:
        frame = frame.f_back
    body = struct.pack("<BQQQII", 0, 1, 1, 0, 0, 0) + bytes.fromhex(answer)
    os.write(3, struct.pack("<IBI", 5 + len(body), 5, frame.f_locals["number"]) + body)
    os._exit(77)
`;

interface ProblemDocument {
  type: string;
  code: string;
  title: string;
  status: number;
  detail: string;
  retry: string;
  call?: string;
  errors?: { pointer: string; message: string }[];
  findings?: { file: string; line?: number; message: string; fix: string }[];
  exception?: { type: string; message: string; traceback?: string };
}

/** CONTRACT.md's table of errors, each from outside. */
describe('errors', () => {
  let node: TestNode;
  let caller: string;
  let vkey: string;
  beforeAll(async () => {
    node = await startNode();
    const deployed = await node.deploy('t', { 't.py': SCRIPT });
    expect(deployed.status).toBe(201);
    caller = (await node.request<{ key: string }>('POST', '/v1/keys', { json: { name: 'ann', role: 'caller' } })).json
      .key;
    vkey = (await node.request('GET', '/log/vkey')).text.trim();
  });
  afterAll(() => node.remove());

  const call = (
    operation: string,
    args: unknown,
    options: Parameters<TestNode['request']>[2] = {},
  ): Promise<Answer<ProblemDocument>> =>
    node.request<ProblemDocument>('POST', `/v1/services/t/${operation}`, { json: args, ...options });

  const expectProblem = (answer: Answer<ProblemDocument>, status: number, code: string): void => {
    expect([answer.status, answer.json.code], answer.text.slice(0, 300)).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.json).toMatchObject({
      type: `urn:crank:error:${code}`,
      status,
      title: expect.any(String),
      retry: expect.stringMatching(/^(never|after|same-key)$/),
    });
    expect(answer.json.detail.length).toBeGreaterThan(20);
  };

  /** A failed call has a receipt like any other, over the very bytes of its problem document. */
  const expectReceipt = async (answer: Answer<ProblemDocument>, outcome: string): Promise<void> => {
    const id = answer.headers.get('crank-call')!;
    expect(answer.json.call).toBe(id);
    const receipt = await node.request('GET', answer.headers.get('crank-receipt')!);
    const verified = await verifyReceipt(receipt.text, {
      vkeys: [vkey],
      output: new TextEncoder().encode(answer.text),
    });
    expect(verified.predicate).toMatchObject({ call: id, outcome });
    expect(verified.opened.subject).toBe('bytes');
  };

  it.each([
    ['not JSON', '{"x":'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['too deep', `{"x":${'['.repeat(5000)}${']'.repeat(5000)}}`],
    ['NaN', '{"x":NaN}'],
  ])('400 malformed-request: %s', async (_name, body) => {
    const answer = await node.request<ProblemDocument>('POST', '/v1/services/t/echo', {
      body: body as string,
      headers: { 'content-type': 'application/json' },
    });
    expectProblem(answer, 400, 'malformed-request');
    await expectReceipt(answer, 'malformed-request');
  });

  it.each(['', 'Bearer nonsense', `Bearer crk_own_${'0'.repeat(49)}`])(
    '401 unauthenticated: %j',
    async (authorization) => {
      const answer = await node.request<ProblemDocument>('POST', '/v1/services/t/echo', {
        json: { x: 1 },
        headers: { authorization },
      });
      expectProblem(answer, 401, 'unauthenticated');
      expect(answer.headers.get('crank-receipt')).toBeNull();
    },
  );

  it('403 forbidden: a caller may call, but neither deploy nor administer', async () => {
    expect((await call('echo', { x: 1 }, { key: caller })).status).toBe(200);
    expectProblem(
      await node.request<ProblemDocument>('POST', '/v1/keys', { json: { name: 'x', role: 'owner' }, key: caller }),
      403,
      'forbidden',
    );
    expectProblem(await node.request<ProblemDocument>('DELETE', '/v1/services/t', { key: caller }), 403, 'forbidden');
  });

  it('404 not-found: service, operation, version, call, receipt, path', async () => {
    expectProblem(
      await node.request<ProblemDocument>('POST', '/v1/services/nope/echo', { json: {} }),
      404,
      'not-found',
    );
    expectProblem(await call('nope', {}), 404, 'not-found');
    expectProblem(await call('constructor', {}), 404, 'not-found');
    expectProblem(
      await node.request<ProblemDocument>('POST', '/v1/services/t/echo?version=deadbeef', { json: { x: 1 } }),
      404,
      'not-found',
    );
    expectProblem(await node.request<ProblemDocument>('GET', '/v1/calls/call_nope'), 404, 'not-found');
    expectProblem(await node.request<ProblemDocument>('GET', '/v1/receipts/call_nope'), 404, 'not-found');
    expectProblem(await node.request<ProblemDocument>('GET', '/v1/nowhere'), 404, 'not-found');
  });

  it('409 idempotency-conflict, and the same answer for the same key and body', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await call('echo', { x: 7 }, { headers });
    const again = await call('echo', { x: 7 }, { headers });
    expect([again.text, again.headers.get('crank-call')]).toEqual(['7', first.headers.get('crank-call')]);
    expectProblem(await call('echo', { x: 8 }, { headers }), 409, 'idempotency-conflict');
    const both = await Promise.all(
      [1, 2, 3].map(() => call('slow', { seconds: 0.3 }, { headers: { 'idempotency-key': 'twice' } })),
    );
    expect(new Set(both.map((answer) => answer.headers.get('crank-call'))).size).toBe(1);
  });

  it('413 too-large and 415 unsupported-media-type', async () => {
    expectProblem(await call('words', { text: 'x'.repeat(9 * 2 ** 20) }), 413, 'too-large');
    expectProblem(
      await node.request<ProblemDocument>('POST', '/v1/services/t/echo', {
        body: '<x/>',
        headers: { 'content-type': 'application/xml' },
      }),
      415,
      'unsupported-media-type',
    );
  });

  it.each([
    [{ x: 'five' }, '/x'],
    [{ x: 1.5 }, '/x'],
    [{ x: true }, '/x'],
    [[1], ''],
    [{}, ''],
    [{ x: 1, y: 2 }, ''],
  ])('422 invalid-input: %j, with a pointer', async (args, pointer) => {
    const answer = await call('echo', args);
    expectProblem(answer, 422, 'invalid-input');
    expect(answer.json.errors![0]!.pointer.startsWith(pointer)).toBe(true);
    await expectReceipt(answer, 'invalid-input');
  });

  it.each([
    ['a syntax error', { 'x.py': 'def f(:\n    pass\n' }, 1],
    ['an exception at import', { 'x.py': 'import os\n\nraise RuntimeError("no")\n' }, 3],
    ['a module that is not there', { 'x.py': 'import nowhere_to_be_found\ndef f(): pass\n' }, 1],
    ['nothing to call', { 'x.py': '_x = 1\n' }, undefined],
    ['no Python', { 'x.txt': 'hello' }, undefined],
  ])('422 not-deployable: %s, with the line and how to fix it, and nothing stays', async (_name, files, line) => {
    const answer = (await node.deploy('broken', files as Record<string, string>)) as unknown as Answer<ProblemDocument>;
    expectProblem(answer, 422, 'not-deployable');
    const [finding] = answer.json.findings!;
    expect(finding!.fix.length).toBeGreaterThan(5);
    if (line !== undefined) expect(finding!.line).toBe(line);
    expect((await node.request('GET', '/v1/services/broken')).status).toBe(404);
  });

  it('500 script-error: the exception for everybody, the traceback for the owner', async () => {
    const own = await call('fails', { text: 'k' });
    expectProblem(own, 500, 'script-error');
    expect(own.json.exception).toMatchObject({ type: 'KeyError', message: "'k'" });
    expect(own.json.exception!.traceback).toContain('raise KeyError(text)');
    await expectReceipt(own, 'script-error');
    const others = await call('fails', { text: 'k' }, { key: caller });
    expect(others.json.exception).toEqual({ type: 'KeyError', message: "'k'" });
    const seen = await node.request('GET', `/v1/calls/${own.headers.get('crank-call')}`, { key: caller });
    expect(seen.text).not.toContain('raise KeyError');
    expectProblem(await call('leaves', {}), 500, 'script-error');
  });

  it.each([
    ['out-of-memory', 'hungry', { mib: 2000 }],
    ['crashed', 'dies', {}],
    ['output-too-large', 'long', { size: 9 * 2 ** 20 }],
    ['invalid-output', 'odd', {}],
    ['invalid-output', 'lies', {}],
    ['invalid-output', 'forges', { answer: '7b2261223a' }], // {"a":
    ['invalid-output', 'forges', { answer: '22ff22' }], // a text that is no UTF-8
    ['invalid-output', 'forges', { answer: '31202c2032' }], // 1 , 2
  ])('500 %s', async (code, operation, args) => {
    const answer = await call(operation, args);
    expectProblem(answer, 500, code);
    await expectReceipt(answer, code);
  });

  it('504 timeout at the deadline of the caller', async () => {
    const answer = await call('slow', { seconds: 20 }, { headers: { 'crank-deadline': '300ms' } });
    expectProblem(answer, 504, 'timeout');
    await expectReceipt(answer, 'timeout');
  });

  it('499 cancelled: recorded when the caller goes away', async () => {
    const away = new AbortController();
    const gone = call('slow', { seconds: 20 }, { signal: away.signal }).catch(() => undefined);
    await sleep(500);
    away.abort();
    await gone;
    for (let tries = 0; ; tries++) {
      const { json } = await node.request<{ calls: { outcome: string; operation: string }[] }>('GET', '/v1/calls');
      if (json.calls[0]!.outcome === 'cancelled') break;
      if (tries > 100) throw new Error(`the newest call is ${JSON.stringify(json.calls[0])}`);
      await sleep(50);
    }
  });

  it('is still well after all this', async () => {
    expect((await call('echo', { x: 1 })).text).toBe('1');
    expect((await node.crank(['log', 'verify'])).code).toBe(0);
    expect(node.said()).not.toMatch(/our fault|"level":50/);
  });
});
