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
});
