import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UsageReport } from '#src/platform/usage/usage.ts';
import { addUsage } from '#src/store/add-usage.ts';
import { openStore } from '#src/store/store.ts';
import { writeUsage } from '#src/store/sum-usage.ts';
import { startNode, type TestNode } from '../support/node.ts';

const ADD = 'def add(a: int, b: int) -> int:\n    return a + b\n';

describe('usage', () => {
  let node: TestNode;
  const keys: Record<string, { id: string; key: string }> = {};

  const add = (key: string, tags?: string, input: object = { a: 1, b: 2 }) =>
    node.request('POST', '/v1/services/add/add', {
      json: input,
      key,
      ...(tags && { headers: { 'crank-tags': tags } }),
    });
  const usage = async (query: string, key = node.key): Promise<UsageReport> => {
    const answer = await node.request<UsageReport>('GET', `/v1/usage?${query}`, { key });
    expect(answer.status, answer.text).toBe(200);
    return answer.json;
  };
  /** Calls and picodollars as the rows of calls have them. */
  const recorded = async (principal?: string) => {
    const store = await openStore({ sqlite: `${node.data}/crank.db` }, { migrate: false });
    const rows = await store.db.selectFrom('calls').select(['id', 'principal']).execute();
    const charges = await store.db.selectFrom('charges').selectAll().execute();
    await store.close();
    const own = new Set(
      rows.filter((row) => principal === undefined || row.principal === principal).map(({ id }) => id),
    );
    const pico = charges.reduce((sum, line) => (own.has(line.call) ? sum + BigInt(line.pico_usd) : sum), 0n);
    return { calls: own.size, pico };
  };
  const picoOf = (usd: string): bigint => {
    const [whole, fraction = ''] = usd.split('.');
    return BigInt(whole! + fraction.padEnd(12, '0'));
  };

  beforeAll(async () => {
    node = await startNode();
    expect((await node.deploy('add', { 'add.py': ADD })).status).toBe(201);
    for (const role of ['caller', 'auditor', 'operator']) {
      const made = await node.request<{ id: string; key: string }>('POST', '/v1/keys', { json: { name: role, role } });
      keys[role] = made.json;
    }
  });
  afterAll(() => node.remove());

  it('is told apart by what is asked for, and adds up to the receipts', async () => {
    for (const tags of ['team=a cost-centre=1', 'cost-centre=1;team=a', 'team=b', undefined])
      expect((await add(node.key, tags)).status).toBe(200);
    expect((await add(keys['caller']!.key)).status).toBe(200);
    expect((await add(keys['caller']!.key, undefined, { a: 'x', b: 2 })).status).toBe(422);

    const whole = await usage('by=service,outcome');
    expect(whole.usage.map(({ key, calls }) => [key, calls])).toEqual([
      [{ service: 'add', outcome: 'invalid-input' }, 1],
      [{ service: 'add', outcome: 'ok' }, 5],
    ]);
    const { calls, pico } = await recorded();
    expect(whole.total!.calls).toBe(calls);
    expect(picoOf(whole.total!.usd)).toBe(pico);
    expect(whole.usage.reduce((sum, { usd }) => sum + picoOf(usd), 0n)).toBe(pico);
    const lines = Object.values(whole.total!.charges).reduce((sum, usd) => sum + picoOf(usd), 0n);
    expect(lines).toBe(pico);

    const byTag = await usage('by=tag');
    expect(byTag.usage.map(({ key, calls: n }) => [key.tag, n])).toEqual([
      ...[['', 3] as const, ['cost-centre=1', 2] as const, ['team=a', 2] as const, ['team=b', 1] as const],
    ]);
    const centres = await usage('by=cost-centre');
    expect(centres.usage.map(({ key, calls: n }) => [key['cost-centre'], n])).toEqual([
      ...[['', 4] as const, ['1', 2] as const],
    ]);
    const days = await usage('by=principal&grain=day&zone=Asia/Kolkata&from=2020-01-01');
    expect(days.usage.reduce((sum, item) => sum + item.calls, 0)).toBe(calls);
    expect(days.usage[0]!.start).toMatch(/T18:30:00.000Z$/);
    expect(days.from).toBe('2019-12-31T18:30:00.000Z');
    expect((await usage('from=2020-01-01&to=2020-02-01')).total).toMatchObject({ calls: 0, usd: '0' });
  });

  it('shows callers their own, auditors the account, and operators totals', async () => {
    const { caller, auditor, operator } = keys as Record<
      'caller' | 'auditor' | 'operator',
      { id: string; key: string }
    >;
    const own = await usage('by=principal', caller.key);
    expect(own.usage.map(({ key }) => key.principal)).toEqual([caller.id]);
    expect(own.total!.calls).toBe((await recorded(caller.id)).calls);
    for (const query of ['side=owner', `principal=${auditor.id}`])
      expect((await node.request('GET', `/v1/usage?${query}`, { key: caller.key })).status).toBe(403);
    expect((await usage('', auditor.key)).total).toEqual((await usage('')).total);
    expect((await node.request('GET', '/v1/usage', { key: operator.key })).status).toBe(403);
    const accounts = await node.request<UsageReport>('GET', '/v1/accounts/-/usage', { key: operator.key });
    expect(accounts.json.usage.map(({ key }) => key)).toEqual([{ account: 'default' }]);
  });

  it('comes in pages that neither repeat nor leave out', async () => {
    const store = await openStore({ sqlite: `${node.data}/crank.db` }, { migrate: false });
    const [dim] = await store.db.selectFrom('usage_dims').selectAll().where('cut', '=', 'all').limit(1).execute();
    // As if 1,500 other principals had called, in an hour of long ago.
    const finished_at = Date.UTC(1998, 6, 9, 16);
    const calls = Array.from({ length: 1_500 }, (_, n) => ({
      ...{ id: `c${n}`, account: 'default', principal: `p${n}`, service: dim!.service, version: dim!.version },
      ...{ operation: dim!.operation, outcome: 'ok', finished_at, tags: null, payer: null },
    }));
    const used = { cpu_ns: 1, wall_ns: 1, peak_memory_bytes: 1, joules: 1, grams: 1 };
    const addition = addUsage('long.ago', {
      calls,
      usage: calls.map(({ id }) => ({ call: id, ...used })),
      charges: [],
      egress: [],
    });
    await store.db.transaction().execute((tx) => writeUsage(tx, 'sqlite', addition, () => false));
    await store.close();
    const query = 'by=principal,service&from=1998-01-01&to=1999-01-01&grain=month';
    const first = await usage(query);
    const second = await usage(`${query}&cursor=${first.cursor}`);
    expect([first.usage.length, second.usage.length, second.cursor, second.total]).toEqual([1_000, 500, null, null]);
    const all = [...first.usage, ...second.usage].map(({ key }) => key.principal);
    expect(new Set(all).size).toBe(1_500);
    expect(first.total!.calls).toBe(1_500);
    const csv = await node.crank([
      'usage',
      '--by',
      'principal',
      '--from',
      '1998-01-01',
      '--to',
      '1999-01-01',
      '--format',
      'csv',
    ]);
    expect(csv.stdout.trimEnd().split('\r\n')).toHaveLength(1_501);
    for (const cursor of ['nonsense', Buffer.from('["1","2","3"]').toString('base64url')])
      expect((await node.request('GET', `/v1/usage?${query}&cursor=${cursor}`)).status).toBe(400);
  });

  it('is refused for periods and dimensions that there are not', async () => {
    for (const query of ['by=colour', 'grain=week', 'zone=Mars/Olympus', 'from=now', 'from=2026-01-02&to=2026-01-01'])
      expect((await node.request('GET', `/v1/usage?${query}`)).json).toMatchObject({ code: 'malformed-request' });
  });

  it('is what the receipts say after kill -9 in the middle', async () => {
    let running = true;
    let right = 0;
    const load = Array.from({ length: 8 }, async () => {
      while (running)
        await add(keys['caller']!.key).then(
          ({ status }) => {
            right += status === 200 ? 1 : 0;
          },
          () => sleep(20), // the node is down
        );
    });
    while (right < 40) await sleep(20);
    const reports = await Promise.all([usage('by=service'), usage('by=principal'), usage('')]);
    for (const { usage: items, total } of reports) expect(items.length * total!.calls).toBeGreaterThan(0);
    await node.stop('SIGKILL');
    running = false;
    await Promise.all(load);
    await node.start();
    const { id } = keys['caller']!;
    const { calls, pico } = await recorded(id);
    const { total } = await usage(`principal=${id}`);
    expect(total!.calls).toBe(calls);
    expect(picoOf(total!.usd)).toBe(pico);
    expect(calls).toBeGreaterThanOrEqual(right);
    // What is exported is the same.
    const focus = await node.request('GET', `/v1/usage?format=focus&principal=${id}`);
    const [head, ...lines] = focus.text.trimEnd().split('\r\n');
    expect(head!.split(',')[0]).toBe('BilledCost');
    expect(lines.reduce((sum, line) => sum + picoOf(line.split(',')[0]!), 0n)).toBe(pico);
  }, 180_000);
});
