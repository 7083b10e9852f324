import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  ApprovalNeeded,
  CrankClient,
  InvalidRequest,
  type Job,
  NotVerified,
  Refused,
  ServiceFailed,
  Unreachable,
} from 'crank-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';

const OPS = `from pathlib import Path
from typing import Any, Iterator
import time
from crank_platform import context

def power(base: int, exponent: int) -> int:
    return base ** exponent

def same(value: Any) -> Any:
    return value

def count(to: int) -> Iterator[int]:
    for n in range(to):
        if n == 5:
            raise ValueError("five")
        context.progress(n / to, f"item {n}")
        yield n

def shout(text: Path, times: int = 1) -> Path:
    loud = Path("läut.txt")
    loud.write_text(text.read_text().upper() * times)
    return loud

def sizes(files: list[Path], label: str) -> dict[str, int]:
    return {f"{label}:{each.name}": each.stat().st_size for each in files}

def slow(steps: int) -> int:
    for n in range(steps):
        context.progress((n + 1) / steps, f"step {n + 1}")
        time.sleep(0.05)
    return steps
`;

const APPROVE = `package crank.approval

required contains "two pairs of eyes" if input.resource.operation == "power"
`;

/** The published TypeScript client against a real node. */
describe('crank-sdk', () => {
  let node: TestNode;
  let client: CrankClient;
  let vkey: string;
  beforeAll(async () => {
    node = await startNode();
    client = new CrankClient({ url: node.url, key: node.key });
    const deployed = await client.deploy([{ path: 'ops.py', content: OPS }]);
    expect(deployed).toMatchObject({ name: 'ops', created: true });
    vkey = await client.log.vkey();
  });
  afterAll(() => node.remove());

  it('calls, with digits and types as they are', async () => {
    const { value, call, version, timing } = await client.call<number>('ops', 'power', { base: 2, exponent: 10 });
    expect(value).toBe(1024);
    expect(call).toMatch(/^call_/);
    expect(version).toMatch(/^sha256:/);
    expect(timing['execute']).toBeGreaterThan(0);
    expect((await client.call('ops', 'power', { base: 2n ** 70n, exponent: 2 }, { bigint: true })).value).toBe(
      2n ** 140n,
    );
    expect((await client.callText('ops', 'power', { base: 2, exponent: 100 })).value).toBe(String(2n ** 100n));
    expect((await client.call('default/ops@latest', 'power', { base: 3, exponent: 3 })).value).toBe(27);
  });

  it('sends files beside values that look like others, and gets files with their names', async () => {
    const file = await client.call<File>('ops', 'shout', { text: new File(['hé'], 'a.txt'), times: 2 });
    expect([file.value.name, await file.value.text()]).toEqual(['läut.txt', 'HÉHÉ']);
    const files = [new File(['1'], 'one.txt'), new File(['22'], '"two".txt')];
    const { value } = await client.call('ops', 'sizes', { files, label: '1' });
    expect(value).toEqual({ '1:one.txt': 1, '1:"two".txt': 2 });
    const alone = await client.call('ops', 'shout', {}, { files: { text: new TextEncoder().encode('x') } });
    expect(await (alone.value as File).text()).toBe('X');
    expect((await client.call('ops', 'same', { value: '1' })).value).toBe('1');
  });

  it('streams, tells how far it is, and says how it ended', async () => {
    const stream = client.stream<number>('ops', 'count', { to: 3 });
    expect(await stream.toArray()).toEqual([0, 1, 2]);
    expect(stream.end).toMatchObject({ call: stream.call, outcome: 'ok', items: 3 });
    const told: string[] = [];
    const watched = client.stream<number>(
      'ops',
      'count',
      { to: 3 },
      { onProgress: ({ message }) => told.push(message) },
    );
    expect(await watched.toArray()).toEqual([0, 1, 2]);
    expect(told).toContain('item 0');
    const seen: number[] = [];
    const broken = (async () => {
      for await (const item of client.stream<number>('ops', 'count', { to: 9 })) seen.push(item);
    })();
    await expect(broken).rejects.toThrow(ServiceFailed);
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    const left = client.stream<number>('ops', 'count', { to: 5 });
    for await (const _ of left) break;
    await expect.poll(async () => (await client.calls.get(left.call!)).outcome).toMatch(/ok|cancelled/);
  });

  it('has errors by kind, with what to do', async () => {
    const wrong = await client.call('ops', 'power', { base: 'x', exponent: 1 }).catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(InvalidRequest);
    expect(wrong).toMatchObject({ code: 'invalid-input', status: 422, errors: [{ pointer: '/base' }] });
    expect((wrong as InvalidRequest).call).toMatch(/^call_/);
    await expect(new CrankClient({ url: node.url, key: 'crk_no' }).keys.list()).rejects.toThrow(Refused);
    const failed = await client
      .call('ops', 'power', { base: 1, exponent: -1, more: 1 })
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'invalid-input' });
    const nobody = new CrankClient({ url: 'http://127.0.0.1:1', retries: 1 });
    await expect(nobody.calls.list()).rejects.toThrow(Unreachable);
    const findings = await client.deploy([{ path: 'bad.py', content: 'def f(:' }]).catch((error: unknown) => error);
    expect(findings).toMatchObject({ code: 'not-deployable', findings: [{ level: 'error' }, { level: 'warning' }] });
    const late = await client
      .call('ops', 'slow', { steps: 200 }, { deadline: '300ms' })
      .catch((error: unknown) => error);
    expect(late).toMatchObject({ code: 'timeout', name: 'ServiceFailed' });
    const gone = new AbortController();
    const aborted = client.call('ops', 'slow', { steps: 200 }, { signal: gone.signal });
    gone.abort(new Error('no longer needed'));
    await expect(aborted).rejects.toThrow('no longer needed');
  });

  it('asks again for what got lost, and the service runs once', async () => {
    let lost = 0;
    const flaky = new CrankClient({
      url: node.url,
      key: () => node.key,
      retries: { retries: 3, baseMs: 1 },
      fetch: async (...request) => {
        const answer = await fetch(...request);
        if (++lost > 2) return answer;
        await answer.arrayBuffer();
        throw new TypeError('the connection broke');
      },
    });
    const before = (await client.calls.list({ service: 'ops' })).calls.length;
    expect((await flaky.call('ops', 'power', { base: 7, exponent: 2 })).value).toBe(49);
    expect(lost).toBe(3);
    expect((await client.calls.list({ service: 'ops' })).calls.length).toBe(before + 1);
    lost = 0;
    await expect(flaky.call('ops', 'power', { base: 7, exponent: 2 }, { idempotencyKey: false })).rejects.toThrow(
      'whether it did what was asked is not known',
    );
    expect(lost).toBe(1);
  });

  it('follows jobs to their result', async () => {
    const job = await client.submit<number>('ops', 'slow', { steps: 4 });
    const states: Job[] = [];
    for await (const state of job) states.push(state);
    expect(states.at(-1)).toMatchObject({ id: job.id, state: 'ended', outcome: 'ok' });
    expect(await job.result()).toMatchObject({ value: 4, call: job.id });
    expect((await client.jobs.of(job.id).result()).value).toBe(4);
    const failing = await client.submit('ops', 'count', { to: 9 });
    await expect(failing.result()).rejects.toThrow(ServiceFailed);
    const endless = await client.submit('ops', 'slow', { steps: 1000 });
    await endless.cancel();
    expect((await endless.done()).outcome).toBe('cancelled');
    expect((await client.jobs.list({ service: 'ops' })).jobs.length).toBe(3);
  });

  it('verifies receipts against a pinned key, with the bytes that were sent and answered', async () => {
    const strict = new CrankClient({ url: node.url, key: node.key, verify: { vkeys: [vkey] } });
    const { receipt } = await strict.call('ops', 'power', { base: 2, exponent: 3 });
    expect(receipt).toMatchObject({ opened: { subject: 'bytes', input: 'bytes' }, predicate: { operation: 'power' } });
    expect((await strict.stream('ops', 'count', { to: 2 }).toArray()).length).toBe(2);
    expect((await strict.stream('ops', 'count', { to: 2 }, { onProgress: () => undefined }).toArray()).length).toBe(2);
    expect((await (await strict.submit('ops', 'slow', { steps: 1 })).result()).receipt?.opened.subject).toBe('bytes');
    const file = await strict.call('ops', 'shout', { text: new File(['x'], 'x') });
    expect(file.receipt?.opened.subject).toBe('bytes');
    expect(
      (await strict.run({ code: 'def double(x: int) -> int:\n    return 2 * x\n', input: { x: 4 } })).receipt,
    ).toBeDefined();

    const other = 'example.com/log+530d903a+AekyeRrmBwQ/lHnpKpVKpmIIZJ8WtRxbrHXuRIYXMZ0C';
    const stranger = strict.call('ops', 'power', { base: 2, exponent: 3 }, { verify: { vkeys: [other] } });
    await expect(stranger).rejects.toThrow();
    const tampering = new CrankClient({
      url: node.url,
      key: node.key,
      verify: { vkeys: [vkey] },
      fetch: async (url, init) => {
        const answer = await fetch(url, init);
        return init?.method === 'POST' ? new Response('9', { headers: answer.headers }) : answer;
      },
    });
    const lie = tampering.call('ops', 'power', { base: 2, exponent: 3 });
    await expect(lie).rejects.toThrow(NotVerified);
    await expect(lie).rejects.toMatchObject({ part: 'openings', code: 'not-verified' });
  });

  it('administers', async () => {
    const found = await client.services.search({ gives: 'integer', q: 'power' });
    expect(found[0]).toMatchObject({ service: 'ops' });
    const described = await client.services.describe('ops');
    expect(described.operations.find(({ name }) => name === 'power')?.example.typescript).toContain('crank-sdk');
    const names: string[] = [];
    for await (const service of client.services.all()) names.push(service.name);
    expect(names).toContain('ops');
    expect((await client.services.versions('ops')).versions[0]?.version).toBe(described.version);
    await client.services.setAlias('ops', 'stable', described.version);
    expect((await client.services.aliases('ops')).map(({ alias }) => alias)).toContain('stable');
    expect((await client.call('ops@stable', 'power', { base: 2, exponent: 1 })).value).toBe(2);

    const made = await client.keys.create({ name: 'robot', role: 'caller', kind: 'agent' });
    const robot = new CrankClient({ url: node.url, key: made.key });
    expect((await robot.call('ops', 'power', { base: 2, exponent: 2 })).value).toBe(4);
    await expect(robot.keys.list()).rejects.toMatchObject({ code: 'forbidden' });
    const budget = await client.budgets.create({ scope: 'key', of: made.id, period: 'day', calls: 0 });
    await expect(robot.call('ops', 'power', { base: 2, exponent: 2 })).rejects.toMatchObject({
      code: 'budget-exhausted',
    });
    await client.budgets.remove(budget.id);
    await client.keys.revoke(made.id);
    expect((await client.keys.list()).find(({ id }) => id === made.id)?.revoked).not.toBeNull();

    expect((await client.secrets.set('TOKEN', 'long enough')).version).toBe(1);
    expect((await client.secrets.list()).map(({ name }) => name)).toEqual(['TOKEN']);
    await client.secrets.remove('TOKEN');

    const schedule = await client.schedules.create({
      service: 'ops',
      operation: 'power',
      cron: '@daily',
      input: { base: 1, exponent: 1 },
    });
    expect(schedule.next.length).toBe(5);
    expect((await client.schedules.pause(schedule.id)).state).toBe('paused');
    await client.schedules.remove(schedule.id);
    const webhook = await client.webhooks.create({ service: 'ops', operation: 'same', verify: 'token' });
    expect(webhook.secret.length).toBeGreaterThan(8);
    await client.webhooks.remove(webhook.id);

    await client.workspaces.create({ name: 'notes' });
    await client.workspaces.put('notes', 'a/b c.txt', 'text');
    expect(await (await client.workspaces.get('notes', 'a/b c.txt')).text()).toBe('text');
    expect((await client.workspaces.files('notes', { deep: 'true' })).files.map(({ path }) => path)).toContain(
      'a/b c.txt',
    );
    expect((await client.workspaces.archive('notes')).size).toBeGreaterThan(512);
    await client.workspaces.remove('notes');

    await client.slos.set('ops', 'availability', { target: 0.9 });
    expect((await client.slos.list()).map(({ service }) => service)).toContain('ops');
    await client.slos.remove('ops', 'availability');
    expect((await client.usage.report({ by: 'service' })).usage[0]?.key['service']).toBe('ops');
    const { calls } = await client.calls.list({ service: 'ops' });
    expect((await client.calls.get(calls[0]!.id)).charge.currency).toBe('USD');
    const kept = await client.receipts.file(calls[0]!.id);
    expect(JSON.parse(new TextDecoder().decode(kept))).toHaveProperty('envelope');
    expect((await client.receipts.verify(calls[0]!.id, { vkeys: [vkey] })).id).toBe(calls[0]!.id);
    expect(await client.log.checkpoint()).toContain('\n\n— ');
    expect((await client.request('ready')) as object).toBeDefined();
  });

  it('Python: the same, to be waited for and to be awaited', async () => {
    const source = fileURLToPath(new URL('../../../../python/src', import.meta.url));
    const program = fileURLToPath(new URL('./clients/program.py', import.meta.url));
    const { stdout } = await promisify(execFile)('/usr/bin/python3', ['-B', program], {
      env: { ...process.env, PYTHONPATH: source, CRANK_URL: node.url, CRANK_KEY: node.key },
    });
    expect(stdout).toBe('all as it should be\n');
  });

  it('says what waits for approval, and gives the job to approve', async () => {
    await client.policies.apply({ files: [{ path: 'approve.rego', text: APPROVE }] });
    const waits = await client.call('ops', 'power', { base: 2, exponent: 2 }).catch((error: unknown) => error);
    expect(waits).toBeInstanceOf(ApprovalNeeded);
    const { job } = waits as ApprovalNeeded;
    expect(job.state?.approval?.reasons).toEqual(['two pairs of eyes']);
    const second = await client.keys.create({ name: 'second', role: 'owner' });
    await new CrankClient({ url: node.url, key: second.key }).jobs.of(job.id).approve('fine');
    expect((await job.result()).value).toBe(4);
  });
});
