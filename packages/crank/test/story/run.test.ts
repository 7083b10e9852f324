import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

const DOUBLE = 'def double(x: int) -> int:\n    return 2 * x\n';

describe('code that is handed in to be run', () => {
  const folder = temporaryFolder('run');
  let node: TestNode;
  const keys: Record<string, string> = {};

  beforeAll(async () => {
    node = await startNode();
    for (const role of ['developer', 'caller']) {
      const json = { name: role, role };
      keys[role] = (await node.request<{ key: string }>('POST', '/v1/keys', { json })).json.key;
    }
  });
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  const run = (json: object, more: { key?: string; headers?: Record<string, string> } = {}) =>
    node.request<Record<string, unknown>>('POST', '/v1/run', { json, ...more });
  const prepared = async () => {
    const { receipts } = (await node.request<{ receipts: { kind: string }[] }>('GET', '/v1/receipts?kind=code.prepare'))
      .json;
    return receipts.length;
  };

  it('is prepared once, called each time, and named in the receipt by its digest', async () => {
    const first = await run({ code: DOUBLE, input: { x: 21 } });
    expect(first.text, first.text).toBe('42');
    const second = await run({ code: DOUBLE, input: { x: 4 } }, { key: keys['developer']! });
    expect(second.text).toBe('8');
    expect(await prepared()).toBe(1);
    const digest = first.headers.get('crank-version');
    expect(second.headers.get('crank-version')).toBe(digest);
    const receipt = await node.request<{ envelope: { payload: string } }>('GET', first.headers.get('crank-receipt')!);
    const { predicate } = JSON.parse(Buffer.from(receipt.json.envelope.payload, 'base64').toString());
    expect(predicate).toMatchObject({ version: digest, operation: 'double', outcome: 'ok' });
  });

  it('keeps digits, takes scripts, and is repeated by key', async () => {
    const same = 'def same(x):\n    return x\n';
    const body = `{"code": ${JSON.stringify(same)}, "input": {"x": [1.0, 100000000000000000000000000001]}}`;
    const exact = await node.request('POST', '/v1/run', { body, headers: { 'content-type': 'application/json' } });
    expect(exact.text).toBe('[1.0,100000000000000000000000000001]');
    const script = await run({ code: 'print("hello")' });
    expect(script.json).toMatchObject({ stdout: 'hello\n', exit_code: 0 });
    const once = { headers: { 'idempotency-key': 'once' } };
    const random = { code: 'import random\ndef roll() -> float:\n    return random.random()\n' };
    expect((await run(random, once)).text).toBe((await run(random, once)).text);
    expect((await run({ code: DOUBLE, input: { x: 1 } }, once)).text).toBe('2');
  });

  it('is for those whom policy lets, by whatever way', async () => {
    const refused = await run({ code: DOUBLE, input: { x: 1 } }, { key: keys['caller']! });
    expect(refused.json).toMatchObject({ status: 403, code: 'forbidden', detail: expect.stringContaining('code.run') });
    const ran = await run({ code: DOUBLE, input: { x: 1 } });
    const { service } = (await node.request<{ service: string }>('GET', `/v1/calls/${ran.headers.get('crank-call')}`))
      .json;
    const called = await node.request('POST', `/v1/services/${service}/double`, {
      json: { x: 1 },
      key: keys['caller']!,
    });
    expect(called.status).toBe(403);
    const token = await node.request<{ token: string }>('POST', '/v1/tokens', { json: { scopes: ['code.run'] } });
    expect((await run({ code: DOUBLE, input: { x: 3 } }, { key: token.json.token })).text).toBe('6');
    const words = await node.deploy('words', { 'words.py': DOUBLE });
    expect(words.status).toBe(201);
    const other = await node.request('POST', '/v1/services/words/double', { json: { x: 1 }, key: token.json.token });
    expect(other.status).toBe(403);
  });

  it('is hidden, and its names are nobody’s', async () => {
    await run({ code: DOUBLE, input: { x: 1 } });
    const { services } = (await node.request<{ services: { name: string }[] }>('GET', '/v1/services')).json;
    expect(services.map(({ name }) => name)).toEqual(['words']);
    const { found } = (await node.request<{ found: { service: string }[] }>('GET', '/v1/search?q=double')).json;
    expect(found.map(({ service }) => service)).toEqual(['words']);
    const taken = await node.deploy(`run-${'0'.repeat(24)}`, { 'words.py': DOUBLE });
    expect(taken.json).toMatchObject({ status: 422, code: 'invalid-input' });
    const slos = await node.request('GET', '/v1/slos');
    expect([slos.status, slos.text.includes('run-')]).toEqual([200, false]);
    const metrics = (await node.request('GET', '/metrics')).text;
    expect(metrics).toMatch(/crank_calls_total\{.*service="_run"/);
    expect(metrics).not.toContain('service="run-');
  });

  it('says what is wrong with it', async () => {
    const broken = await run({ code: 'def f(:\n    pass\n' });
    expect(broken.json).toMatchObject({
      status: 422,
      code: 'not-deployable',
      findings: expect.arrayContaining([expect.objectContaining({ level: 'error', file: 'main.py', line: 1 })]),
    });
    const two = await run({ code: 'def a(): pass\ndef b(): pass\n' });
    expect(two.json).toMatchObject({ code: 'invalid-input', errors: [{ pointer: '/operation' }] });
    expect((await run({ code: DOUBLE, inputs: {} })).json).toMatchObject({ code: 'malformed-request' });
    expect((await run({ code: DOUBLE, requirements: ['a\nb'] })).json).toMatchObject({
      errors: [{ pointer: '/requirements' }],
    });
    expect((await run({ code: DOUBLE, input: { x: 'y' } })).json).toMatchObject({
      status: 422,
      code: 'invalid-input',
      errors: [{ pointer: '/x' }],
    });
  });

  it('becomes a service in one step, also from the command line', async () => {
    const file = join(folder.path, 'triple.py');
    writeFileSync(file, 'def triple(x: int) -> int:\n    """Three times."""\n    return 3 * x\n');
    const ran = await node.crank(['run', file, '-a', 'x=5', '--promote', 'triple']);
    expect([ran.code, ran.stdout], ran.stderr).toEqual([0, '15\n']);
    expect((await node.request('POST', '/v1/services/triple/triple', { json: { x: 2 } })).text).toBe('6');
    const none = await node.request('POST', '/v1/run/00000000/promote', { json: { name: 'none' } });
    expect(none.json).toMatchObject({ status: 404, detail: expect.stringContaining('Run it again') });
    const found = await node.crank(['search', 'three times']);
    expect(found.stdout).toContain('triple.triple');
  });
});
