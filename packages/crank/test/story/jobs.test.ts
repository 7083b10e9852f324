import { setTimeout as sleep } from 'node:timers/promises';
import { verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killJobs } from '../../../../bench/jobs.ts';
import { startNode, type TestNode } from '../support/node.ts';

const WORK = `
import pathlib, time, os

class Flaky(Exception):
    pass

def count(n: int = 3) -> int:
    return n

def pages(n: int = 3):
    for page in range(n):
        yield {"page": page}

def nap(seconds: float = 60.0) -> str:
    time.sleep(seconds)
    return "rested"

def steps(n: int = 3, marks: list[float] = [0.5, 0.2, 0.9]) -> int:
    from crank_platform import context
    for mark in marks:
        context.progress(mark, f"at {mark}")
        time.sleep(0.15)
    return n

def fail(why: str = "no reason") -> int:
    raise Flaky(why)

def shout(document: pathlib.Path) -> pathlib.Path:
    out = pathlib.Path("loud.txt")
    out.write_text(document.read_text().upper())
    return out
`;
const MANIFEST = {
  name: 'tasks',
  operations: {
    count: {},
    pages: {},
    nap: {},
    shout: {},
    steps: {},
    fail: { idempotent: true, retry: { attempts: 3, backoff: '10ms' } },
  },
};

interface Job {
  id: string;
  state: string;
  attempts: number;
  outcome: string | null;
  result: { type: string; bytes: number; contentType: string } | null;
  opening: string;
  receipt: string | null;
  progress: { fraction: number | null; message: string } | null;
}

