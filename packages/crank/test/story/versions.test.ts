import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, startNode, type TestNode } from '../support/node.ts';

/** Says which version it is; `slow` waits until it is told to go on by time. */
const source = (version: number, more = ''): string => `import time

def which() -> int:
    return ${version}

def slow(seconds: float) -> int:
    time.sleep(seconds)
    return which()
${more}`;

interface Version {
  version: string;
  aliases: string[];
  share: number;
  size: number;
  createdBy: string;
}

const SERVICE = '/v1/services/tool';

/** A service from its first version to its end. Each step stands on the one before. */
describe('versions of a service', () => {
  let node: TestNode;
  const versions: string[] = [];
  const deploy = async (
    version: number,
    fields: Record<string, string> = {},
    more = '',
  ): Promise<Answer<Record<string, unknown>>> => {
    const form = new FormData();
    form.append('name', 'tool');
    form.append('file', new Blob([source(version, more)]), 'tool.py');
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return node.request('POST', '/v1/services', { body: form });
  };
  const which = async (reference?: string): Promise<unknown> =>
    (
      await node.request('POST', `${SERVICE}/which${reference === undefined ? '' : `?version=${reference}`}`, {
        json: {},
      })
    ).json;
  const list = async (): Promise<Version[]> =>
    (await node.request<{ versions: Version[] }>('GET', `${SERVICE}/-/versions`)).json.versions;
  const folderOf = (digest: string): string => join(node.data, 'versions', digest.slice(7));
  const inFlightIs = async (calls: number): Promise<void> => {
    for (const until = Date.now() + 60_000; ; ) {
      if ((await node.request('GET', '/metrics')).text.includes(`crank_calls_in_flight ${calls}\n`)) return;
      if (Date.now() > until) throw new Error(`there are never ${calls} calls in flight`);
    }
  };
  /** A receipt that verifies, and what the act did. */
  const actOf = async (id: unknown): Promise<Record<string, unknown>> => {
    const { text } = await node.request('GET', `/v1/receipts/${String(id)}`);
    const vkey = (await node.request('GET', '/log/vkey')).text.trim();
    const { predicate } = await verifyReceipt(Buffer.from(text), { vkeys: [vkey] });
    const { kind, object } = predicate as { kind: string; object: object };
    return { kind, ...object };
  };

  beforeAll(async () => {
    node = await startNode();
    for (const version of [1, 2, 3]) {
      const deployed = await deploy(version);
      expect(deployed).toMatchObject({ status: 201, json: { aliases: ['latest'] } });
      versions.push(String(deployed.json['version']));
    }
  });
  afterAll(() => node.remove());

  it('are listed with what names them, who made them, and their share of the calls', async () => {
    const all = await list();
    expect(all.map(({ version }) => version)).toEqual([...versions].reverse());
    expect(all.map(({ aliases, share }) => [aliases, share])).toEqual([
      [['latest'], 1],
      [[], 0],
      [[], 0],
    ]);
    expect(all[0]).toMatchObject({ createdBy: expect.stringMatching(/^key_/), size: source(3).length });
    const shown = (await node.crank(['versions', 'tool'])).stdout;
    expect(shown).toMatch(new RegExp(`${versions[2]!.slice(7, 19)} .* latest +100% +\\d+ B`));
  });

  it('are described one by one', async () => {
    const prefix = versions[0]!.slice(7, 15);
    const one = await node.request('GET', `${SERVICE}/-/versions/${prefix}`);
    expect(one.json).toMatchObject({ version: versions[0], manifest: { operations: { which: {} } }, findings: [] });
    expect((await node.request('GET', `${SERVICE}/-/versions/${prefix.slice(1)}`)).status).toBe(404);
  });

  it('get names of their own, which deploying leaves alone', async () => {
    const set = await node.crank(['alias', 'set', 'tool', 'stable', versions[1]!.slice(7, 19), '--json']);
    expect(set.code).toBe(0);
    const { receipt, ...done } = JSON.parse(set.stdout) as Record<string, unknown>;
    expect(done).toEqual({ alias: 'stable', version: versions[1], previous: null });
    expect(await actOf(receipt)).toMatchObject({ kind: 'service.alias', alias: 'stable', version: versions[1] });
    expect([await which(), await which('stable'), await which(versions[0]!.slice(7, 15))]).toEqual([3, 2, 1]);
    expect((await node.crank(['call', 'tool@stable.which'])).stdout).toBe('2\n');
    // Again: nothing happens, and nothing is recorded.
    const again = await node.request('PUT', `${SERVICE}/-/aliases/stable`, { json: { version: versions[1] } });
    expect(again.json).toMatchObject({ receipt: null });
    versions.push(String((await deploy(4)).json['version']));
    expect([await which(), await which('stable')]).toEqual([4, 2]);
    const { json } = await node.request('GET', `${SERVICE}/-/aliases`);
    expect(json).toMatchObject({
      aliases: [
        { alias: 'latest', version: versions[3], setBy: expect.any(String) },
        { alias: 'stable', version: versions[1], setBy: expect.any(String) },
      ],
    });
  });

  it.each(['latest', 'canary', 'promote', 'deadbeef', 'Stable', '-x', 'a'.repeat(64)])(
    'never get the name %s from people',
    async (alias) => {
      const set = await node.request('PUT', `${SERVICE}/-/aliases/${alias}`, { json: { version: versions[1] } });
      expect(set.status).toBe(422);
    },
  );

  it('are rolled back at once, with calls in flight, and forward again', async () => {
    // On the version to be left, until long after the rollback.
    const inFlight = Array.from({ length: 4 }, () => node.request('POST', `${SERVICE}/slow`, { json: { seconds: 2 } }));
    await inFlightIs(4);
    const answers: { at: number; version: unknown; status: number }[] = [];
    let going = true;
    const load = Array.from({ length: 3 }, async () => {
      while (going) {
        const at = performance.now();
        const answer = await node.request('POST', `${SERVICE}/which`, { json: {} });
        answers.push({ at, version: answer.json, status: answer.status });
      }
    });
    while (answers.length < 10) await new Promise((resolve) => setTimeout(resolve, 20));
    const back = await node.request('POST', `${SERVICE}/-/rollback`, { json: {} });
    const since = performance.now();
    const after = answers.length + 20;
    while (answers.length < after) await new Promise((resolve) => setTimeout(resolve, 20));
    going = false;
    await Promise.all(load);
    expect(back.json).toMatchObject({ version: versions[2], previous: versions[3], endedCanary: null });
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(answers.filter(({ at }) => at > since).map(({ version }) => version))).toEqual(new Set([3]));
    expect(answers[0]!.version).toBe(4);
    for (const answer of await Promise.all(inFlight)) {
      expect(answer).toMatchObject({ status: 200, json: 4 });
      expect(answer.headers.get('crank-version')).toBe(versions[3]);
    }
    expect(await actOf(back.json['receipt'])).toMatchObject({
      kind: 'service.rollback',
      version: versions[2],
      previous: versions[3],
    });
    // What was done is undone by doing it again.
    expect((await node.crank(['rollback', 'tool'])).stdout).toContain(`is at ${versions[3]!.slice(7, 19)}, was`);
    expect(await which()).toBe(4);
  });

  it('are rolled back to any of them, from where the next deployment moves on', async () => {
    expect((await node.crank(['rollback', 'tool', versions[0]!.slice(7, 19)])).code).toBe(0);
    expect([await which(), await which('stable')]).toEqual([1, 2]);
    expect((await node.crank(['rollback', 'tool', versions[0]!.slice(7, 19)])).stdout).toContain('already');
    versions.push(String((await deploy(5)).json['version']));
    expect(await which()).toBe(5);
    expect((await node.request('POST', `${SERVICE}/-/rollback`)).json).toMatchObject({ version: versions[0] });
    expect((await node.request('POST', `${SERVICE}/-/rollback`)).json).toMatchObject({ version: versions[4] });
  });

  it('are refused where they cannot start any more, before anything changes', async () => {
    const [folder, aside] = [folderOf(versions[0]!), join(node.data, 'aside')];
    expect(existsSync(folder)).toBe(true);
    renameSync(folder, aside);
    for (const refused of [
      await node.request('POST', `${SERVICE}/-/rollback`, { json: { version: versions[0] } }),
      await node.request('PUT', `${SERVICE}/-/aliases/old`, { json: { version: versions[0] } }),
      await node.request('PUT', `${SERVICE}/-/canary`, { json: { version: versions[0], share: '10%' } }),
    ]) {
      expect(refused).toMatchObject({ status: 409, json: { code: 'version-conflict' } });
      expect(refused.json['detail']).toContain('its source is gone');
    }
    renameSync(aside, folder);
    expect(await which()).toBe(5);
  });

  it('move one after the other, however many people move them at once', async () => {
    const before = (await node.request<{ receipts: unknown[] }>('GET', '/v1/receipts?kind=service.alias')).json.receipts
      .length;
    const done = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        node.request('PUT', `${SERVICE}/-/aliases/hot`, { json: { version: versions[i % 4] } }),
      ),
    );
    expect(done.map(({ status }) => status)).toEqual(done.map(() => 200));
    // Each saw what the one before left: the chain has no gap and no fork.
    const left = done.map(({ json }) => json['previous']);
    expect(left.filter((previous) => previous === null)).toHaveLength(1);
    const changes = done.filter(({ json }) => json['receipt'] !== null).length;
    const { receipts } = (await node.request<{ receipts: unknown[] }>('GET', '/v1/receipts?kind=service.alias')).json;
    expect(receipts.length - before).toBe(changes);
    expect((await node.crank(['alias', 'delete', 'tool', 'hot'])).code).toBe(0);
    expect((await node.request('DELETE', `${SERVICE}/-/aliases/hot`)).status).toBe(404);
  });

  it('are removed where nothing names them, and only then', async () => {
    const used = await node.crank(['remove', `tool@${versions[1]!.slice(7, 19)}`]);
    expect(used).toMatchObject({ code: 2 });
    expect(used.stderr).toContain('stable names it');
    const removed = await node.request('DELETE', `${SERVICE}/-/versions/${versions[3]!.slice(7)}`);
    expect(removed.status).toBe(200);
    expect(await actOf(removed.json['receipt'])).toMatchObject({ kind: 'version.remove', version: versions[3] });
    expect(existsSync(folderOf(versions[3]!))).toBe(false);
    expect((await list()).map(({ version }) => version)).not.toContain(versions[3]);
    expect(
      (await node.request('POST', `${SERVICE}/-/rollback`, { json: { version: versions[3]!.slice(7) } })).status,
    ).toBe(404);
  });

  it('with a name of their own leave the latest alone, and pass where they were only tried', async () => {
    const tried: string[] = [];
    for (const version of [6, 7]) {
      const deployed = await deploy(version, { alias: 'dev', passing: 'true' });
      expect(deployed.json).toMatchObject({ created: true, aliases: ['dev'] });
      tried.push(String(deployed.json['version']));
    }
    expect([await which(), await which('dev')]).toEqual([5, 7]);
    expect((await list()).map(({ version }) => version)).not.toContain(tried[0]);
    // What is deployed for good stays when dev moves on.
    expect((await deploy(7)).json).toMatchObject({ created: false, aliases: ['dev', 'latest'] });
    await deploy(8, { alias: 'dev', passing: 'true' });
    expect([await which(), await which('dev')]).toEqual([7, 8]);
    expect((await list()).map(({ version }) => version)).toContain(tried[1]);
  });

  it('are for owners and developers to move, and for nobody of another account to see', async () => {
    const made = await node.request('POST', '/v1/keys', { json: { name: 'app', role: 'caller' } });
    const key = String(made.json['key']);
    const version = versions[0]!;
    expect((await node.request('GET', `${SERVICE}/-/versions`, { key })).status).toBe(200);
    for (const refused of [
      await node.request('PUT', `${SERVICE}/-/aliases/mine`, { key, json: { version } }),
      await node.request('POST', `${SERVICE}/-/rollback`, { key, json: { version } }),
      await node.request('PUT', `${SERVICE}/-/canary`, { key, json: { version, share: 0.1 } }),
      await node.request('DELETE', `${SERVICE}/-/versions/${version}`, { key }),
    ])
      expect(refused).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    for (const path of ['versions', 'aliases', 'canary'])
      expect((await node.request('GET', `/v1/accounts/other/services/tool/-/${path}`)).status).toBe(404);
    expect((await node.request('POST', '/v1/accounts/other/services/tool/-/rollback')).status).toBe(404);
  });

  it('go with their service: calls in flight finish, receipts stay, and the name begins afresh', async () => {
    const called = await node.request('POST', `${SERVICE}/which`, { json: {} });
    const inFlight = node.request('POST', `${SERVICE}/slow`, { json: { seconds: 2 } });
    await inFlightIs(1);
    const removed = await node.crank(['remove', 'tool', '--json']);
    expect(removed.code).toBe(0);
    expect((await node.request('POST', `${SERVICE}/which`, { json: {} })).status).toBe(404);
    expect(await inFlight).toMatchObject({ status: 200, json: 7 });
    for (const until = Date.now() + 60_000; readdirSync(join(node.data, 'versions')).length > 0; ) {
      expect(Date.now(), 'sources of removed versions stay').toBeLessThan(until);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const again = await deploy(3);
    expect(again).toMatchObject({ status: 201, json: { created: true, version: versions[2], aliases: ['latest'] } });
    expect(await list()).toHaveLength(1);
    expect((await node.request('POST', `${SERVICE}/-/rollback`)).status).toBe(409);
    const vkey = (await node.request('GET', '/log/vkey')).text.trim();
    const old = (await node.request('GET', `/v1/receipts/${called.headers.get('crank-call')}`)).text;
    await expect(verifyReceipt(Buffer.from(old), { vkeys: [vkey] })).resolves.toBeDefined();
  });
});
