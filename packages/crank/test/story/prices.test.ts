import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Invoice } from '#src/engines/metering/invoice.ts';
import type { Quote } from '#src/platform/prices/quotes.ts';
import type { UsageReport } from '#src/platform/usage/usage.ts';
import { addUsage } from '#src/store/add-usage.ts';
import { openStore } from '#src/store/store.ts';
import { writeUsage } from '#src/store/sum-usage.ts';
import { startNode, type TestNode } from '../support/node.ts';

const PAGES = `
def render(text: str) -> dict:
    words = text.split()
    return {"pages": len(words), "words": len(words)}

def burn(ms: int) -> int:
    import time
    end = time.process_time() + ms / 1000
    n = 0
    while time.process_time() < end:
        n += 1
    return n
`;

interface Charge {
  total: string;
  lines: { kind: string; amount: string; quantity?: string; unit?: string }[];
}

const picoOf = (usd: string): bigint => {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(usd)!;
  return BigInt(`${sign}${whole}${fraction.padEnd(12, '0')}`);
};

/** What services charge, and what a quote is worth. */
describe('prices', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startNode();
    expect((await node.deploy('pages', { 'pages.py': PAGES })).status).toBe(201);
  });
  afterAll(() => node.remove());

  const call = (text: string, headers: Record<string, string> = {}, key = node.key) =>
    node.request<{ code?: string; detail?: string }>('POST', '/v1/services/pages/render', {
      json: { text },
      headers,
      key,
    });
  const chargeOf = async (answer: { headers: Headers }): Promise<Charge> =>
    (await node.request<{ charge: Charge }>('GET', `/v1/calls/${answer.headers.get('crank-call')}`)).json.charge;
  const predicateOf = async (answer: {
    headers: Headers;
  }): Promise<{ charge: Charge & { price?: string; quote?: string } }> => {
    const { json } = await node.request<{ envelope: { payload: string } }>('GET', answer.headers.get('crank-receipt')!);
    return (JSON.parse(Buffer.from(json.envelope.payload, 'base64').toString()) as { predicate: never }).predicate;
  };
  const set = async (json: object) => {
    const made = await node.request<{ id: string; from: string; receipt: string }>(
      ...(['POST', '/v1/services/pages/-/prices'] as const),
      { json },
    );
    expect(made.status, made.text).toBe(201);
    return made.json;
  };

  it('of a service hold from a moment on, with a free tier that is given out once, and add up in receipts and reports', async () => {
    const before = await call('a');
    const price = await set({
      items: [
        { unit: 'call', tiers: [{ upTo: 3, price: 0 }, { price: 10_000 }] },
        { unit: 'page', price: 5_000, count: '/pages', most: 4 },
        { unit: 'gb-second', price: 25 },
        { unit: 'gb-in', price: 100_000 },
        { unit: 'gb-out', price: 100_000 },
        { unit: 'joule', price: 42, per: 100 },
      ],
    });
    const later = await set({ items: [{ unit: 'call', price: 1 }], from: '2099-01-01T00:00:00Z' });
    const answers = await Promise.all(Array.from({ length: 5 }, () => call('a b')));
    expect((await chargeOf(before)).lines.map(({ kind }) => kind).sort()).toEqual(['call', 'carbon', 'cpu', 'energy']);
    const charges = await Promise.all(answers.map(chargeOf));
    const requests = charges.map(({ lines }) => lines.find(({ kind }) => kind === 'request')!.amount);
    expect(requests.sort()).toEqual(['0', '0', '0', '0.001', '0.001']);
    for (const [n, { lines, total }] of charges.entries()) {
      expect(lines.reduce((sum, { amount }) => sum + picoOf(amount), 0n)).toBe(picoOf(total));
      const { charge } = await predicateOf(answers[n]!);
      expect(charge).toMatchObject({ total, price: price.id });
      expect(charge.lines.map(({ kind, unit }) => [kind, unit])).toEqual([
        ...[['call', undefined] as const, ['carbon', undefined] as const, ['request', 'call'] as const],
        ...[['page', 'page'] as const, ['memory', 'gb-second'] as const, ['input', 'gb-in'] as const],
        ...[['output', 'gb-out'] as const, ['energy', 'joule'] as const],
      ]);
      const of = (kind: string) => charge.lines.find((line) => line.kind === kind)!;
      expect(of('page')).toMatchObject({ amount: '0.001', quantity: '2' });
      expect(of('input').quantity).toBe('0.000000014'); // {"text":"a b"}
      expect(of('output').quantity).toBe(`0.0000000${JSON.stringify({ pages: 2, words: 2 }).length}`);
    }
    // No more pages than the price has.
    expect((await chargeOf(await call('a b c d e f'))).lines.find(({ kind }) => kind === 'page')).toMatchObject({
      ...{ amount: '0.002', quantity: '4' },
    });
    const report = (await node.request<UsageReport>('GET', '/v1/usage?by=service')).json;
    expect(report.total).toMatchObject({ pages: 14, charges: { request: '0.003', page: '0.007' } });
    expect(Object.values(report.total!.charges).reduce((sum, usd) => sum + picoOf(usd), 0n)).toBe(
      picoOf(report.total!.usd),
    );
    const taken = await node.request('DELETE', `/v1/services/pages/-/prices/${later.id}`);
    expect(taken.status, taken.text).toBe(200);
    expect((await node.request('DELETE', `/v1/services/pages/-/prices/${price.id}`)).status).toBe(409);
    const acts = await node.request<{ receipts: { kind: string }[] }>('GET', '/v1/receipts?kind=price.set');
    expect(acts.json.receipts).toHaveLength(2);
  });

  it('refuse what is no price, and what has passed', async () => {
    const bad: [object, string][] = [
      [{ items: [{ unit: 'mile', price: 1 }] }, '/items/0/unit'],
      [{ items: [{ unit: 'call', price: 0.5 }] }, '/items/0/price'],
      [{ items: [{ unit: 'call' }] }, '/items/0/price'],
      [{ items: [{ unit: 'page', price: 1 }] }, '/items/0/count'],
      [{ items: [{ unit: 'call', price: 1, most: 3 }] }, '/items/0/count'],
      [{ items: [{ unit: 'call', tiers: [{ upTo: 5, price: 1 }] }] }, '/items/0/tiers/0/upTo'],
      [{ items: [{ unit: 'call', price: 1 }], from: '2020-01-01' }, '/from'],
      [{ items: [{ unit: 'call', price: 1 }], from: 'soon' }, '/from'],
    ];
    for (const [json, pointer] of bad) {
      const answer = await node.request<{ errors: { pointer: string }[] }>('POST', '/v1/services/pages/-/prices', {
        json,
      });
      expect([answer.status, answer.json.errors?.[0]?.pointer], JSON.stringify(json)).toEqual([422, pointer]);
    }
    expect((await node.request('POST', '/v1/services/none/-/prices', { json: { items: null } })).status).toBe(404);
  });

  it('are quoted: a call under a quote is charged by it, never beyond its maximum, and budgets hold no more', async () => {
    await set({ items: [{ unit: 'cpu-second', price: 1_000_000 }] });
    const asked = await node.request<Quote>('POST', '/v1/services/pages/-/quote', { json: { operation: 'render' } });
    expect(asked.status, asked.text).toBe(201);
    const quote = asked.json;
    expect(quote).toMatchObject({
      operation: 'render',
      lines: [{ unit: 'cpu-second', tiers: [{ upTo: null, usd: '0.1' }] }],
    });
    expect(Number(quote.maximum)).toBeGreaterThan(3); // 30 s of CPU
    expect((await node.request('GET', `/v1/receipts/${quote.receipt}`)).status).toBe(200);

    // The price goes up; who has the quote does not pay that.
    await set({ items: [{ unit: 'call', price: 20_000_000 }] });
    const { charge } = await predicateOf(await call('a', { 'crank-quote': quote.id }));
    expect(charge).toMatchObject({ price: quote.price, quote: quote.id });
    expect(charge.lines.map(({ kind }) => kind)).toEqual(['call', 'carbon', 'cpu']);
    expect((await chargeOf(await call('a'))).lines.find(({ kind }) => kind === 'request')!.amount).toBe('2');

    for (const [path, id, status] of [
      ['burn', quote.id, 409],
      ['render', 'quo_00000000000000000000000000', 404],
      ['render', 'nonsense', 400],
    ] as const) {
      const json = path === 'burn' ? { ms: 1 } : { text: '' };
      const answer = await node.request('POST', `/v1/services/pages/${path}`, { json, headers: { 'crank-quote': id } });
      expect(answer.status, answer.text).toBe(status);
    }
    // What a budget holds for a call is at most what the quote says: a call of 2 dollars fits only under the quote of less.
    await set({ items: [{ unit: 'call', price: 1_000 }] });
    const small = (await node.request<Quote>('POST', '/v1/services/pages/-/quote', { json: { operation: 'render' } }))
      .json;
    await set({ items: [{ unit: 'call', price: 20_000_000 }] });
    const made = await node.request<{ id: string; key: string }>('POST', '/v1/keys', {
      json: { name: 'b', role: 'caller' },
    });
    const { id, key } = made.json;
    await node.request('POST', '/v1/budgets', { json: { scope: 'key', of: id, period: 'day', usd: '0.01' } });
    expect((await call('a', {}, key)).json.code).toBe('budget-exhausted');
    expect((await call('a', { 'crank-quote': small.id }, key)).status).toBe(200);
  });

  it('are invoiced when the month is over: numbered without gaps, and to the last unit what receipts say', async () => {
    const month = (back: number): string => {
      const now = new Date();
      return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back)).toISOString().slice(0, 7);
    };
    const at = Date.parse(`${month(1)}-17T12:00:00Z`);
    const store = await openStore({ sqlite: `${node.data}/crank.db` }, { migrate: false });
    const tagged = { 'crank-tags': 'cost-centre=4711,team=a' };
    const ids = (await Promise.all([call('x', tagged), call('y', tagged), call('z')])).map((answer) => {
      expect(answer.status).toBe(200);
      return answer.headers.get('crank-call')!;
    });
    // As if they had been made in the month before, and nobody had looked since.
    const own = await store.db.selectFrom('charges').select('pico_usd').where('call', 'in', ids).execute();
    const calls = await store.db.selectFrom('calls').selectAll().where('id', 'in', ids).execute();
    const usage = await store.db.selectFrom('usage').selectAll().where('call', 'in', ids).execute();
    const charges = await store.db.selectFrom('charges').selectAll().where('call', 'in', ids).execute();
    const past = calls.map((row, n) => ({ ...row, finished_at: at + n }));
    const addition = addUsage('past.log', { calls: past, usage, charges, egress: [] });
    await store.db.transaction().execute((tx) => writeUsage(tx, 'sqlite', addition, () => false));
    await store.close();

    const make = (which: string) =>
      node.request<Invoice & { receipt: string }>('POST', '/v1/invoices', { json: { month: which } });
    expect((await make(month(0))).status).toBe(422);
    const twins = await Promise.all([make(month(1)), make(month(1))]);
    expect(twins.map(({ status }) => status).sort()).toEqual([201, 409]);
    const made = twins.find(({ status }) => status === 201)!;
    const earlier = await make(month(2));
    expect(earlier.status, earlier.text).toBe(201);
    expect([made.json.number, earlier.json.number]).toEqual(['default-000001', 'default-000002']);
    const total = own.reduce((sum, { pico_usd }) => sum + BigInt(pico_usd), 0n);
    const invoice = made.json;
    expect(picoOf(invoice.total)).toBe(total);
    expect(invoice.lines.reduce((sum, { usd }) => sum + picoOf(usd), 0n)).toBe(total);
    expect(invoice.costCentres.map(({ costCentre }) => costCentre)).toEqual(['', '4711']);
    expect(invoice.costCentres.reduce((sum, { usd }) => sum + picoOf(usd), 0n)).toBe(total);
    expect(earlier.json).toMatchObject({ calls: 0, total: '0', lines: [] });
    const acts = await node.request<{ receipts: { kind: string }[] }>('GET', '/v1/receipts?kind=invoice.make');
    expect(acts.json.receipts).toHaveLength(2);

    const csv = await node.request('GET', `/v1/invoices/${invoice.id}?format=csv`);
    const rows = csv.text.trimEnd().split('\r\n');
    expect(rows[0]).toBe('Invoice,Account,Month,Service,CostCentre,Charge,Quantity,Unit,USD');
    expect(rows.slice(1).reduce((sum, row) => sum + picoOf(row.split(',').at(-1)!), 0n)).toBe(total);
    const pdf = await fetch(`${node.url}/v1/invoices/${invoice.id}?format=pdf`, {
      headers: { authorization: `Bearer ${node.key}` },
    });
    expect(pdf.headers.get('content-type')).toBe('application/pdf');
    const bytes = Buffer.from(await pdf.arrayBuffer());
    expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
    const again = await fetch(pdf.url, { headers: { authorization: `Bearer ${node.key}` } });
    expect(Buffer.from(await again.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await node.crank(['invoice', 'list'])).stdout).toMatch(/default-000002[\s\S]*default-000001/);
  });

  it('are shown by the command line', async () => {
    const set = await node.crank([
      'price',
      'set',
      'pages',
      '--unit',
      'joule=0.000000042',
      '--unit',
      'call=0@1000,0.001',
    ]);
    expect(set.stdout).toMatch(/^prc_\w+ from \S+: 100 joule: 0\.0000042; call: free to 1000, 0\.001; receipt act_/);
    const list = await node.crank(['price', 'list', 'pages', '--json']);
    expect((JSON.parse(list.stdout) as { items: object[] }[]).at(-1)!.items).toEqual([
      { unit: 'joule', per: 100, tiers: [{ upTo: null, price: 42 }] },
      {
        unit: 'call',
        per: 1,
        tiers: [
          { upTo: 1_000, price: 0 },
          { upTo: null, price: 10_000 },
        ],
      },
    ]);
    const quote = await node.crank(['quote', 'pages.render', '--terms']);
    expect(quote.stdout).toMatch(/ call: 0 to 1000, 0.001; \d+ used this month/);
  });
});
