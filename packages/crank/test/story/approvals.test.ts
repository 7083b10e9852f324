import { setTimeout as sleep } from 'node:timers/promises';
import { verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opaPath } from '../policy/opa.ts';
import { startNode, type TestNode } from '../support/node.ts';

const FOUR_EYES = `package crank.approval

required contains "payments above 100 need a second pair of eyes" if {
	input.resource.operation == "pay"
	input.content.amount > 100
}
`;

interface Job {
  id: string;
  state: string;
  outcome: string | null;
  approval: { reasons: string[]; by: string | null } | null;
  opening: string;
  receipt: string | null;
  approvalReceipt: string;
}

/** A call that a policy lets run only once a second principal approves it. */
describe.skipIf(opaPath === undefined)('four eyes', () => {
  let node: TestNode;
  const keys: Record<string, { id: string; key: string }> = {};
  beforeAll(async () => {
    node = await startNode();
    const pay = 'def pay(amount: int) -> str:\n    return f"paid {amount}"\n';
    expect((await node.deploy('bank', { 'bank.py': pay })).status).toBe(201);
    for (const [name, role] of Object.entries({
      ann: 'developer',
      ben: 'developer',
      cleo: 'caller',
      dora: 'auditor',
    })) {
      const made = await node.request<{ id: string; key: string }>('POST', '/v1/keys', { json: { name, role } });
      keys[name] = made.json;
    }
    const applied = await node.request('POST', '/v1/policies', {
      json: { files: [{ path: 'eyes.rego', text: FOUR_EYES }] },
    });
    expect(applied.status, applied.text).toBe(200);
  });
  afterAll(() => node.remove());

  const pay = (amount: number, who = 'ann', headers: Record<string, string> = {}) =>
    node.request<Job>('POST', '/v1/services/bank/pay', { json: { amount }, key: keys[who]!.key, headers });
  const ask = <T = Job>(method: string, path: string, who: string, json?: unknown) =>
    node.request<T>(method, path, { key: keys[who]!.key, ...(json !== undefined && { json }) });
  const ended = async (id: string): Promise<Job> => {
    for (;;) {
      const { json } = await ask('GET', `/v1/jobs/${id}`, 'ann');
      if (json.state === 'ended') return json;
      await sleep(20);
    }
  };

  it('let small things pass, and hold large ones', async () => {
    expect((await pay(100)).text).toBe('"paid 100"');
    const { status, json, headers } = await pay(101);
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/v1/jobs/${json.id}`);
    expect(json).toMatchObject({
      state: 'waiting',
      approval: { reasons: ['payments above 100 need a second pair of eyes'], by: null },
    });
    const waiting = await ask<{ jobs: Job[] }>('GET', '/v1/jobs?state=waiting', 'ben');
    expect(waiting.json.jobs.map(({ id }) => id)).toEqual([json.id]);
  });

  it('are two pairs: who called cannot approve, nor who may not', async () => {
    const { id } = (await pay(200)).json;
    expect((await ask('POST', `/v1/jobs/${id}/approve`, 'ann')).status).toBe(403);
    expect((await ask('POST', `/v1/jobs/${id}/approve`, 'cleo')).status).toBe(404);
    expect((await ask('POST', `/v1/jobs/${id}/approve`, 'dora')).status).toBe(403);
    expect((await ask('GET', `/v1/jobs/${id}`, 'ann')).json.state).toBe('waiting');
  });

  it('are not made of one by tokens, nor by an agent that acts for several', async () => {
    const json = { name: 'robot', role: 'developer', kind: 'agent' };
    keys['robot'] = (await node.request<{ id: string; key: string }>('POST', '/v1/keys', { json })).json;
    const mint = async (who: string, wish: object) => {
      const minted = await ask<{ id: string; token: string }>('POST', '/v1/tokens', who, {
        role: 'developer',
        ...wish,
      });
      expect(minted.status, minted.text).toBe(201);
      return { id: minted.json.id, key: minted.json.token };
    };
    const all = { scopes: ['service.*', 'call.*'] };
    keys['ann’s token'] = await mint('ann', {});
    keys['for alice'] = await mint('robot', { onBehalfOf: 'alice', ...all });
    keys['for bob'] = await mint('robot', { onBehalfOf: 'bob', ...all });
    keys['for ann'] = await mint('robot', { onBehalfOf: keys['ann']!.id, ...all });
    for (const [caller, others] of [
      ['ann', ['ann’s token', 'for ann']],
      ['ann’s token', ['ann', 'for ann']],
      ['for alice', ['robot', 'for bob', 'for ann']],
      ['for ann', ['ann', 'robot', 'for alice']],
    ] as const) {
      const { id } = (await pay(500, caller)).json;
      for (const other of others)
        expect((await ask('POST', `/v1/jobs/${id}/approve`, other)).status, `${caller}, ${other}`).toBe(403);
      expect((await ask('POST', `/v1/jobs/${id}/approve`, 'ben')).status, caller).toBe(200);
      expect((await ended(id)).outcome).toBe('ok');
    }
  });

  it('see it run once it is approved, and who approved it is in the receipts', async () => {
    const { id } = (await pay(300)).json;
    const approved = await ask('POST', `/v1/jobs/${id}/approve`, 'ben', { comment: 'invoice 17' });
    expect(approved.status, approved.text).toBe(200);
    const job = await ended(id);
    expect(job).toMatchObject({ outcome: 'ok', approval: { by: keys['ben']!.id } });
    expect((await ask('GET', `/v1/jobs/${id}/result`, 'ann')).text).toBe('"paid 300"');
    const vkeys = [(await node.request('GET', '/log/vkey')).text.trim()];
    const receipt = await verifyReceipt((await node.request('GET', job.receipt!)).text, { vkeys });
    const { decisions } = receipt.predicate as unknown as { decisions: { point: string; obligations: string[] }[] };
    expect(decisions.find(({ point }) => point === 'input')!.obligations).toEqual([
      ...['approval', `approved-by:${keys['ben']!.id}`],
    ]);
    const act = await verifyReceipt((await node.request('GET', `/v1/receipts/${approved.json.approvalReceipt}`)).text, {
      vkeys,
    });
    expect(act.predicate).toMatchObject({ kind: 'call.approve', object: { call: id, comment: 'invoice 17' } });
    expect((await ask('POST', `/v1/jobs/${id}/approve`, 'ben')).status).toBe(409);
  });

  it('see it end where it is rejected, or taken back', async () => {
    const first = (await pay(400)).json;
    const rejected = await ask('POST', `/v1/jobs/${first.id}/reject`, 'ben', { comment: 'who is that?' });
    expect(rejected.json).toMatchObject({ state: 'ended', outcome: 'policy-denied' });
    const result = await ask<{ detail: string }>('GET', `/v1/jobs/${first.id}/result`, 'ann');
    expect([result.status, result.json.detail]).toEqual([
      403,
      `The call was not approved by ${keys['ben']!.id}: who is that?.`,
    ]);
    const second = (await pay(500)).json;
    const cancelled = await ask('DELETE', `/v1/jobs/${second.id}`, 'ann');
    expect(cancelled.json).toMatchObject({ state: 'ended', outcome: 'cancelled' });
    expect((await ask('POST', `/v1/jobs/${second.id}/approve`, 'ben')).status).toBe(409);
  });

  it('let only one of two verdicts count', async () => {
    const { id } = (await pay(600)).json;
    const verdicts = await Promise.all([
      ask('POST', `/v1/jobs/${id}/approve`, 'ben'),
      ask('POST', `/v1/jobs/${id}/reject`, 'ben'),
    ]);
    expect(verdicts.map(({ status }) => status).sort()).toEqual([200, 409]);
    await ended(id);
  });

  it('wait over a restart, and no longer than the deadline', async () => {
    const lasting = (await pay(700)).json;
    const short = (await pay(800, 'ann', { 'crank-deadline': '100ms' })).json;
    await node.stop('SIGKILL');
    await node.start();
    expect(await ended(short.id)).toMatchObject({ outcome: 'policy-denied' });
    expect((await ask('GET', `/v1/jobs/${lasting.id}`, 'ann')).json.state).toBe('waiting');
    expect((await ask('POST', `/v1/jobs/${lasting.id}/approve`, 'ben')).status).toBe(200);
    expect(await ended(lasting.id)).toMatchObject({ outcome: 'ok' });
  });

  it('are asked for on the command line', async () => {
    const env = { CRANK_KEY: keys['ann']!.key };
    const called = await node.crank(['call', 'bank.pay', '-a', 'amount=900'], { env });
    expect(called.code).toBe(0);
    const id = called.stdout.trim();
    expect((await node.crank(['job', id], { env })).stdout).toContain('waits for  approval: payments above 100');
    const other = await node.crank(['job', 'approve', id, '--comment', 'fine'], {
      env: { CRANK_KEY: keys['ben']!.key },
    });
    expect(other).toMatchObject({ code: 0, stderr: '' });
    expect(await node.crank(['job', id, '--wait'], { env })).toEqual({ code: 0, stdout: '"paid 900"\n', stderr: '' });
  });
});
