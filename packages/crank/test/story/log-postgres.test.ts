import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { followHandovers, parsePolicy, verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { startPostgres } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary.ts';

const text = async (node: TestNode, path: string): Promise<string> => (await node.request('GET', path)).text;
const line = async (node: TestNode, path: string): Promise<string> => (await text(node, path)).trim();

/** The programs of PostgreSQL that the tests found. */
const program = (name: string): string => {
  const root = '/usr/lib/postgresql';
  const version = readdirSync(root).sort((a, b) => Number(b) - Number(a))[0]!;
  return join(root, version, 'bin', name);
};

describe('two nodes on one PostgreSQL', () => {
  const folder = temporaryFolder('log-postgres');
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let a: TestNode;
  let b: TestNode;
  let restored: TestNode | undefined;
  beforeAll(async () => {
    postgres = await startPostgres();
    a = await startNode({ CRANK_DATABASE_URL: postgres.url });
    b = await startNode({ CRANK_DATABASE_URL: postgres.url, CRANK_KEY: a.key }, join(folder.path, 'b'));
  });
  afterAll(async () => {
    await restored?.remove();
    await Promise.all([a, b].map((node) => node?.remove()));
    await postgres.stop();
    folder.remove();
  });
  const ask = <T>(node: TestNode, method: string, path: string, json?: unknown) =>
    node.request<T>(method, path, { key: a.key, ...(json !== undefined && { json }) });

  it('change keys and witness one another, each its own log', async () => {
    const first = await line(a, '/log/vkey');
    const rotated = await ask<{ to: string }>(a, 'POST', '/v1/log/rotate-key');
    expect(rotated.status, rotated.text).toBe(200);
    expect(await followHandovers(await text(a, '/log/handovers'), [first])).toHaveLength(2);
    expect(await text(b, '/log/handovers')).toBe('');
    const served = await ask(b, 'POST', '/v1/log/witnessed', { vkey: rotated.json.to });
    expect(served.status, served.text).toBe(200);
    const vkey = await line(b, '/witness/vkey');
    await ask(a, 'POST', '/v1/log/witnesses', { vkey, url: `${b.url}/witness` });
    const { key, receipt } = (
      await ask<{ key: string; receipt: string }>(a, 'POST', '/v1/keys', { name: 'x', role: 'caller' })
    ).json;
    expect(key).toBeTruthy();
    const policy = await parsePolicy(`log ${rotated.json.to}\nwitness b ${vkey}\nquorum b\n`);
    await expect
      .poll(
        async () =>
          verifyReceipt((await ask(a, 'GET', `/v1/receipts/${receipt}`)).text, { vkeys: [], policy }).then(
            () => true,
            () => false,
          ),
        { timeout: 30_000, interval: 300 },
      )
      .toBe(true);
  });

  it('come back from a dump and a backup with new logs', async () => {
    const dump = join(folder.path, 'dump.sql');
    execFileSync(program('pg_dump'), ['-d', postgres.url, '-f', dump]);
    const copy = join(folder.path, 'copy');
    const made = await a.crank(['backup', copy]);
    expect(made.code, made.stderr).toBe(0);
    expect(made.stdout).toContain('pg_dump');
    const url = new URL(postgres.url);
    url.pathname = '/restored';
    execFileSync(program('createdb'), [`--maintenance-db=${postgres.url}`, 'restored']);
    execFileSync(program('psql'), ['-q', '-v', 'ON_ERROR_STOP=1', '-d', url.href, '-f', dump], { stdio: 'pipe' });
    const data = join(folder.path, 'data');
    const put = await a.crank(['restore', copy, '--data', data], { env: { CRANK_DATABASE_URL: url.href } });
    expect(put.code, put.stderr).toBe(0);
    restored = await startNode({ CRANK_DATABASE_URL: url.href }, data);
    expect(await line(restored, '/log/vkey')).not.toBe(await line(a, '/log/vkey'));
    const acts = await restored.request<{ receipts: { index: number }[] }>('GET', '/v1/receipts?kind=log.predecessor');
    expect(acts.json.receipts).toMatchObject([{ index: 0 }]);
  });
});
