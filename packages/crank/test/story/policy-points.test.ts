import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DecisionEvent } from '#src/platform/decision-log/decision-event.ts';
import { reloadUnderCalls } from '../../../../bench/policy-data.ts';
import { opaPath } from '../policy/opa.ts';
import { startNode, type TestNode } from '../support/node.ts';

const LIBRARY = fileURLToPath(new URL('../../../../examples/policies', import.meta.url));
const SOURCE = `
def refund(amount: float) -> float:
    return amount


def transfer(amount: float) -> float:
    return amount


def ask(text: str, model: str = "small") -> str:
    return text
`;

interface Predicate {
  decisions: { id: string; point: string; obligations: string[]; reasons: string[] }[];
}

/** Each policy of examples/policies in force on a node, where it bites; and its decisions in the decision log. */
describe.skipIf(opaPath === undefined)('policies of the library', () => {
  let node: TestNode;
  let collector: Server;
  /** What the service for decision logs was sent; it fails the first time. */
  const events: DecisionEvent[] = [];
  let posts = 0;
  let key: string;

  beforeAll(async () => {
    collector = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        posts += 1;
        const good = posts > 1 && request.url === '/logs' && request.headers.authorization === 'Bearer collector';
        if (good) events.push(...(JSON.parse(gunzipSync(Buffer.concat(parts)).toString()) as DecisionEvent[]));
        response.writeHead(good ? 200 : 503).end();
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const { port } = collector.address() as { port: number };
    node = await startNode({
      CRANK_REGION: 'eu,de',
      CRANK_EGRESS: 'api.example.org:443',
      CRANK_DECISION_LOG: `file,http://127.0.0.1:${port}`,
      CRANK_DECISION_LOG_TOKEN: 'collector',
      CRANK_DECISION_LOG_PAYLOADS: 'mask',
    });
    const deployed = await node.deploy('payments', { 'payments.py': SOURCE });
    expect(deployed.status, deployed.text).toBe(201);
    const made = await node.request<{ key: string }>('POST', '/v1/keys', { json: { name: 'app', role: 'caller' } });
    key = made.json.key;
  });
  afterAll(async () => {
    await node.remove();
    collector.close();
  });

  beforeEach(async () => {
    const { json } = await node.request<{ policies: { name: string; layer: string }[] }>('GET', '/v1/policies');
    for (const { name, layer } of json.policies)
      if (layer === 'account') await node.request('DELETE', `/v1/policies/${name}`);
  });

  /** Applies a folder of the library, with other data. @returns the bundle's name */
  const apply = async (folder: string, data?: object): Promise<string> => {
    const files = readdirSync(join(LIBRARY, folder)).map((path) => ({
      path,
      text:
        path === 'data.json' && data !== undefined
          ? JSON.stringify(data)
          : readFileSync(join(LIBRARY, folder, path), 'utf8'),
    }));
    const applied = await node.request<{ name: string }>('POST', '/v1/policies', { json: { files } });
    expect(applied.status, applied.text).toBe(200);
    return applied.json.name;
  };
  const call = async (operation: string, input: object, headers: Record<string, string> = {}) => {
    const answer = await node.request('POST', `/v1/services/${operation}`, { json: input, headers, key });
    return { ...answer, id: answer.headers.get('crank-call') ?? '' };
  };
  const predicateOf = async (id: string): Promise<Predicate> => {
    const { json } = await node.request<{ envelope: { payload: string } }>('GET', `/v1/receipts/${id}`);
    return (JSON.parse(Buffer.from(json.envelope.payload, 'base64').toString()) as { predicate: Predicate }).predicate;
  };
  const obligationsOf = async (id: string): Promise<string[]> =>
    (await predicateOf(id)).decisions.flatMap(({ obligations }) => obligations);

  it('business hours', async () => {
    const tested = await node.crank(['policy', 'test', join(LIBRARY, 'business-hours')]);
    expect(tested.code, tested.stdout).toBe(0);
    await apply('business-hours', {
      zone: 'UTC',
      open: {},
      closed: [],
      always: { roles: ['owner'], services: [] },
    });
    const closed = await call('payments/ask', { text: 'x' });
    expect([closed.status, closed.json['code']]).toEqual([403, 'policy-denied']);
    expect(closed.json['detail']).toContain('calls are made in business hours, and it is');
    expect((await node.request('POST', '/v1/services/payments/ask', { json: { text: 'x' } })).status).toBe(200);
  });

  it('data residency, and isolation', async () => {
    await apply('data-residency', { services: { payments: ['us'] }, labels: {} });
    const denied = await call('payments/ask', { text: 'x' });
    expect([denied.status, denied.json['reasons']]).toEqual([403, ['it must run in us, and this node is in eu, de']]);
    await apply('data-residency', {
      services: { payments: ['ch', 'de'] },
      labels: { restricted: { isolation: ['container'] }, confidential: { residency: ['eu'], isolation: ['fresh'] } },
    });
    const keep = 'package crank.retention\n\nkeep := {"input": true, "days": 1}\n';
    const kept = await node.request('POST', '/v1/policies', { json: { files: [{ path: 'keep.rego', text: keep }] } });
    expect(kept.status, kept.text).toBe(200);
    const near = await call('payments/ask', { text: 'x' }, { 'crank-classification': 'confidential' });
    expect(near.status, near.text).toBe(200);
    expect(await obligationsOf(near.id)).toEqual([
      'retain:input:1d',
      'isolation:fresh',
      'residency:de',
      'residency:eu',
    ]);
    const weak = await call('payments/ask', { text: 'x' }, { 'crank-classification': 'restricted' });
    expect(weak.json['reasons']).toEqual(['its sandbox must be container, and that of this service is fresh']);
    // The call that ran is decided in the same way again.
    const replay = await node.crank(['receipt', 'replay', near.id, '--json']);
    expect(replay.code, replay.stderr).toBe(0);
    const { decisions } = JSON.parse(replay.stdout) as { decisions: { point: string; result: string }[] };
    expect(decisions.map(({ point, result }) => [point, result])).toEqual([
      ['authorise', 'same'],
      ['input', 'same'],
    ]);
  });

  it('four eyes', async () => {
    await apply('four-eyes');
    expect((await call('payments/transfer', { amount: 10 })).status).toBe(200);
    for (const [operation, amount] of [
      ['refund', 1],
      ['transfer', 10_001],
    ] as const) {
      const waits = await call(`payments/${operation}`, { amount });
      expect([waits.status, waits.json['state']], waits.text).toEqual([202, 'waiting']);
      const approved = await node.crank(['job', 'approve', waits.json['id'] as string]);
      expect(approved.code, approved.stderr).toBe(0);
      const ended = await node.crank(['job', waits.json['id'] as string, '--wait'], { env: { CRANK_KEY: key } });
      expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    }
  });

  it('spend caps', async () => {
    await apply('spend-caps', { caps: {}, approve_above_usd: 0, deny_above_usd: 0 });
    const denied = await call('payments/ask', { text: 'x' });
    const [, most] = /it may cost ([\d.e-]+) USD/.exec(denied.json['detail'] as string) ?? [];
    expect([denied.status, Number(most) > 0], denied.text).toEqual([403, true]);
    await apply('spend-caps', { caps: {}, approve_above_usd: 0, deny_above_usd: 1 });
    const waits = await call('payments/ask', { text: 'x' });
    expect([waits.status, waits.json['state']]).toEqual([202, 'waiting']);
    // Enough for one call at its limit; what that one costs is missing for another.
    const usd = Number(most) * 1.01;
    await apply('spend-caps', { caps: { caller: { usd, period: 'month' } }, approve_above_usd: 1, deny_above_usd: 1 });
    const first = await call('payments/ask', { text: 'x' });
    expect(first.status, first.text).toBe(200);
    expect(await obligationsOf(first.id)).toEqual([`cap:${usd}:month:caller:caller`]);
    const second = await call('payments/ask', { text: 'x' });
    expect([second.status, second.json['code']]).toEqual([402, 'budget-exhausted']);
    expect(second.json['detail']).toContain('the cap caller of a policy');
    // The cap is each caller's own, and owners have none here.
    expect((await node.request('POST', '/v1/services/payments/ask', { json: { text: 'x' } })).status).toBe(200);
  });

  it('allowed egress', async () => {
    const manifest = { network: ['api.example.org:443'] };
    const deployed = await node.deploy('weather', {
      'weather.py': 'def ask(text: str) -> str:\n    return text\n',
      'crank.json': JSON.stringify(manifest),
    });
    expect(deployed.status, deployed.text).toBe(201);
    expect((await call('weather/ask', { text: 'x' })).json['code']).toBe('policy-denied');
    await apply('egress');
    const granted = await call('weather/ask', { text: 'x' });
    expect(granted.status, granted.text).toBe(200);
    expect(await obligationsOf(granted.id)).toEqual(['egress:api.example.org:443']);
    const secret = await call('weather/ask', { text: 'x' }, { 'crank-classification': 'confidential' });
    expect(secret.json['code']).toBe('policy-denied');
  });

  it('models that are allowed', async () => {
    await apply('models');
    expect((await call('payments/ask', { text: 'x', model: 'medium' })).status).toBe(200);
    const denied = await call('payments/ask', { text: 'x', model: 'large' });
    expect(denied.json['reasons']).toEqual(['the model large is not on the list']);
  });

  it('a policy with data is exchanged while calls go on', async () => {
    await node.deploy('add', { 'add.py': 'def add(a: int, b: int) -> int:\n    return a + b\n' });
    const headers = { authorization: `Bearer ${node.key}` };
    const { calls, failed } = await reloadUnderCalls(node.url, headers, { users: 2_000, times: 2, callers: 2 });
    expect(failed).toEqual([]);
    expect(calls).toBeGreaterThan(0);
  });

  it('the decision log has the decisions of the receipts, masked as bundles say', async () => {
    const text = `package system.log

mask contains "/input/principal/name"

mask contains {"op": "upsert", "path": "/input/content/text", "value": "***"} if input.input.content.model == "secret"
`;
    expect((await node.request('POST', '/v1/policies', { json: { files: [{ path: 'log.rego', text }] } })).status).toBe(
      200,
    );
    const quiet = await apply('models', { models: {}, names: ['small', 'secret'] });
    const plain = await call('payments/ask', { text: 'mail ann@example.org' });
    const masked = await call('payments/ask', { text: 'the formula', model: 'secret' });
    const ids = new Map<string, string[]>();
    for (const { id } of [plain, masked])
      ids.set(
        id,
        (await predicateOf(id)).decisions.map((one) => one.id),
      );
    await node.stop();
    const folder = join(node.data, 'decisions');
    const lines = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').trim().split('\n'));
    const filed = lines.map((line) => JSON.parse(line) as DecisionEvent);
    expect(filed).toEqual(events);
    const inputs = (id: string) =>
      events.filter(({ decision_id: one, path }) => ids.get(id)!.includes(one) && path === 'crank/input');
    const [first] = inputs(plain.id);
    expect(events.filter(({ decision_id: one }) => ids.get(plain.id)!.includes(one)).length).toBe(
      ids.get(plain.id)!.length,
    );
    expect(first).toMatchObject({
      labels: { app: 'crank' },
      path: 'crank/input',
      bundles: { [quiet]: { revision: expect.stringMatching(/^sha256:/) } },
      result: { allow: true },
      erased: ['/input/principal/name'],
      masked: ['/input/content'],
    });
    const {
      principal,
      content,
      node: where,
      spend,
      resource,
    } = first!.input as Record<string, Record<string, unknown>>;
    expect(principal!['name']).toBeUndefined();
    expect(content!['text']).toBe('mail a***@e***.org');
    expect(where).toEqual({ regions: ['eu', 'de'], isolation: 'fresh' });
    expect(spend!['at_most_usd']).toBeGreaterThan(0);
    expect(resource!['runtime']).toBe('python');
    expect(inputs(masked.id)[0]).toMatchObject({
      input: { content: { text: '***' } },
      masked: ['/input/content/text'],
    });
  });
});
