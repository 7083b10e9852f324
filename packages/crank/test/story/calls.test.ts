import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opaPath } from '../policy/opa.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

const python = fileURLToPath(new URL('../../../../python/src', import.meta.url));
const source = (name: string): string => readFileSync(new URL(`calls/${name}.py`, import.meta.url), 'utf8');

/** Each operation calls the next one. */
const CHAIN = [
  'from crank_platform import context',
  ...Array.from(
    { length: 10 },
    (_, n) => `def step${n}() -> list:\n    return [${n}] + context.call("chain.step${n + 1}")`,
  ),
  'def step10() -> list:\n    return [10]\n',
].join('\n\n');

interface Event {
  event: string;
  data: { fraction?: number; message?: string; outcome?: string; items?: number };
}

const eventsOf = (text: string): Event[] =>
  text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
      return { event: fields['event'] ?? 'item', data: JSON.parse(fields['data']!) };
    });

interface Problem {
  code: string;
  detail: string;
  call?: string;
  exception?: { type: string; message: string };
}

interface Predicate {
  call: string;
  calls?: { call: string; outcome: string; statement: string }[];
  parent?: string;
  outcome: string;
  operation: string;
  service: string;
  principal: { id: string; kind: string; role: string; onBehalfOf?: string };
  decisions: { point: string; allow: boolean; reasons: string[]; obligations: string[] }[];
  charge: { total: string };
}

