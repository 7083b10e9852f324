import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';

const SOURCE = `import time


def note(event: dict) -> int:
    return len(event)


def paid(amount: int, customer: str, kind: str = "") -> str:
    return f"{customer} {amount} {kind}"


def fail(event: dict) -> None:
    raise ValueError("no")


def slow(event: dict) -> None:
    time.sleep(1.5)
`;

interface Hook {
  id: string;
  url: string;
  path: string;
  secret: string;
  state: string;
  reason: string | null;
}
interface Accepted {
  call: string;
  duplicate: boolean;
  code?: string;
}
interface Delivery {
  delivery: string;
  state: string;
  call: string | null;
  outcome: string | null;
}

describe('webhooks in', () => {
  let node: TestNode;
  const make = async (json: object, key?: string): Promise<Hook> => {
    const made = await node.request<Hook>('POST', '/v1/webhooks', {
      json: { service: 'shop', operation: 'note', verify: 'token', ...json },
      ...(key !== undefined && { key }),
    });
    expect(made.status, made.text).toBe(201);
    return made.json;
  };
  /** As its sender does: without a key of ours. */
  const send = async (url: string, body: string, headers: Record<string, string> = {}) => {
    const type = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', body, headers: { ...type, ...headers } });
    const text = await answer.text();
    return { status: answer.status, text, json: JSON.parse(text) as Accepted };
  };
  const deliveries = async ({ id }: { id: string }): Promise<Delivery[]> =>
    (await node.request<{ deliveries: Delivery[] }>('GET', `/v1/webhooks/${id}/deliveries`)).json.deliveries;
  const ended = async (hook: Hook, count: number): Promise<Delivery[]> => {
    const done = async () => (await deliveries(hook)).filter(({ state }) => state === 'ended').length;
    await expect.poll(done, { timeout: 60_000, interval: 50 }).toBe(count);
    return deliveries(hook);
  };
  const predicateOf = async (id: string): Promise<Record<string, unknown>> => {
    const receipt = (await node.request<{ envelope: { payload: string } }>('GET', `/v1/receipts/${id}`)).json;
    return JSON.parse(Buffer.from(receipt.envelope.payload, 'base64').toString()).predicate;
  };

  beforeAll(async () => {
    node = await startNode();
    expect((await node.deploy('shop', { 'shop.py': SOURCE })).status).toBe(201);
  });
  afterAll(() => node.remove());

  it('by a token in the address: one call, with a receipt in the name of whoever made it', async () => {
    const added = await node.crank(['webhook', 'add', 'shop.note', '--json']);
    expect(added.code, added.stderr).toBe(0);
    const hook = JSON.parse(added.stdout) as Hook;
    expect(hook.url).toBe(`${node.url}/v1/hooks/${hook.id}/${hook.secret}`);
    const answer = await send(hook.url, '{"a":1,"b":2}', { 'x-delivery-id': 'one' });
    expect([answer.status, answer.json.duplicate]).toEqual([202, false]);
    expect(await ended(hook, 1)).toMatchObject([{ delivery: 'one', outcome: 'ok', call: answer.json.call }]);
    const key = (await node.request<{ keys: { id: string }[] }>('GET', '/v1/keys')).json.keys[0]!.id;
    expect(await predicateOf(answer.json.call)).toMatchObject({
      outcome: 'ok',
      principal: { id: hook.id, kind: 'service', role: 'owner', onBehalfOf: key },
    });
    const again = await send(hook.url, '{"a":1,"b":2}', { 'x-delivery-id': 'one' });
    expect([again.status, again.json]).toEqual([200, { call: answer.json.call, duplicate: true }]);
    expect((await node.crank(['webhook', 'list'])).stdout).not.toContain(hook.secret);
    expect((await node.crank(['webhook', 'deliveries', hook.id])).stdout).toMatch(/ended +ok +call_\w+ +one/);
  });

  it("by GitHub's signature: a replay under another delivery id is known, one that failed may be tried again", async () => {
    const hook = await make({ operation: 'note', verify: 'github', secret: 'a-secret-of-github' });
    const failing = await make({ operation: 'fail', verify: 'github', secret: 'a-secret-of-github' });
    const body = '{"zen":"Design for failure."}';
    const signature = `sha256=${createHmac('sha256', 'a-secret-of-github').update(body).digest('hex')}`;
    const headers = { 'x-hub-signature-256': signature, 'x-github-event': 'ping', 'x-github-delivery': 'guid-1' };
    const first = await send(hook.url, body, headers);
    expect(first.status).toBe(202);
    const replay = await send(hook.url, body, { ...headers, 'x-github-delivery': 'guid-2' });
    expect([replay.status, replay.json.call]).toEqual([200, first.json.call]);
    await ended(hook, 1);
    expect((await send(failing.url, body, headers)).status).toBe(202);
    expect(await ended(failing, 1)).toMatchObject([{ outcome: 'script-error' }]);
    expect((await send(failing.url, body, headers)).status).toBe(202);
    await ended(failing, 1);
  });

  it("by Stripe's: arguments come from the payload and its head, and an old signature is refused", async () => {
    const secret = 'whsec_of_the_endpoint';
    const added = await node.crank(
      [
        ...['webhook', 'add', 'shop.paid', '--verify', 'stripe', '--secret', '-', '--json'],
        ...[
          '--map',
          'amount=/data/object/amount',
          '--map',
          'customer=/data/object/customer',
          '--map',
          'kind=header:X-Kind',
        ],
      ],
      { stdin: `${secret}\n` },
    );
    expect(added.code, added.stderr).toBe(0);
    const hook = JSON.parse(added.stdout) as Hook;
    const event = (id: string) => JSON.stringify({ id, data: { object: { amount: 4200, customer: 'cus_1' } } });
    const signed = (body: string, time: number) => {
      const hex = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
      return { 'stripe-signature': `t=${time},v1=${hex}`, 'x-kind': 'card' };
    };
    const now = Math.floor(Date.now() / 1_000);
    const paid = await send(hook.url, event('evt_1'), signed(event('evt_1'), now));
    expect(paid.status).toBe(202);
    expect(await ended(hook, 1)).toMatchObject([{ delivery: 'event-evt_1', outcome: 'ok' }]);
    // The same event, sent and signed again.
    expect((await send(hook.url, event('evt_1'), signed(event('evt_1'), now + 1))).json.duplicate).toBe(true);
    for (const time of [now - 400, now + 400]) {
      const old = await send(hook.url, event('evt_2'), signed(event('evt_2'), time));
      expect([old.status, old.json.code]).toEqual([403, 'forbidden']);
    }
    // What does not fit the schema is a call that is refused, with a receipt.
    const odd = '{"id":"evt_3","data":{"object":{"amount":"much"}}}';
    expect((await send(hook.url, odd, signed(odd, now))).status).toBe(202);
    expect((await ended(hook, 2))[0]).toMatchObject({ outcome: 'invalid-input' });
  });

  it('by Standard Webhooks', async () => {
    const hook = await make({ verify: 'standard' });
    const key = Buffer.from(hook.secret.slice('whsec_'.length), 'base64');
    const now = String(Math.floor(Date.now() / 1_000));
    const signature = createHmac('sha256', key).update(`msg_1.${now}.{"x":1}`).digest('base64');
    const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': now, 'webhook-signature': `v1,${signature}` };
    expect((await send(hook.url, '{"x":1}', headers)).status).toBe(202);
    expect((await send(hook.url, '{"x":1}', headers)).status).toBe(200);
    await ended(hook, 1);
  });

  it('one that is not there and a signature that is wrong cannot be told apart', async () => {
    const hook = await make({ verify: 'github' });
    const token = await make({ verify: 'token' });
    const unknown = 'hook_00000000000000000000000000';
    const headers = { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` };
    const answers = [
      await send(hook.url, '{}', headers),
      await send(hook.url, '{}'),
      await send(`${node.url}/v1/hooks/${unknown}`, '{}', headers),
      await send(`${node.url}${token.path}/${'x'.repeat(32)}`, '{}'),
      await send(`${node.url}/v1/hooks/${unknown}/${'x'.repeat(32)}`, '{}'),
      await send(`${node.url}/v1/hooks/${unknown}`, 'no JSON', {}),
    ];
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(404));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await deliveries(hook)).toEqual([]);
    const large = await send(hook.url, `"${'x'.repeat(2 ** 20)}"`, headers);
    expect(large.status).toBe(413);
  });

  it('what could never work is refused', async () => {
    for (const [status, member, change] of [
      [422, '/verify', { verify: 'trust' }],
      [422, '/secret', { verify: 'stripe' }],
      [422, '/secret', { verify: 'github', secret: 'short' }],
      [422, '/secret', { verify: 'standard', secret: 'not-of-that-form-at-all' }],
      [422, '/map', { map: { event: 'data.object' } }],
      [422, '/tolerance', { tolerance: '2h' }],
      [404, undefined, { operation: 'nothing' }],
    ] as const) {
      const json = { service: 'shop', operation: 'note', verify: 'token', ...change };
      const answer = await node.request<{ errors?: { pointer: string }[] }>('POST', '/v1/webhooks', { json });
      expect([answer.status, answer.json.errors?.[0]?.pointer ?? member], answer.text).toEqual([status, member]);
    }
  });

  it('what was accepted is done, also by a node that was killed in the middle', async () => {
    const hook = await make({ operation: 'slow' });
    const accepted = await send(hook.url, '{"n":1}', { 'x-delivery-id': 'kill' });
    expect(accepted.status).toBe(202);
    await node.stop('SIGKILL');
    await node.start();
    expect(await ended(hook, 1)).toMatchObject([{ outcome: 'ok', call: accepted.json.call }]);
    expect((await send(hook.url, '{"n":1}', { 'x-delivery-id': 'kill' })).json.duplicate).toBe(true);
  });

  it('ends with the key that made it, and is for owners and developers', async () => {
    const developer = (
      await node.request<{ id: string; key: string }>('POST', '/v1/keys', {
        json: { name: 'leaver', role: 'developer' },
      })
    ).json;
    const hook = await make({}, developer.key);
    expect((await send(hook.url, '{}')).status).toBe(202);
    await ended(hook, 1);
    await node.request('DELETE', `/v1/keys/${developer.id}`);
    expect((await send(hook.url, '{}')).status).toBe(404);
    const { state, reason } = (await node.request<Hook>('GET', `/v1/webhooks/${hook.id}`)).json;
    expect([state, reason]).toEqual(['stopped', expect.stringContaining(developer.id)]);
    for (const [role, reads] of [
      ['caller', 403],
      ['auditor', 200],
    ] as const) {
      const { key } = (await node.request<{ key: string }>('POST', '/v1/keys', { json: { name: role, role } })).json;
      expect((await node.request('GET', '/v1/webhooks', { key })).status).toBe(reads);
      expect((await node.request('DELETE', `/v1/webhooks/${hook.id}`, { key })).status).toBe(403);
    }
    expect((await node.crank(['webhook', 'remove', hook.id])).code).toBe(0);
    expect((await node.request('GET', `/v1/webhooks/${hook.id}`)).status).toBe(404);
  });

  it('neither secrets nor payloads stand in the database', async () => {
    const hook = await make({ operation: 'slow' });
    await send(hook.url, '{"card":"payload-in-the-clear"}');
    const held = ['crank.db', 'crank.db-wal'].map((name) => readFileSync(join(node.data, name)));
    await ended(hook, 1);
    for (const bytes of held)
      for (const text of [hook.secret, 'a-secret-of-github', 'whsec_of_the_endpoint', 'payload-in-the-clear'])
        expect(bytes.includes(text), text).toBe(false);
  });
});