/** A call that outlives its request: taken, run, ended, its result fetched; and what becomes of it when things go wrong. */
describe('jobs', () => {
  let node: TestNode;
  let vkey: string;
  beforeAll(async () => {
    node = await startNode();
    const deployed = await node.deploy('tasks', { 'tasks.py': WORK, 'crank.json': JSON.stringify(MANIFEST) });
    expect(deployed.status, deployed.text).toBe(201);
    vkey = (await node.request('GET', '/log/vkey')).text.trim();
  });
  afterAll(() => node.remove());

  const later = (operation: string, json: unknown = {}, headers: Record<string, string> = {}) =>
    node.request<Job>('POST', `/v1/services/tasks/${operation}`, {
      json,
      headers: { prefer: 'respond-async', ...headers },
    });
  const jobOf = async (id: string): Promise<Job> => (await node.request<Job>('GET', `/v1/jobs/${id}`)).json;
  const until = async (id: string, state: string): Promise<Job> => {
    for (;;) {
      const job = await jobOf(id);
      if (job.state === state || job.state === 'ended') return job;
      await sleep(20);
    }
  };
  const predicateOf = async (path: string) => {
    const { text } = await node.request('GET', path);
    const verified = await verifyReceipt(text, { vkeys: [vkey] });
    return verified.predicate as unknown as Record<string, never>;
  };

  it('takes a call with Prefer: respond-async, and answers before it ran', async () => {
    const taken = await later('count', { n: 7 });
    expect(taken.status).toBe(202);
    expect(taken.headers.get('location')).toBe(`/v1/jobs/${taken.json.id}`);
    expect(taken.headers.get('preference-applied')).toBe('respond-async');
    expect(taken.json).toMatchObject({ state: 'queued', attempts: 0, outcome: null, receipt: null });
    expect(await predicateOf(taken.json.opening)).toMatchObject({ call: taken.json.id, stage: 'opening' });

    const job = await until(taken.json.id, 'ended');
    expect(job).toMatchObject({ state: 'ended', attempts: 1, outcome: 'ok', result: { type: 'json', bytes: 1 } });
    const result = await node.request('GET', `/v1/jobs/${job.id}/result`);
    expect([result.status, result.text, result.headers.get('crank-call')]).toEqual([200, '7', job.id]);
    const receipt = await predicateOf(job.receipt!);
    expect(receipt).toMatchObject({ call: job.id, stage: 'complete', outcome: 'ok' });
    expect(receipt['predecessor']).toBe(job.opening.split('/').at(-1));
  });

  it('refuses at once what would be refused anyway', async () => {
    expect((await later('count', { n: 'seven' })).status).toBe(422);
    expect((await later('nothing')).status).toBe(404);
  });

  it('keeps files, in and out', async () => {
    const form = new FormData();
    form.append('document', new Blob(['quiet '.repeat(500_000)]), 'quiet.txt');
    const taken = await node.request<Job>('POST', '/v1/services/tasks/shout', {
      body: form,
      headers: { prefer: 'respond-async' },
    });
    const job = await until(taken.json.id, 'ended');
    expect(job).toMatchObject({ outcome: 'ok', result: { type: 'file', bytes: 3_000_000 } });
    const result = await node.request('GET', `/v1/jobs/${job.id}/result`);
    expect(result.headers.get('content-disposition')).toContain('loud.txt');
    expect(result.text).toBe('QUIET '.repeat(500_000));
    const receipt = (await node.request('GET', job.receipt!)).text;
    await verifyReceipt(receipt, { vkeys: [vkey] });
  });

  it('keeps the items of a stream, with its last frame', async () => {
    const job = await until((await later('pages', { n: 2 })).json.id, 'ended');
    const { text } = await node.request('GET', `/v1/jobs/${job.id}/result`);
    const frame = { call: job.id, receipt: job.receipt, outcome: 'ok', items: 2 };
    expect(text).toBe(`{"page":0}\n{"page":1}\n{"$crank":${JSON.stringify(frame)}}\n`);
  });

  it('deletes a result that was asked to go', async () => {
    const job = await until((await later('count')).json.id, 'ended');
    const deleted = await node.request<Job>('DELETE', `/v1/jobs/${job.id}`);
    expect(deleted.json).toMatchObject({ state: 'ended', outcome: 'ok', result: null });
    expect((await node.request('GET', `/v1/jobs/${job.id}/result`)).status).toBe(404);
    expect((await node.request('GET', job.receipt!)).status).toBe(200);
  });

  it('tries again what is idempotent, and leaves a receipt of each beginning', async () => {
    const { json } = await later('fail', { why: 'again' });
    const job = await until(json.id, 'ended');
    expect(job).toMatchObject({ attempts: 3, outcome: 'script-error' });
    const result = await node.request<{ code: string; exception: { message: string } }>(
      'GET',
      `/v1/jobs/${job.id}/result`,
    );
    expect(result.status).toBe(500);
    expect(result.json).toMatchObject({ code: 'script-error', exception: { message: 'again' } });
    const chain = [];
    for (let path = job.receipt; path !== null; ) {
      const { stage, predecessor } = await predicateOf(path);
      chain.push(stage);
      path = predecessor === undefined ? null : `/v1/receipts/${predecessor}`;
    }
    expect(chain).toEqual(['complete', 'opening', 'opening', 'opening']);
  });

  it('gives the same job for the same key', async () => {
    const key = { 'idempotency-key': 'once-only' };
    const first = await later('count', { n: 5 }, key);
    const second = await later('count', { n: 5 }, key);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.json.id).toBe(first.json.id);
    expect((await later('count', { n: 6 }, key)).status).toBe(409);
  });

  it('cancels what runs, and charges for what it used', async () => {
    const { json } = await later('nap');
    await until(json.id, 'running');
    const cancelled = await node.request<Job>('DELETE', `/v1/jobs/${json.id}`);
    expect(cancelled.json).toMatchObject({ state: 'ended', outcome: 'cancelled' });
    expect(await predicateOf(cancelled.json.receipt!)).toMatchObject({ outcome: 'cancelled' });
  });

  it('ends what has not ended by its deadline', async () => {
    const { json } = await later('nap', {}, { 'crank-deadline': '300ms' });
    expect(await until(json.id, 'ended')).toMatchObject({ outcome: 'timeout' });
  });

  it('tells each step to whoever listens', async () => {
    const { json } = await later('nap', { seconds: 0.05 });
    const { text, headers } = await node.request('GET', `/v1/jobs/${json.id}/events`);
    expect(headers.get('content-type')).toBe('text/event-stream');
    const events = text.split('\n\n').flatMap((event) => /^event: (\w+)\ndata: (.*)$/s.exec(event)?.slice(1) ?? []);
    expect(events.at(-2)).toBe('end');
    expect(JSON.parse(events.at(-1)!)).toMatchObject({ id: json.id, state: 'ended', outcome: 'ok' });
  });

  it('tells how far it is, and never goes back', async () => {
    const { json } = await later('steps');
    const { text } = await node.request('GET', `/v1/jobs/${json.id}/events`);
    const jobs = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!) as Job);
    const fractions = jobs.flatMap(({ progress }) => progress?.fraction ?? []);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(new Set(fractions)).toEqual(new Set([0.5, 0.9]));
    expect(jobs.at(-1)).toMatchObject({ state: 'ended', progress: { fraction: 0.9, message: 'at 0.9' } });
    expect((await jobOf(json.id)).progress).toMatchObject({ fraction: 0.9, message: 'at 0.9' });
  });

  it('shows jobs to whom they belong', async () => {
    const made = await node.request<{ key: string }>('POST', '/v1/keys', { json: { name: 'c', role: 'caller' } });
    const { key } = made.json;
    const { json } = await later('count');
    await until(json.id, 'ended');
    expect((await node.request('GET', `/v1/jobs/${json.id}`, { key })).status).toBe(404);
    expect((await node.request('GET', `/v1/jobs/${json.id}/result`, { key })).status).toBe(404);
    expect((await node.request('DELETE', `/v1/jobs/${json.id}`, { key })).status).toBe(404);
    expect((await node.request<{ jobs: Job[] }>('GET', '/v1/jobs', { key })).json.jobs).toEqual([]);
    const all = await node.request<{ jobs: Job[] }>('GET', '/v1/jobs?state=ended&service=tasks');
    expect(all.json.jobs.map(({ id }) => id)).toContain(json.id);
  });
});

/** The short version of `npm run bench -- jobs`. */
describe('jobs under kill -9 of the node', () => {
  it('end exactly once, each with a receipt, and progress never goes back', async () => {
    const report = await killJobs({ jobs: 40, seed: 3, pauseMs: 1_000, kills: 3 });
    expect(report.faults).toEqual([]);
    expect(report.kills).toBe(3);
    expect(report.begunAgain).toBeGreaterThan(0);
    expect(report.progressSeen).toBeGreaterThan(0);
  });
});