describe('what a script says during its call', () => {
  let node: TestNode;
  let ann: { id: string; key: string };
  let vkey: string;

  const call = (operation: string, input: object = {}, options: Parameters<TestNode['request']>[2] = {}) => {
    const [service, name] = operation.split('.');
    return node.request<Problem>('POST', `/v1/services/${service}/${name}`, { json: input, ...options });
  };
  /** What a script hears that calls another service. */
  const hear = async (target: string, input: object = {}, key = node.key) =>
    (
      await node.request<Problem & { result: unknown }>('POST', '/v1/services/front/hear', {
        json: { target, arguments: input },
        key,
      })
    ).json;
  const receiptOf = async (id: string) => {
    const { text, json } = await node.request<{ envelope: { payload: string } }>('GET', `/v1/receipts/${id}`);
    const payload = Buffer.from(json.envelope.payload, 'base64');
    return { text, payload, predicate: JSON.parse(payload.toString()).predicate as Predicate };
  };
  const idOf = ({ headers }: { headers: Headers }): string => headers.get('crank-call')!;
  const calls = async (
    service: string,
  ): Promise<{ id: string; operation: string; principal: string; outcome: string }[]> =>
    (await node.request<{ calls: [] }>('GET', `/v1/calls?service=${service}`)).json.calls;

  beforeAll(async () => {
    node = await startNode();
    for (const name of ['front', 'back', 'chain', 'warm', 'worker']) {
      const deployed = await node.deploy(name, {
        'main.py': name === 'chain' ? CHAIN : source(name),
        'crank.json': JSON.stringify({ isolation: name === 'warm' ? 'warm' : 'fresh' }),
      });
      expect(deployed.status, deployed.text).toBe(201);
    }
    ann = (await node.request<typeof ann>('POST', '/v1/keys', { json: { name: 'ann', role: 'caller' } })).json;
    vkey = (await node.request('GET', '/log/vkey')).text.trim();
  });
  afterAll(() => node.remove());

  it('give results, files and streams, in the name of whoever called', async () => {
    expect((await call('front.add', { a: 2, b: 40 })).text).toBe('42');
    expect((await call('front.sums', { count: 20 })).json).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(await hear('back.items', { to: 3 })).toEqual({ result: [0, 1, 2] });
    const { result } = (await hear('back.page', { text: 'hello' })) as { result: object };
    expect(result).toEqual({ name: 'page.txt', type: 'text/plain', size: 5, base64: 'aGVsbG8=' });
    expect(await hear('back.size', { page: result })).toEqual({ result: 5 });
    const own = (await calls('back'))[0]!;
    expect(own.principal).toBe('service:default/front');
  });

  it('leave receipts that name each other, which both verifiers take', async () => {
    const answer = await call('front.through', { n: 5 }, { key: ann.key });
    const outer = await receiptOf(idOf(answer));
    expect(outer.predicate.principal).toMatchObject({ id: ann.id, kind: 'user' });
    expect(outer.predicate).not.toHaveProperty('parent');
    expect(outer.predicate.calls).toEqual([
      { call: expect.stringMatching(/^call_/), outcome: 'ok', statement: expect.stringMatching(/^sha256:/) },
    ]);
    const middle = await receiptOf(outer.predicate.calls![0]!.call);
    expect(middle.predicate).toMatchObject({
      parent: outer.predicate.call,
      service: 'back',
      operation: 'through',
      principal: { id: 'service:default/front', kind: 'service', role: 'caller', onBehalfOf: ann.id },
    });
    const inner = await receiptOf(middle.predicate.calls![0]!.call);
    expect(inner.predicate).toMatchObject({
      parent: middle.predicate.call,
      operation: 'leaf',
      principal: { id: 'service:default/back', onBehalfOf: ann.id },
    });
    // What was stated about each is named by its digest in the one around it.
    for (const [around, within] of [
      [outer, middle],
      [middle, inner],
    ] as const) {
      const digest = createHash('sha256').update(within.payload).digest('hex');
      expect(around.predicate.calls![0]!.statement).toBe(`sha256:${digest}`);
    }
    const { json } = await node.request('GET', `/v1/calls/${middle.predicate.call}`);
    expect(json).toMatchObject({
      parent: outer.predicate.call,
      calls: [{ call: inner.predicate.call, outcome: 'ok' }],
    });
    const schema = JSON.parse(
      readFileSync(new URL('../../../verify/schemas/call-v1.schema.json', import.meta.url), 'utf8'),
    );
    const valid = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    const folder = temporaryFolder('nested');
    for (const { text, predicate } of [outer, middle, inner]) {
      expect(valid(predicate), JSON.stringify(valid.errors)).toBe(true);
      const said = await verifyReceipt(text, { vkeys: [vkey] });
      expect(said.predicate).toMatchObject({ call: predicate.call });
    }
    const file = join(folder.path, 'middle.json');
    writeFileSync(file, middle.text);
    const told = await node.crank(['receipt', 'verify', file, '--vkey', vkey]);
    expect(told.code, told.stderr).toBe(0);
    expect(told.stdout).toContain(`within   ${outer.predicate.call}\n`);
    expect(told.stdout).toContain(`calls    ${inner.predicate.call}: ok\n`);
    expect(told.stdout).toContain(`service:default/front (caller) for ${ann.id}`);
    await promisify(execFile)('python3', ['-m', 'crank_platform.verify', file, '--vkey', vkey], {
      env: { ...process.env, PYTHONPATH: python },
    });
    folder.remove();
  });

  describe('of its progress', () => {
    const stream = (operation: string, input: object, accept = 'text/event-stream') =>
      node.request('POST', `/v1/services/worker/${operation}`, { json: input, headers: { accept } });

    it('how far it is, as events between the items of a stream, which the receipt covers', async () => {
      const answer = await stream('steps', { count: 3 });
      const events = eventsOf(answer.text);
      expect(events[0]).toEqual({ event: 'progress', data: { fraction: 0, message: 'step 0 for owner' } });
      expect(events.filter(({ event }) => event === 'item').map(({ data }) => data)).toEqual([0, 1, 2]);
      const progress = events.filter(({ event }) => event === 'progress');
      expect(progress.at(-1)?.data).toEqual({ fraction: 2 / 3, message: 'step 2 for owner' });
      expect(events.at(-1)).toMatchObject({ event: 'receipt', data: { outcome: 'ok', items: 3 } });

      const id = answer.headers.get('crank-call')!;
      const receipt = await node.request<{ envelope: { payload: string }; openings: { subject: string } }>(
        'GET',
        `/v1/receipts/${id}`,
      );
      const { subject } = JSON.parse(Buffer.from(receipt.json.envelope.payload, 'base64').toString());
      const sent = answer.text.slice(0, answer.text.indexOf('event: receipt'));
      const salt = Buffer.from(receipt.json.openings.subject, 'base64');
      expect(subject[0].digest.sha256).toBe(createHash('sha256').update(salt).update(sent).digest('hex'));
    });

    it('nothing of it between lines, which are items', async () => {
      const answer = await stream('steps', { count: 3 }, 'application/x-ndjson');
      expect(answer.text.split('\n').slice(0, 3)).toEqual(['0', '1', '2']);
      expect(answer.text).not.toContain('step');
    });

    it('what was said before it failed', async () => {
      const events = eventsOf((await stream('refuse', { count: 1 })).text);
      expect(events).toMatchObject([
        { event: 'progress', data: { fraction: 0, message: 'looking' } },
        { event: 'receipt', data: { outcome: 'script-error', items: 0 } },
      ]);
      expect((await stream('refuse', { count: 1 }, 'application/x-ndjson')).status).toBe(500);
    });

    it('no secret', async () => {
      await node.request('PUT', '/v1/secrets/API_KEY', { json: { value: 'sk_live_0123456789' } });
      const [said] = eventsOf((await stream('leak', {})).text);
      expect(said).toEqual({ event: 'progress', data: { fraction: 0.5, message: 'the key is ***' } });
    });
  });

  it('fail as what they are, and unheard fail the script with all that happened', async () => {
    expect(await hear('back.add', { a: 'x', b: 1 })).toMatchObject({ code: 'invalid-input', status: 422 });
    expect(await hear('back.none')).toMatchObject({ code: 'not-found' });
    expect(await hear('nowhere.add')).toMatchObject({ code: 'not-found' });
    expect(await hear('back')).toMatchObject({ code: 'invalid-input' });
    expect(await hear('not a name')).toMatchObject({ code: 'invalid-input' });
    const failed = await call('front.fails', { text: 'plum' });
    expect(failed.json.code).toBe('script-error');
    expect(failed.json.exception).toMatchObject({ type: 'crank_platform.CallError' });
    expect(failed.json.detail).toContain("back.fails raised KeyError: 'plum'");
    const { calls: [one] = [] } = (await receiptOf(idOf(failed))).predicate;
    expect(one).toMatchObject({ outcome: 'script-error' });
  });

  it('never lead to themselves', async () => {
    for (const [operation, chain] of [
      ['front.loop', 'default/front.loop calls default/front.loop'],
      ['front.around', 'default/front.around calls default/back.around calls default/front.around'],
    ] as const) {
      const answer = await call(operation);
      expect(answer.json.code).toBe('script-error');
      expect(answer.json.detail).toContain(`call-cycle: ${chain}`);
    }
    expect((await calls('front')).filter(({ outcome }) => outcome === 'call-cycle').length).toBe(2);
  });

  it('go no deeper than eight, and one call asks for no more than a hundred', async () => {
    expect((await call('chain.step2')).json).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const deep = await call('chain.step1');
    expect(deep.json.detail).toMatch(/call-limit: Calls within calls go 8 deep, .*chain\.step1 calls .*chain\.step9\./);
    const many = await call('front.many', { count: 101 });
    expect(many.json.detail).toContain('call-limit: A call may ask for 100 others');
    expect((await receiptOf(idOf(many))).predicate.calls).toHaveLength(100);
  });

  it('stay within the account of their service', async () => {
    expect(await hear('other/safe.open')).toMatchObject({ code: 'forbidden' });
    expect(await hear('default/back.add', { a: 1, b: 1 })).toEqual({ result: 2 });
  });

  it('get no more time than is left, and end with the call that asked', async () => {
    const late = await call('front.waits', { seconds: 60 }, { headers: { 'crank-deadline': '500ms' } });
    expect(late.json.code).toBe('timeout');
    const [child] = (await receiptOf(idOf(late))).predicate.calls!;
    expect(['timeout', 'cancelled']).toContain(child!.outcome);

    const gone = new AbortController();
    const waiting = call('front.waits', { seconds: 59 }, { signal: gone.signal }).catch(() => 'gone');
    // What it waits for has begun when the sandbox has its line.
    const before = (await calls('back')).length;
    while (!(await node.request('GET', '/metrics')).text.includes('crank_calls_in_flight 2'))
      await new Promise(setImmediate);
    gone.abort();
    expect(await waiting).toBe('gone');
    while ((await calls('back')).length === before) await new Promise(setImmediate);
    expect((await calls('back'))[0]).toMatchObject({ operation: 'pause', outcome: 'cancelled' });
  });

  it('are not made again where the answer is given again', async () => {
    const headers = { 'idempotency-key': 'once' };
    const [first, again] = [
      await call('front.add', { a: 5, b: 6 }, { headers }),
      await call('front.add', { a: 5, b: 6 }, { headers }),
    ];
    expect([first.text, again.text, idOf(again)]).toEqual(['11', '11', idOf(first)]);
    const parents = await Promise.all(
      (await calls('back')).map(async ({ id }) => (await receiptOf(id)).predicate.parent),
    );
    expect(parents.filter((parent) => parent === idOf(first))).toHaveLength(1);
  });

  it('tell no secret, and what they keep is erased with whoever called', async () => {
    await node.request('PUT', '/v1/secrets/API_KEY', { json: { value: 'sk_live_0123456789' } });
    expect(await hear('back.secret')).toEqual({ result: 'the key is ***' });
    const parent = await call('front.add', { a: 1, b: 1 }, { headers: { 'crank-subject': 'ada' } });
    const [child] = (await receiptOf(idOf(parent))).predicate.calls!;
    const printed = async () => (await node.request<{ stdout: string }>('GET', `/v1/calls/${child!.call}`)).json.stdout;
    expect(await printed()).toBe('adding for default/front\n');
    expect((await node.crank(['erase', '--subject', 'ada'])).code).toBe(0);
    expect(await printed()).toBe('');
  });

  it('of a warm service to itself do not wait for its one process', async () => {
    const answers = await Promise.all([1, 2, 3].map((n) => call('warm.outer', { n })));
    expect(answers.map(({ text }) => text)).toEqual(['2', '3', '4']);
  });

  it.skipIf(opaPath === undefined)('are decided by policy in the name of the caller, and in their own', async () => {
    const rules = `package crank.authz

import rego.v1

deny contains "not for ann" if {
	input.principal.id == "${ann.id}"
	input.resource.operation == "pause"
}

deny contains "owners only" if {
	input.principal.role != "owner"
	input.resource.operation == "items"
}

deny contains reason if {
	input.call
	input.resource.operation == "size"
	reason := sprintf("not from %s", [concat(" > ", input.call.chain)])
}
`;
    const privacy = `package crank.privacy

import rego.v1

redact_pii contains field if {
	some field in input.output_fields
	input.principal.id == "${ann.id}"
	contains(field.value, "@")
}
`;
    for (const [path, text] of [
      ['authz.rego', rules],
      ['privacy.rego', privacy],
    ]) {
      const applied = await node.request('POST', '/v1/policies', { json: { files: [{ path, text }] } });
      expect(applied.status, applied.text).toBe(200);
    }
    expect(await hear('back.pause', { seconds: 0 })).toEqual({ result: 'awake' });
    expect(await hear('back.pause', { seconds: 0 }, ann.key)).toMatchObject({
      code: 'policy-denied',
      reasons: ['not for ann'],
    });
    expect(await hear('back.size', { page: 'eA==' })).toMatchObject({
      code: 'policy-denied',
      reasons: ['not from default/front.hear'],
    });
    expect((await call('back.items', { to: 1 })).status).toBe(200);
    expect(await hear('back.items', { to: 1 })).toMatchObject({ code: 'policy-denied', reasons: ['owners only'] });
    expect((await call('back.size', { page: 'eA==' })).text).toBe('1');
    expect(await hear('back.person')).toEqual({ result: { name: 'Ada', mail: 'ada@example.org' } });
    expect(await hear('back.person', {}, ann.key)).toEqual({ result: { name: 'Ada', mail: '[redacted]' } });
    // On trial, the same rules decide the same, of calls within others, too.
    const folder = temporaryFolder('rules');
    const file = join(folder.path, 'authz.rego');
    writeFileSync(file, rules);
    const trial = await node.crank(['policy', 'simulate', file, '--last', '12', '--json']);
    expect(JSON.parse(trial.stdout), trial.stderr).toMatchObject({ calls: 12, same: 12, changes: [] });
    writeFileSync(file, rules.replace('owner"', 'caller"'));
    const other = await node.crank(['policy', 'simulate', file, '--last', '12', '--json']);
    expect(JSON.parse(other.stdout)).toMatchObject({ calls: 12, denied: 2, same: 10 });
    folder.remove();
  });

  it('are paid by whoever called', async () => {
    const set = await node.request<{ id: string }>('POST', '/v1/budgets', {
      json: { scope: 'key', of: ann.id, calls: 2, period: 'total' },
    });
    expect(set.status, set.text).toBe(201);
    expect(await hear('back.add', { a: 1, b: 2 }, ann.key)).toEqual({ result: 3 });
    // Its own call was one, and what it asked for the other.
    expect((await call('front.leaf', { n: 1 }, { key: ann.key })).json.code).toBe('budget-exhausted');
    await node.request('DELETE', `/v1/budgets/${set.json.id}`);
  });

  it('are made over HTTP by the same script outside', async () => {
    const script = `
import asyncio, json
from crank_platform import CallError, context
made = [context.call("back.add", a=1, b=2), asyncio.run(context.call_async("back.items", to=3))]
page = context.call("back.page", text="hello")
made += [page, context.call("back.size", page=page)]
try:
    context.call("back.fails", text="plum")
except CallError as problem:
    made += [problem.target, problem.code, str(problem)]
print(json.dumps(made))
`;
    const env = { PATH: process.env['PATH'], PYTHONPATH: python };
    const outside = (more: object) => promisify(execFile)('python3', ['-c', script], { env: { ...env, ...more } });
    const { stdout } = await outside({ CRANK_URL: node.url, CRANK_KEY: node.key });
    expect(JSON.parse(stdout)).toEqual([
      ...[3, [0, 1, 2], { name: 'page.txt', type: 'text/plain', size: 5, base64: 'aGVsbG8=' }, 5],
      ...['back.fails', 'script-error', "back.fails raised KeyError: 'plum'"],
    ]);
    await expect(outside({})).rejects.toThrow('set CRANK_URL and CRANK_KEY');
  });

  it('are not replayed alone', async () => {
    const { status, json } = await node.request<Problem>(
      'POST',
      `/v1/receipts/${idOf(await call('front.add', { a: 1, b: 2 }))}/replay`,
    );
    expect([status, json.code]).toEqual([422, 'invalid-input']);
  });

  it('of fifty at one time all end, though each holds what others wait for', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => call('front.through', { n })));
    expect(answers.map(({ text }) => Number(text))).toEqual(Array.from({ length: 50 }, (_, n) => n));
  });

  it('are made while the node stops, for the calls that it waits for', async () => {
    const begun = await fetch(`${node.url}/v1/services/front/then`, {
      method: 'POST',
      headers: { authorization: `Bearer ${node.key}`, 'content-type': 'application/json' },
      body: '{"seconds":0.5}',
    });
    const lines = begun.body!.pipeThrough(new TextDecoderStream());
    let text = '';
    let stopped: Promise<unknown> | undefined;
    for await (const chunk of lines) {
      text += chunk;
      stopped ??= node.stop('SIGTERM');
    }
    expect(text).toMatch(/^"begun"\n"awake"\n"awake"\n.*"outcome":"ok"/);
    await stopped;
  });
});
