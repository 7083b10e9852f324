import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';

const SOURCE = `import time


def greet(name: str = "you") -> str:
    return "Hello, " + name


def slow(seconds: float) -> float:
    time.sleep(seconds)
    return seconds
`;

interface Run {
  instant: string;
  trigger: string;
  state: string;
  call: string | null;
  outcome: string | null;
  reason: string | null;
}
interface Schedule {
  id: string;
  state: string;
  reason: string | null;
  next: string[];
  principal: string;
}

describe('schedules', () => {
  let node: TestNode;
  const runsOf = async (id: string): Promise<Run[]> =>
    (await node.request<{ runs: Run[] }>('GET', `/v1/schedules/${id}/runs`)).json.runs;
  const ended = async (id: string, count = 1): Promise<Run[]> => {
    const count_ = async () => (await runsOf(id)).filter(({ state }) => state === 'ended').length;
    await expect.poll(count_, { timeout: 60_000, interval: 100 }).toBe(count);
    return runsOf(id);
  };
  const predicateOf = async (id: string): Promise<Record<string, unknown>> => {
    const receipt = (await node.request<{ envelope: { payload: string } }>('GET', `/v1/receipts/${id}`)).json;
    return JSON.parse(Buffer.from(receipt.envelope.payload, 'base64').toString()).predicate;
  };
  const add = async (name: string, ...options: string[]): Promise<Schedule> => {
    const added = await node.crank(['schedule', 'add', name, ...options, '--json']);
    expect(added.code, added.stderr).toBe(0);
    return JSON.parse(added.stdout) as Schedule;
  };

  beforeAll(async () => {
    node = await startNode();
    expect((await node.deploy('clock', { 'clock.py': SOURCE })).status).toBe(201);
  });
  afterAll(() => node.remove());

  it('is made with a time zone and shows when it comes', async () => {
    const made = await add(
      'clock.greet',
      '--cron',
      '0 9 * * 1-5',
      '--zone',
      'Europe/Berlin',
      '--input',
      '{"name":"Ada"}',
    );
    expect(made.next).toHaveLength(5);
    for (const next of made.next) {
      const there = new Intl.DateTimeFormat('en-GB', {
        ...{ timeZone: 'Europe/Berlin', weekday: 'short', hour: '2-digit', minute: '2-digit' },
      }).format(new Date(next));
      expect(there).toMatch(/^(Mon|Tue|Wed|Thu|Fri),? 09:00$/);
    }
    expect((await node.crank(['schedule', 'list'])).stdout).toMatch(
      /clock\.greet +0 9 \* \* 1-5 +Europe\/Berlin +active/,
    );
    expect((await node.crank(['schedule', 'remove', made.id])).code).toBe(0);
    expect((await node.request('GET', `/v1/schedules/${made.id}`)).status).toBe(404);
  });

  it('what could never run is refused', async () => {
    for (const [status, member, change] of [
      [422, '/cron', { cron: '99 * * * *' }],
      [422, '/cron', { cron: '0 0 30 2 *' }],
      [422, '/zone', { zone: 'Mars/Olympus' }],
      [422, '/grace', { grace: 'soon' }],
      [422, '/grace', { grace: '1s' }],
      [422, '/overlap', { overlap: 'maybe' }],
      [422, '/input/name', { input: { name: 1 } }],
      [404, undefined, { service: 'nothing' }],
      [404, undefined, { operation: 'nothing' }],
      [400, undefined, { every: 'day' }],
    ] as const) {
      const json = { service: 'clock', operation: 'greet', cron: '@daily', ...change };
      const answer = await node.request<{ errors?: { pointer: string }[] }>('POST', '/v1/schedules', { json });
      expect([answer.status, answer.json.errors?.[0]?.pointer], answer.text).toEqual([status, member]);
    }
  });

  it('fires when it is due, as itself, in the name of the key that made it, with a receipt', async () => {
    const { id, principal } = await add('clock.greet', '--cron', '@yearly', '--grace', '1h');
    await node.stop();
    const database = new DatabaseSync(join(node.data, 'crank.db'));
    const instant = Date.UTC(new Date().getUTCFullYear(), 0, 1);
    // As if the year had begun a moment ago, while the node was down: an instant of the table, due now.
    database
      .prepare('update schedules set next_at = ?, due_at = ?, grace_ms = ? where id = ?')
      .run(...[instant, instant, 366 * 86_400_000, id]);
    database.close();
    await node.start();
    const [run] = await ended(id);
    expect(run).toMatchObject({ trigger: 'cron', outcome: 'ok', instant: new Date(instant).toISOString() });
    expect(await predicateOf(run!.call!)).toMatchObject({
      outcome: 'ok',
      operation: 'greet',
      principal: { id, kind: 'service', role: 'owner', onBehalfOf: principal },
    });
    const listed = await node.request<{ calls: { id: string; tags: string }[] }>('GET', '/v1/calls');
    expect(listed.json.calls.find(({ id }) => id === run!.call)?.tags).toBe(`schedule=${id}`);
    const file = join(node.data, 'run.json');
    await node.crank(['receipt', 'get', run!.call!, '-o', file]);
    expect((await node.crank(['receipt', 'verify', file])).code).toBe(0);
  });

  it('is fired by hand, paused and resumed', async () => {
    const { id } = await add('clock.greet', '--cron', '@yearly');
    expect((await node.crank(['schedule', 'pause', id])).stdout).toContain('is paused');
    const run = await node.crank(['schedule', 'run', id, '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ trigger: 'manual', state: 'running' });
    expect(await ended(id)).toMatchObject([{ outcome: 'ok' }]);
    expect((await node.crank(['schedule', 'runs', id])).stdout).toMatch(/manual +ended +ok +call_/);
    expect((await node.crank(['schedule', 'resume', id])).stdout).toContain('is active');
  });

  it('a node that is killed in the middle makes the call when it is back, once', async () => {
    const { id } = await add('clock.slow', '--cron', '@yearly', '--input', '{"seconds":1.5}');
    const started = await node.request<Run>('POST', `/v1/schedules/${id}/run`);
    expect(started.status, started.text).toBe(202);
    await node.stop('SIGKILL');
    await node.start();
    const runs = await ended(id);
    expect(runs).toMatchObject([{ call: started.json.call, outcome: 'ok' }]);
    const calls = (await node.request<{ calls: { operation: string }[] }>('GET', '/v1/calls')).json.calls;
    expect(calls.filter(({ operation }) => operation === 'slow')).toHaveLength(1);
  });

  it('stops when the key is revoked that made it, and goes on in the name of another', async () => {
    const made = await node.request<{ id: string; key: string }>('POST', '/v1/keys', {
      json: { name: 'leaver', role: 'developer' },
    });
    const json = { service: 'clock', operation: 'greet', cron: '@yearly' };
    const schedule = await node.request<Schedule>('POST', '/v1/schedules', { json, key: made.json.key });
    await node.request('DELETE', `/v1/keys/${made.json.id}`);
    const { id } = schedule.json;
    await node.crank(['schedule', 'run', id]);
    expect(await ended(id)).toMatchObject([{ outcome: 'forbidden', call: null }]);
    const stopped = (await node.request<Schedule>('GET', `/v1/schedules/${id}`)).json;
    expect([stopped.state, stopped.reason]).toEqual([
      'stopped',
      expect.stringContaining(`${made.json.id}, in whose name`),
    ]);
    const resumed = (await node.request<Schedule>('POST', `/v1/schedules/${id}/resume`)).json;
    expect([resumed.state, resumed.reason]).toEqual(['active', null]);
    expect(resumed.principal).not.toBe(made.json.id);
  });

  it('is for owners and developers', async () => {
    const { id } = await add('clock.greet', '--cron', '@yearly');
    for (const [role, reads, writes] of [
      ['developer', 200, 200],
      ['auditor', 200, 403],
      ['caller', 403, 403],
    ] as const) {
      const { key } = (await node.request<{ key: string }>('POST', '/v1/keys', { json: { name: role, role } })).json;
      expect((await node.request('GET', `/v1/schedules/${id}`, { key })).status, role).toBe(reads);
      expect((await node.request('POST', `/v1/schedules/${id}/pause`, { key })).status, role).toBe(writes);
    }
  });
});
