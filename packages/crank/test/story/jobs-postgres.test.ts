import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { startPostgres } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary.ts';

interface Job {
  id: string;
  state: string;
  outcome: string | null;
  cancelling: boolean;
}

describe('jobs, on two nodes with one PostgreSQL', () => {
  const folder = temporaryFolder('jobs-postgres');
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let a: TestNode;
  let b: TestNode;
  beforeAll(async () => {
    postgres = await startPostgres();
    a = await startNode({ CRANK_DATABASE_URL: postgres.url });
    b = await startNode({ CRANK_DATABASE_URL: postgres.url, CRANK_KEY: a.key }, join(folder.path, 'b'));
    const script = 'import time\n\n\ndef nap(seconds: float) -> str:\n    time.sleep(seconds)\n    return "rested"\n';
    expect((await a.deploy('tasks', { 'work.py': script })).status).toBe(201);
  });
  afterAll(async () => {
    await Promise.all([a.remove(), b.remove()]);
    await postgres.stop();
    folder.remove();
  });

  const take = async (seconds: number): Promise<string> =>
    (
      await a.request<Job>('POST', '/v1/services/tasks/nap', {
        json: { seconds },
        headers: { prefer: 'respond-async' },
      })
    ).json.id;
  const ended = async (node: TestNode, id: string): Promise<Job> => {
    for (;;) {
      const { json } = await node.request<Job>('GET', `/v1/jobs/${id}`);
      if (json.state === 'ended') return json;
      await sleep(50);
    }
  };

  it('are shown by both, and their results by the one that has the key', async () => {
    const id = await take(0);
    const { text } = await b.request('GET', `/v1/jobs/${id}/events`);
    expect(text).toContain('event: end');
    expect(await ended(b, id)).toMatchObject({ outcome: 'ok' });
    expect((await a.request('GET', `/v1/jobs/${id}/result`)).text).toBe('"rested"');
    expect((await b.request('GET', `/v1/jobs/${id}/result`)).status).toBe(503);
    expect((await b.request('GET', `/v1/receipts/${id}`)).status).toBe(200);
  });

  it('are ended by either', async () => {
    const id = await take(60);
    while ((await a.request<Job>('GET', `/v1/jobs/${id}`)).json.state === 'queued') await sleep(20);
    const asked = await b.request<Job>('DELETE', `/v1/jobs/${id}`);
    expect(asked.json).toMatchObject({ state: 'running', cancelling: true });
    expect(await ended(b, id)).toMatchObject({ outcome: 'cancelled', cancelling: false });
  });

  it('are not begun again where nobody said that they may be', async () => {
    const id = await take(60);
    while ((await a.request<Job>('GET', `/v1/jobs/${id}`)).json.state === 'queued') await sleep(20);
    await a.stop('SIGKILL');
    expect((await b.request<Job>('GET', `/v1/jobs/${id}`)).json).toMatchObject({ state: 'running' });
    await a.start();
    expect(await ended(a, id)).toMatchObject({ outcome: 'unavailable' });
  });
});
