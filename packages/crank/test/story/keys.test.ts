import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { followHandovers, parseVkey, verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

const CRANK = fileURLToPath(new URL('../../bin/crank', import.meta.url));
const ECHO = 'def echo(text: str) -> str:\n    return text\n';

const folder = temporaryFolder('keys-story');
const file = (name: string): string => join(folder.path, name);
afterAll(() => folder.remove());

const text = async (node: TestNode, path: string): Promise<string> => (await node.request('GET', path)).text;
const call = async (node: TestNode) => {
  const answer = await node.request('POST', '/v1/services/echo/echo', { json: { text: 'x' } });
  return { status: answer.status, json: answer.json, id: answer.headers.get('crank-call')! };
};

describe('a log whose key is changed', () => {
  let node: TestNode;
  let first: string;
  let oldReceipt: string;
  let oldId: string;
  beforeAll(async () => {
    node = await startNode();
    first = (await text(node, '/log/vkey')).trim();
    await node.deploy('echo', { 'echo.py': ECHO });
    oldId = (await call(node)).id;
    oldReceipt = await text(node, `/v1/receipts/${oldId}`);
  });
  afterAll(() => node.remove());

  it('goes on under the new one while calls come, and only an owner can do it', async () => {
    expect((await node.crank(['log', 'verify'])).code).toBe(0);
    const { key } = (
      await node.request<{ key: string }>('POST', '/v1/keys', { json: { name: 'd', role: 'developer' } })
    ).json;
    expect((await node.request('POST', '/v1/log/rotate-key', { key })).status).toBe(403);
    const calls = Array.from({ length: 8 }, () => call(node));
    const rotated = await node.crank(['log', 'rotate-key', '--json']);
    expect(rotated.code, rotated.stderr).toBe(0);
    const { from, to } = JSON.parse(rotated.stdout) as { from: string; to: string };
    expect(from).toBe(first);
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
    expect((await text(node, '/log/vkey')).trim()).toBe(to);
    expect(await text(node, '/log/vkeys')).toBe(`${to}\n${from}\n`);
    expect(existsSync(join(node.data, 'keys', 'log.next.key'))).toBe(false);
    expect(readFileSync(join(node.data, 'keys', 'log.key'), 'utf8')).toContain(to.split('+')[1]);
  });

  it('verifies old and new receipts from either key by the hand-over, and by no other key', async () => {
    const handovers = await text(node, '/log/handovers');
    const newest = (await text(node, '/log/vkey')).trim();
    const later = await text(node, `/v1/receipts/${(await call(node)).id}`);
    const again = await text(node, `/v1/receipts/${oldId}`);
    for (const pinned of [first, newest]) {
      const vkeys = await followHandovers(handovers, [pinned]);
      for (const receipt of [oldReceipt, later, again]) await verifyReceipt(receipt, { vkeys });
    }
    await verifyReceipt(oldReceipt, { vkeys: [first] });
    await expect(verifyReceipt(later, { vkeys: [first] })).rejects.toThrow(/you trust/);
    writeFileSync(file('receipt.json'), again);
    writeFileSync(file('handovers'), handovers);
    const told = ['receipt', 'verify', file('receipt.json'), '--vkey', first];
    expect((await node.crank(told)).code).toBe(5);
    expect((await node.crank([...told, '--handovers', file('handovers')])).code).toBe(0);
    expect((await node.crank(['receipt', 'verify', file('receipt.json')])).code).toBe(0);
  });

  it('believes no hand-over in which a bit was changed', async () => {
    const handovers = Buffer.from(await text(node, '/log/handovers'));
    for (let bit = 0; bit < handovers.length * 8; bit += 97) {
      const changed = Buffer.from(handovers);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const found = await followHandovers(changed.toString('latin1'), [first]).catch((error: Error) => error);
      // What does not hold is refused, or says nothing of the pinned key.
      if (!(found instanceof Error)) expect(found.map((key) => key.text)).toEqual([first]);
    }
  });

  it('binds each key to its entries: one that leaks afterwards signs nothing that verifies', async () => {
    const handovers = await text(node, '/log/handovers');
    const [old] = await followHandovers(handovers, [first]);
    const { index } = JSON.parse((await node.crank(['receipt', 'verify', file('receipt.json'), '--json'])).stdout) as {
      index: number;
    };
    expect(old!.term!.last).toBeGreaterThan(index);
    const shorter = { ...(await parseVkey(first)), term: { first: 0, last: index - 1 } };
    await expect(verifyReceipt(oldReceipt, { vkeys: [shorter] })).rejects.toThrow(/outside its time/);
  });

  it('is verified as a whole, continues what was seen under the old key, and restarts', async () => {
    expect((await node.crank(['log', 'verify'])).stdout).toContain('log verified');
    await node.stop();
    await node.start();
    expect((await call(node)).status).toBe(200);
    expect((await node.crank(['log', 'rotate-key'])).code).toBe(0);
    const vkeys = await followHandovers(await text(node, '/log/handovers'), [first]);
    expect(vkeys).toHaveLength(3);
    await verifyReceipt(await text(node, `/v1/receipts/${oldId}`), { vkeys });
    expect((await node.crank(['log', 'verify'])).code).toBe(0);
  });
});

describe('a change of keys that a crash interrupts', () => {
  let node: TestNode;
  const keys = (name: string): string => join(node.data, 'keys', name);
  beforeAll(async () => {
    node = await startNode();
  });
  afterAll(() => node.remove());

  it('is completed at the next start, and a log is never carried on by a key that nobody handed it to', async () => {
    const old = readFileSync(keys('log.key'));
    expect((await node.crank(['log', 'rotate-key'])).code).toBe(0);
    const vkey = await text(node, '/log/vkey');
    await node.stop('SIGKILL');
    // As it is between the commit and the change: the old key in its place, the new one beside it.
    for (const end of ['key', 'vkey']) renameSync(keys(`log.${end}`), keys(`log.next.${end}`));
    writeFileSync(keys('log.key'), old, { mode: 0o600 });
    await node.start();
    expect(await text(node, '/log/vkey')).toBe(vkey);
    await node.stop();
    writeFileSync(keys('log.key'), old, { mode: 0o600 });
    await expect(node.start()).rejects.toThrow(/handed over to the key/);
  });
});

describe('a key in a signing process', () => {
  let signer: ChildProcess;
  let node: TestNode;
  const socket = file('signer.sock');
  const startSigner = async (): Promise<void> => {
    signer = spawn(CRANK, ['signer', socket, file('signer-keys')], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(signer.stdout!, 'data');
  };
  const stopSigner = async (): Promise<void> => {
    const ended = once(signer, 'exit');
    signer.kill('SIGKILL');
    await ended;
  };
  beforeAll(async () => {
    await startSigner();
    node = await startNode({ CRANK_SIGNER: socket });
    await node.deploy('echo', { 'echo.py': ECHO });
  });
  afterAll(async () => {
    await node.remove();
    await stopSigner();
  });

  it('signs receipts and heads, and no private key lies with the node', async () => {
    const ids = (await Promise.all(Array.from({ length: 20 }, () => call(node)))).map(({ id }) => id);
    const vkeys = [(await text(node, '/log/vkey')).trim()];
    for (const id of ids) await verifyReceipt(await text(node, `/v1/receipts/${id}`), { vkeys });
    expect(existsSync(join(node.data, 'keys', 'log.key'))).toBe(false);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
  });

  it('refuses calls while it is gone, rather than answering without a receipt, and goes on when it is back', async () => {
    // What is committed: the published checkpoint follows a moment later.
    const size = async (): Promise<number> =>
      (JSON.parse((await node.crank(['log', 'verify', '--json'])).stdout) as { size: number }).size;
    const before = await size();
    await stopSigner();
    const refused = await call(node);
    expect(refused).toMatchObject({ status: 503, json: { code: 'unavailable' } });
    // Now it is known, and nothing runs any more.
    const next = await call(node);
    expect(next.json).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('Nothing runs') });
    expect((await node.request('GET', '/readyz')).status).toBe(503);
    await startSigner();
    await expect.poll(async () => (await node.request('GET', '/readyz')).status, { timeout: 20_000 }).toBe(200);
    expect((await call(node)).status).toBe(200);
    expect(await size()).toBe(before + 1);
  });

  it('is rotated there, too', async () => {
    const first = (await text(node, '/log/vkey')).trim();
    const old = await text(node, `/v1/receipts/${(await call(node)).id}`);
    const rotated = await node.crank(['log', 'rotate-key']);
    expect(rotated.code, rotated.stderr).toBe(0);
    const vkeys = await followHandovers(await text(node, '/log/handovers'), [first]);
    expect(vkeys).toHaveLength(2);
    const { id } = await call(node);
    for (const receipt of [old, await text(node, `/v1/receipts/${id}`)]) await verifyReceipt(receipt, { vkeys });
    await node.stop();
    await node.start();
    expect((await call(node)).status).toBe(200);
  });

  it('signs only what a log signs', async () => {
    const { createConnection } = await import('node:net');
    const ask = async (line: string): Promise<string> => {
      const connection = createConnection(socket);
      connection.write(`${line}\n`);
      const [answer] = (await once(connection, 'data')) as [Buffer];
      connection.destroy();
      return answer.toString().trim();
    };
    const hint = (await text(node, '/log/vkey')).split('+').slice(0, 2).join('+');
    const sign = (message: string) => ask(`sign ${hint} ${Buffer.from(message).toString('base64')}`);
    expect(await sign('pay everything to me')).toMatch(/^error this is no statement/);
    expect(await sign(`${hint.split('+')[0]}\n1\n`)).toMatch(/^ok /);
    expect(await ask('sign nobody+00000000 AAAA')).toMatch(/^error there is no key/);
    expect(await ask('steal')).toMatch(/^error/);
  });
});
