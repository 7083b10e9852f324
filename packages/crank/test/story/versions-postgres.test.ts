import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { startPostgres } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary.ts';

interface AliasSet {
  version: string;
  previous: string | null;
  receipt: string | null;
}

describe('names of versions, on two nodes with one PostgreSQL', () => {
  const folder = temporaryFolder('versions-postgres');
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let nodes: TestNode[] = [];
  const versions: string[] = [];
  const ask = <T>(node: TestNode, method: string, path: string, json?: unknown, headers: Record<string, string> = {}) =>
    node.request<T>(method, `/v1/services/tool/${path}`, {
      key: nodes[0]!.key,
      headers,
      ...(json !== undefined && { json }),
    });

  beforeAll(async () => {
    postgres = await startPostgres();
    const a = await startNode({ CRANK_DATABASE_URL: postgres.url });
    nodes = [a];
    nodes.push(await startNode({ CRANK_DATABASE_URL: postgres.url, CRANK_KEY: a.key }, join(folder.path, 'b')));
    for (const version of [1, 2])
      for (const node of nodes) {
        const deployed = await node.deploy('tool', { 'tool.py': `def which() -> int:\n    return ${version}\n` });
        expect(deployed.status, deployed.text).toBe(node === a ? 201 : 200);
        if (node === a) versions.push(String(deployed.json['version']));
      }
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.remove()));
    await postgres.stop();
    folder.remove();
  });

  it('move one after the other: each change is decided on what the one before left', async () => {
    const sets = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        ask<AliasSet>(nodes[i % 2]!, 'PUT', '-/aliases/hot', { version: versions[(i >> 1) % 2] }),
      ),
    );
    for (const { status, text } of sets) expect(status, text).toBe(200);
    const moves = sets.map(({ json }) => json).filter(({ receipt }) => receipt !== null);
    const count = (previous: string | null, version: string): number =>
      moves.filter((move) => move.previous === previous && move.version === version).length;
    const [one, two] = versions as [string, string];
    expect(count(null, one) + count(null, two)).toBe(1);
    expect(Math.abs(count(one, two) - count(two, one))).toBeLessThanOrEqual(1);
    // Nothing was lost of what both saw: the name stands where the chain ends.
    const { json } = await ask<{ aliases: { alias: string; version: string }[] }>(nodes[0]!, 'GET', '-/aliases');
    const first = count(null, one) === 1 ? one : two;
    const end = moves.length % 2 === 1 ? first : first === one ? two : one;
    expect(json.aliases.find(({ alias }) => alias === 'hot')!.version).toBe(end);
  });

  it('draw the same sessions for a canary', async () => {
    await ask(nodes[0]!, 'PUT', '-/canary', { version: versions[0], share: 0.5, by: 'session' });
    const sessions = Array.from({ length: 40 }, (_, i) => ({ 'crank-session': `visitor-${i}` }));
    const drawn = async (node: TestNode): Promise<unknown[]> =>
      Promise.all(sessions.map(async (headers) => (await ask<number>(node, 'POST', 'which', {}, headers)).json));
    const here = await drawn(nodes[0]!);
    expect(new Set(here)).toEqual(new Set([1, 2]));
    // The other node learns of it within seconds.
    for (const until = Date.now() + 60_000; ; ) {
      const there = await drawn(nodes[1]!);
      if (JSON.stringify(there) === JSON.stringify(here)) break;
      expect(new Set(there), 'the other node draws others').toEqual(new Set([2]));
      expect(Date.now()).toBeLessThan(until);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect((await ask<object>(nodes[1]!, 'POST', '-/rollback')).json).toMatchObject({ endedCanary: versions[0] });
    expect(new Set(await drawn(nodes[1]!))).toEqual(new Set([2]));
  });

  it('a workspace is on the node that made it, and the other one says so', async () => {
    const [a, b] = nodes as [TestNode, TestNode];
    const made = await a.request<{ quotaBytes: number }>('POST', '/v1/workspaces', { json: { name: 'notes' } });
    expect([made.status, made.json.quotaBytes], made.text).toEqual([201, 2 ** 30]);
    const put = await a.request('PUT', '/v1/workspaces/notes/files/x', { body: 'x' });
    expect(put.status, put.text).toBe(201);
    const { snapshots } = (await a.request<{ snapshots: object[] }>('GET', '/v1/workspaces/notes/snapshots')).json;
    expect(snapshots).toMatchObject([
      { number: 1, bytes: 1 },
      { number: 0, bytes: 0 },
    ]);
    const elsewhere = await b.request<{ code: string }>('GET', '/v1/workspaces/notes', { key: a.key });
    expect([elsewhere.status, elsewhere.json.code]).toEqual([503, 'unavailable']);
    expect((await b.request('GET', '/v1/workspaces', { key: a.key })).json['workspaces']).toMatchObject([{ bytes: 1 }]);
    const twice = await b.request<{ code: string }>('POST', '/v1/workspaces', { key: a.key, json: { name: 'notes' } });
    expect(twice.json.code).toBe('version-conflict');
  });
});
