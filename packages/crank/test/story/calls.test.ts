import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';

const WORKER = `
from typing import Iterator
from crank_platform import context, crank_service

@crank_service
def steps(count: int) -> Iterator[int]:
    for n in range(count):
        context.progress(n / count, f"step {n} for {context.principal.name}")
        yield n

@crank_service
def refuse(count: int) -> Iterator[int]:
    context.progress(0, "looking")
    raise ValueError("no such thing")
    yield

@crank_service(secrets=["API_KEY"])
def leak() -> Iterator[int]:
    context.progress(0.5, "the key is " + context.secrets["API_KEY"])
    yield 1
`;

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

describe('what a script says during its call', () => {
  let node: TestNode;
  const stream = (operation: string, input: object, accept = 'text/event-stream') =>
    node.request('POST', `/v1/services/worker/${operation}`, { json: input, headers: { accept } });

  beforeAll(async () => {
    node = await startNode();
    const deployed = await node.deploy('worker', { 'worker.py': WORKER });
    expect(deployed.status, deployed.text).toBe(201);
  });
  afterAll(() => node.remove());

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
