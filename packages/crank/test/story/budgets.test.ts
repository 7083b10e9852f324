import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '#src/store/store.ts';
import { startNode, type TestNode } from '../support/node.ts';

interface Budget {
  id: string;
  spent: { usd: string; calls: number };
  held: { usd: string; calls: number };
  secret?: string;
}

/** What may be spent, by whom, and what happens when it is. */
describe('budgets', () => {
  let node: TestNode;
  let hooks: Server;
  const told: { headers: IncomingMessage['headers']; body: string }[] = [];
  beforeAll(async () => {
    hooks = createServer(async (request, response) => {
      told.push({ headers: request.headers, body: await text(request) });
      response.writeHead(told.length === 1 ? 500 : 204).end(); // the first is sent again
    });
    await new Promise<void>((resolve) => hooks.listen(0, '127.0.0.1', resolve));
    const { port } = hooks.address() as AddressInfo;
    node = await startNode({ CRANK_CONCURRENCY: '5000', CRANK_EGRESS: `127.0.0.1:${port}` });
    const add = 'def add(a: int, b: int) -> int:\n    return a + b\n';
    expect((await node.deploy('add', { 'add.py': add })).status).toBe(201);
  });
  afterAll(async () => {
    hooks.close();
    await node.remove();
  });

  const keyOf = async (name: string): Promise<{ id: string; key: string }> =>
    (await node.request<{ id: string; key: string }>('POST', '/v1/keys', { json: { name, role: 'caller' } })).json;
  const make = async (json: object): Promise<Budget> => {
    const made = await node.request<Budget>('POST', '/v1/budgets', { json });
    expect(made.status, made.text).toBe(201);
    return made.json;
  };
  const add = (key: string, headers: Record<string, string> = {}) =>
    node.request<{ code: string; detail: string }>('POST', '/v1/services/add/add', {
      json: { a: 2, b: 3 },
      key,
      headers,
    });
  const look = async ({ id }: Budget): Promise<Budget> => (await node.request<Budget>('GET', `/v1/budgets/${id}`)).json;

  it('let exactly 100 of 1,000 calls at one time run', async () => {
    const { id, key } = await keyOf('many');
    const budget = await make({ scope: 'key', of: id, period: 'month', calls: 100 });
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => add(key)));
    const tally: Record<number, number> = {};
    for (const { status } of answers) tally[status] = (tally[status] ?? 0) + 1;
    expect(tally).toEqual({ 200: 100, 402: 900 });
    expect(await look(budget)).toMatchObject({ spent: { calls: 100 }, held: { calls: 0, usd: '0' } });
    const refused = answers.find(({ status }) => status === 402)!;
    expect(refused.json.code).toBe('budget-exhausted');
    expect(refused.json.detail).toMatch(
      /^All calls of the budget bud_\w+ \(100 calls a month, of the key key_\w+\) are used up; it begins anew at 20/,
    );
    expect((await node.request('GET', refused.headers.get('crank-receipt')!)).status).toBe(200);
  });

  it('hold what a call may cost, and book what it did', async () => {
    const { id, key } = await keyOf('money');
    const budget = await make({ scope: 'key', of: id, period: 'day', usd: '0.0005' });
    const called = await add(key);
    expect(called.status, called.text).toBe(200);
    const call = await node.request<{ charge: { total: string } }>(
      'GET',
      `/v1/calls/${called.headers.get('crank-call')}`,
    );
    const { spent } = await look(budget);
    expect(Number(spent.usd)).toBeGreaterThanOrEqual(Number(call.json.charge.total));
    expect(Number(spent.usd) - Number(call.json.charge.total)).toBeLessThan(1e-9);
    const lowered = await node.request('PUT', `/v1/budgets/${budget.id}`, { json: { usd: '0.0001' } });
    expect(lowered.status).toBe(200);
    const refused = await add(key);
    expect(refused.status).toBe(402);
    expect(refused.json.detail).toMatch(
      /^A call may cost 0\.000\d+ USD at its limit of 30000 ms of CPU, and 0\.0000\d+ USD are left of /,
    );
  });

  it('of a tag, a service and the account count together, and soft ones only tell', async () => {
    const tag = await make({ scope: 'tag', of: 'team=a', period: 'total', calls: 1 });
    const soft = await make({ scope: 'service', of: 'add', period: 'hour', calls: 0, hard: false });
    const tagged = { 'crank-tags': 'team=a,eu' };
    expect((await add(node.key, tagged)).status).toBe(200);
    expect((await add(node.key, tagged)).status).toBe(402);
    expect((await add(node.key)).status).toBe(200);
    expect(await look(tag)).toMatchObject({ spent: { calls: 1 }, until: null });
    expect((await look(soft)).spent.calls).toBe(2);
    for (const { id } of [tag, soft]) expect((await node.request('DELETE', `/v1/budgets/${id}`)).status).toBe(200);
    expect((await add(node.key, tagged)).status).toBe(200);
  });

  it('tell once when a share is passed, signed, and until it is taken', async () => {
    const { id, key } = await keyOf('alerts');
    const { port } = hooks.address() as AddressInfo;
    const budget = await make({
      ...{ scope: 'key', of: id, period: 'day', calls: 4, alerts: [0.5] },
      webhook: `http://127.0.0.1:${port}/budgets`,
    });
    for (let n = 0; n < 4; n++) expect((await add(key)).status).toBe(200);
    while (told.length < 2) await sleep(50);
    const { headers, body } = told[1]!;
    const { data, type } = JSON.parse(body) as { type: string; data: object };
    expect({ type, data }).toMatchObject({
      type: 'budget.alert',
      data: { budget: budget.id, share: 0.5, limitCalls: 4 },
    });
    const signed = createHmac('sha256', Buffer.from(budget.secret!.slice(6), 'base64'))
      .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
      .digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signed}`);
    expect(told[0]!.headers['webhook-id']).toBe(headers['webhook-id']);
    const acts = await node.request<{ receipts: { act?: string }[] }>('GET', '/v1/receipts?kind=budget.alert');
    expect(acts.json.receipts).toHaveLength(1);
  });

  it('send alerts nowhere that services may not reach', async () => {
    for (const webhook of ['ftp://example.org/', 'http://user:pass@example.org/', 'nonsense']) {
      const made = await node.request('POST', '/v1/budgets', {
        json: { scope: 'account', period: 'hour', calls: 1e9, webhook },
      });
      expect(made.status).toBe(422);
    }
  });

  it('are for owners to set', async () => {
    const { key } = await keyOf('nobody');
    expect(
      (await node.request('POST', '/v1/budgets', { json: { scope: 'account', period: 'day', calls: 1 }, key })).status,
    ).toBe(403);
    expect((await node.request('GET', '/v1/budgets', { key })).status).toBe(403);
    const twice = { scope: 'account', period: 'month', usd: 1_000 };
    await make(twice);
    expect((await node.request('POST', '/v1/budgets', { json: twice })).status).toBe(409);
  });

  it('balance after kill -9 in the middle', async () => {
    const { id, key } = await keyOf('killed');
    const budget = await make({ scope: 'key', of: id, period: 'total', usd: '1', calls: 5_000 });
    let running = true;
    let right = 0;
    const load = Array.from({ length: 8 }, async () => {
      while (running)
        await add(key).then(
          ({ status }) => {
            right += status === 200 ? 1 : 0;
          },
          () => sleep(20), // the node is down
        );
    });
    while (right < 50) await sleep(20);
    await node.stop('SIGKILL');
    running = false;
    await Promise.all(load);
    await node.start();
    const { spent, held } = await look(budget);
    expect(held).toEqual({ usd: '0', calls: 0 });
    const store = await openStore({ sqlite: `${node.data}/crank.db` }, { migrate: false });
    const rows = await store.db
      .selectFrom('calls')
      .innerJoin('charges', 'charges.call', 'calls.id')
      .select(['calls.id', (e) => e.fn.sum<number>('pico_usd').as('pico')])
      .where('principal', '=', id)
      .groupBy('calls.id')
      .execute();
    await store.close();
    expect(spent.calls).toBe(rows.length);
    expect(Math.round(Number(spent.usd) * 1e9)).toBe(rows.reduce((sum, { pico }) => sum + Math.ceil(pico / 1_000), 0));
    expect(rows.length).toBeGreaterThanOrEqual(right);
  });
});
