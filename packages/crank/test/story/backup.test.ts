import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCheckpoint, parseNote, verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

const ECHO = 'def echo(text: str) -> str:\n    return text[::-1]\n';
const KEEP = 'package crank.retention\n\nkeep := {"input": true, "output": true, "days": 7}\n';

const text = async (node: TestNode, path: string): Promise<string> => (await node.request('GET', path)).text;
const call = async (node: TestNode): Promise<string> =>
  (await node.request('POST', '/v1/services/echo/echo', { json: { text: 'abc' } })).headers.get('crank-call')!;

describe('backup and restore', () => {
  const folder = temporaryFolder('backup');
  const copy = join(folder.path, 'copy');
  let node: TestNode;
  let restored: TestNode | undefined;
  let oldVkey: string;
  let early: string;
  beforeAll(async () => {
    node = await startNode();
    await node.deploy('echo', { 'echo.py': ECHO });
    writeFileSync(join(folder.path, 'keep.rego'), KEEP);
    await node.crank(['policy', 'apply', join(folder.path, 'keep.rego')]);
    oldVkey = (await text(node, '/log/vkey')).trim();
    early = await call(node);
    await node.crank(['workspace', 'create', 'notes']);
    await node.crank(['workspace', 'put', 'notes', 'kept.txt', '-'], { stdin: 'kept' });
  });
  afterAll(async () => {
    await restored?.remove();
    await node.remove();
    folder.remove();
  });

  it('copies a node that is at work, without the keys that sign', async () => {
    let going = true;
    const load = (async () => {
      while (going) await Promise.all(Array.from({ length: 4 }, () => call(node)));
    })();
    const made = await node.crank(['backup', copy]);
    going = false;
    await load;
    expect(made.code, made.stderr).toBe(0);
    expect(readdirSync(join(copy, 'keys'))).toEqual(['secrets', 'subjects']);
    expect((await node.crank(['backup', copy])).code).toBe(2);
    await call(node);
  });

  it('restores it to a node with a new log that names the old one, and can never go on with that', async () => {
    const data = join(folder.path, 'data');
    const head = join(folder.path, 'head');
    await expect
      .poll(async () => headSize(await text(node, '/log/checkpoint')), { timeout: 10_000 })
      .toBe(await size(node));
    writeFileSync(head, await text(node, '/log/checkpoint'));
    const made = await node.crank(['restore', copy, '--data', data, '--head', head]);
    expect(made.code, made.stderr).toBe(0);
    expect((await node.crank(['restore', copy, '--data', data])).code).toBe(2);

    // Both nodes run at once.
    restored = await startNode({ CRANK_DATA: data }, data);
    const vkey = (await text(restored, '/log/vkey')).trim();
    expect(vkey.split('+')[0]).not.toBe(oldVkey.split('+')[0]);
    const { receipts } = (
      await restored.request<{ receipts: { id: string; index: number; act?: string }[] }>(
        'GET',
        '/v1/receipts?kind=log.predecessor',
      )
    ).json;
    expect(receipts).toMatchObject([{ index: 0, act: 'log.predecessor' }]);
    const first = await verifyReceipt(await text(restored, `/v1/receipts/${receipts[0]!.id}`), { vkeys: [vkey] });
    expect(first.predicate['object']).toMatchObject({
      origin: oldVkey.split('+')[0],
      vkey: oldVkey,
      checkpoint: readFileSync(head, 'utf8'),
      size: headSize(readFileSync(head, 'utf8')),
    });
    expect((await restored.crank(['log', 'verify'])).code).toBe(0);
  });

  it('has all that was there: services, keys, receipts under the old log, and what was kept', async () => {
    const id = await call(restored!);
    const vkey = (await text(restored!, '/log/vkey')).trim();
    await verifyReceipt(await text(restored!, `/v1/receipts/${id}`), { vkeys: [vkey] });
    const old = await verifyReceipt(await text(restored!, `/v1/receipts/${early}`), { vkeys: [oldVkey] });
    expect(old.opened.subject).toBe('salt');
    const replayed = await restored!.request('POST', `/v1/receipts/${early}/replay`);
    expect(replayed.json).toMatchObject({ of: early, sameOutput: true });
    expect(await text(restored!, '/v1/workspaces/notes/files/kept.txt')).toBe('kept');
  });

  it('does not restore what is damaged or was not finished', async () => {
    const into = (name: string) => node.crank(['restore', copy, '--data', join(folder.path, name)]);
    const file = join(copy, 'owner.key');
    const was = readFileSync(file);
    writeFileSync(file, 'x');
    const changed = await into('changed');
    expect([changed.code, changed.stderr.includes('owner.key was changed')]).toEqual([2, true]);
    writeFileSync(file, was);
    rmSync(join(copy, 'crank.db'));
    expect((await into('missing')).stderr).toContain('crank.db is missing');
    await expect(startNode({}, join(folder.path, 'missing'))).rejects.toThrow(/not restored to the end/);
    rmSync(join(copy, 'backup.json'));
    expect((await into('unfinished')).stderr).toContain('was not finished');
  });
});

const headSize = (note: string): number => parseCheckpoint(parseNote(note).text).size;
const size = async (node: TestNode): Promise<number> =>
  Number(/^crank_log_entries (\d+)$/m.exec(await text(node, '/metrics'))![1]);
