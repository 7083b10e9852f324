import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maskOf } from '#src/platform/secret-mask.ts';
import { startNode, type TestNode } from '../support/node.ts';

const SOURCE = readFileSync(new URL('secrets/keeper.py', import.meta.url), 'utf8');
const FIRST = 'sk_live/51H+8 "first" ünï&=\\q7Zr';
const SECOND = 'sk_live/99Q+2 "second" ünï&=\\x3Kd';
const PASSWORD = 'hunter2hunter2';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

type Json = Record<string, unknown> & { code?: string; detail?: string; reasons?: string[] };

interface Called {
  status: number;
  id: string;
  text: string;
  json: Json;
}

/** Every byte that a node wrote, by file. */
const filesBelow = (folder: string): [string, Buffer][] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry): [string, Buffer][] => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() && statSync(path).size < 2 ** 28 ? [[path, readFileSync(path)]] : [];
  });

describe('secrets', () => {
  let node: TestNode;
  const answers: string[] = [];

  const call = async (operation: string, input: object = {}, service = 'keeper', key?: string): Promise<Called> => {
    const path = `/v1/services/${service}/${operation}`;
    const answer = await node.request<Json>('POST', path, { json: input, ...(key !== undefined && { key }) });
    answers.push(answer.text, JSON.stringify([...answer.headers]));
    return { status: answer.status, id: answer.headers.get('crank-call') ?? '', text: answer.text, json: answer.json };
  };
  const predicateOf = async (id: string): Promise<Record<string, unknown>> => {
    const receipt = (await node.request<{ envelope: { payload: string } }>('GET', `/v1/receipts/${id}`)).json;
    return JSON.parse(Buffer.from(receipt.envelope.payload, 'base64').toString()).predicate;
  };
  const details = async (id: string): Promise<{ stdout: string; stderr: string; problem: unknown }> => {
    const answer = await node.request('GET', `/v1/calls/${id}`);
    answers.push(answer.text);
    return answer.json as { stdout: string; stderr: string; problem: unknown };
  };
  const put = (name: string, value: string, key?: string) =>
    node.request('PUT', `/v1/secrets/${name}`, { json: { value }, ...(key !== undefined && { key }) });

  beforeAll(async () => {
    node = await startNode({ CRANK_LOG_LEVEL: 'debug' });
    const limits = { wallMs: 5_000, subprocesses: 4 };
    for (const isolation of ['fresh', 'warm']) {
      const deployed = await node.deploy(isolation === 'warm' ? 'warm' : 'keeper', {
        'keeper.py': SOURCE,
        'crank.json': JSON.stringify({ isolation, limits }),
      });
      expect(deployed.status, deployed.text).toBe(201);
      expect(JSON.stringify(deployed.json['findings'])).toContain('crank secret set API_KEY');
    }
  });
  afterAll(() => node.remove());

  it('a call that asks for one that is not set is refused, and says what to do', async () => {
    const refused = await call('digest');
    expect([refused.status, refused.json.code]).toEqual([503, 'unavailable']);
    expect(refused.json.detail).toContain('crank secret set API_KEY');
    expect((await call('without')).json).toEqual([]);
  });

  it('is set from stdin, and not from the command line', async () => {
    const onArgv = await node.crank(['secret', 'set', 'API_KEY', 'not-like-this']);
    expect([onArgv.code, onArgv.stderr]).toEqual([2, expect.not.stringContaining('not-like-this')]);
    const set = await node.crank(['secret', 'set', 'API_KEY', '-', '--json'], { stdin: `${FIRST}\n` });
    expect([set.code, JSON.parse(set.stdout)]).toMatchObject([
      0,
      { name: 'API_KEY', version: 1, usedBy: ['keeper', 'warm'] },
    ]);
    expect((await put('db-password', PASSWORD)).status).toBe(201);
    const list = await node.crank(['secret', 'list']);
    expect(list.stdout).toMatch(/API_KEY +1 .* keeper, warm/);
    for (const path of ['/v1/secrets', '/v1/secrets/API_KEY']) {
      const read = await node.request('GET', path);
      answers.push(read.text);
      expect(Object.keys((read.json['secrets'] as object[])?.[0] ?? read.json).sort()).toEqual(
        ['created', 'createdBy', 'name', 'rotated', 'rotatedBy', 'usedBy', 'version'].sort(),
      );
    }
  });

  it('bad names, values and bodies are refused without repeating them', async () => {
    for (const [name, body] of [
      ['API_KEY', '{"value":"short"}'],
      ['API_KEY', '{"value":"leaky-leaky-\\u0000"}'],
      ['API_KEY', '{"value":leaky-leaky-1}'],
      ['API_KEY', '{"value":"leaky-leaky-2","leaky-leaky":1}'],
      ['API_KEY', `{"value":"${'leaky-leaky'.repeat(4_000)}"}`],
      ['1x', '{"value":"leaky-leaky-3"}'],
    ]) {
      const headers = { 'content-type': 'application/json' };
      const answer = await node.request('PUT', `/v1/secrets/${name}`, { body: body!, headers });
      expect(answer.status, body!.slice(0, 60)).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.text).not.toContain('leaky');
    }
  });

  it('reaches the process of the call, as environment and context, never the import', async () => {
    for (const service of ['keeper', 'warm']) {
      expect((await call('digest', {}, service)).json).toEqual({ sha256: sha256(FIRST), at_import: null });
      expect((await call('by_context', {}, service)).json).toEqual([sha256(FIRST), sha256(PASSWORD)]);
      expect((await call('in_child', {}, service)).json).toBe(sha256(FIRST));
      expect((await call('without', {}, service)).json, service).toEqual([]);
    }
  });

  it('stands in the receipt by name and version', async () => {
    const one = await call('by_context');
    expect((await predicateOf(one.id))['secrets']).toEqual([
      { name: 'API_KEY', version: 1 },
      { name: 'db-password', version: 1 },
    ]);
    const none = await call('without');
    expect(await predicateOf(none.id)).not.toHaveProperty('secrets');
    const file = join(node.data, 'secret-receipt.json');
    await node.crank(['receipt', 'get', one.id, '-o', file]);
    expect((await node.crank(['receipt', 'verify', file])).code).toBe(0);
  });

  it('is masked in answers, errors and what was printed, in every encoding', async () => {
    for (const service of ['keeper', 'warm']) {
      const answered = await call('answered', {}, service);
      expect(answered.status, answered.text).toBe(200);
      expect(answered.json).toMatchObject({ plain: '***', in: '<***>', '***': 1 });
      const raised = await call('raised', {}, service);
      expect([raised.status, raised.json.code]).toEqual([500, 'script-error']);
      const printed = await call('printed', { times: 2 }, service);
      expect(printed.text).toBe('2');
      const { stdout, stderr } = await details(printed.id);
      expect(stdout).toContain('out ***');
      expect(stderr).toContain('err ***');
      expect((await details((await call('printed_at_the_end', {}, service)).id)).stdout).toMatch(/^\.+\*\*\*$/);
      const slow = await call('too_slow', {}, service);
      expect([slow.status, (await details(slow.id)).stdout]).toEqual([504, '***\n']);
      const crashed = await call('crashed', {}, service);
      expect([crashed.json.code, (await details(crashed.id)).stderr]).toEqual([
        'crashed',
        expect.stringMatching(/^\*\*\*/),
      ]);
      const streamed = await call('streamed', {}, service);
      expect(streamed.text).toContain('{"n":2,"key":"***"}');
      expect(streamed.text).toContain('ValueError');
      expect((await call('wrong_schema', {}, service)).json.code).toBe('invalid-output');
      expect((await call('wrong_value', {}, service)).json.code).toBe('invalid-output');
      const file = await call('as_file', {}, service);
      expect([file.json.code, file.json.detail]).toEqual(['invalid-output', expect.stringContaining('secret')]);
    }
  }, 120_000);

  it('another value is there with the next call, and a warm process does not keep the one before', async () => {
    expect((await call('kept', {}, 'warm')).json).toBe(1);
    const slow = call('too_slow', {}, 'warm');
    const rotated = await put('API_KEY', SECOND);
    expect([rotated.status, rotated.json['version']]).toEqual([200, 2]);
    for (const service of ['keeper', 'warm']) {
      const now = await call('digest', {}, service);
      expect(now.json['sha256']).toBe(sha256(SECOND));
      expect((await predicateOf(now.id))['secrets']).toEqual([{ name: 'API_KEY', version: 2 }]);
    }
    expect((await call('kept', {}, 'warm')).json).toBe(1);
    expect((await call('without', {}, 'warm')).json).toEqual([]); // not even in that process
    expect((await slow).status).toBe(504);
    expect(await predicateOf((await call('answered', {}, 'warm')).id)).toMatchObject({ outcome: 'ok' });
  }, 120_000);

  it('a policy decides who uses which', async () => {
    const text = `package crank.secrets\n\ndeny contains "not with this secret" if {\n\t"db-password" in input.secrets\n\tinput.principal.role != "owner"\n}\n`;
    const applied = await node.request('POST', '/v1/policies', { json: { files: [{ path: 's.rego', text }] } });
    expect(applied.status, applied.text).toBe(200);
    const { key } = (await node.request<{ key: string }>('POST', '/v1/keys', { json: { name: 'c', role: 'caller' } }))
      .json;
    expect((await call('digest', {}, 'keeper', key)).status).toBe(200);
    const denied = await call('by_context', {}, 'keeper', key);
    expect([denied.status, denied.json.reasons]).toEqual([403, ['not with this secret']]);
    expect((await call('by_context')).status).toBe(200);
    for (const [method, path] of [
      ['GET', '/v1/secrets'],
      ['PUT', '/v1/secrets/API_KEY'],
      ['DELETE', '/v1/secrets/API_KEY'],
    ] as const) {
      const json = method === 'PUT' ? { value: 'somebody-elses' } : undefined;
      expect((await node.request(method, path, { key, ...(json && { json }) })).status, method).toBe(403);
    }
  });

  it('nothing that the node wrote or said has it, in any form', async () => {
    const removed = await node.crank(['secret', 'remove', 'db-password', '--json']);
    expect(removed.code).toBe(0);
    expect((await call('by_context')).json.code).toBe('unavailable');
    const while_ = filesBelow(node.data);
    expect(while_.some(([path]) => path.endsWith('crank.db-wal'))).toBe(true);
    await node.stop();
    const written = [...while_, ...filesBelow(node.data), ['log', Buffer.from(node.said())] as [string, Buffer]];
    for (const [i, text] of answers.entries()) written.push([`answer ${i}`, Buffer.from(text)]);
    expect(written.length).toBeGreaterThan(100);
    const all = [FIRST, SECOND, PASSWORD];
    // Forms made by hand, beside those that the mask knows.
    const forms = all.flatMap((value) => [
      value,
      value.slice(0, 16),
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value).toString('base64').slice(0, -4),
      Buffer.from(value).toString('base64url').slice(0, -4),
      Buffer.from(`user:${value}`).toString('base64').slice(8, -4),
      Buffer.from(value).toString('hex'),
      encodeURIComponent(value),
      Buffer.from(value, 'utf16le').toString('latin1'),
    ]);
    for (const [path, bytes] of written)
      for (const form of forms) expect(bytes.includes(form), `${form} in ${path}`).toBe(false);
    const mask = maskOf(all);
    for (const [path, bytes] of written.filter(([, one]) => one.length < 2 ** 22)) {
      const text = bytes.toString('latin1');
      expect(mask.text(text) === text, path).toBe(true);
    }
    expect(readdirSync('.').filter((name) => /^core(\.\d+)?$/.test(name))).toEqual([]);
  }, 120_000);
});
