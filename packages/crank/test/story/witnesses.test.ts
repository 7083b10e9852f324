import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatCheckpoint, formatNote, parsePolicy, parseVkey, verifyCheckpoint, verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeConsistency } from '#src/engines/audit/consistency-text.ts';
import { signerFrom } from '#src/engines/audit/keys.ts';
import { emptyFrontier, extend, rootOf } from '#src/engines/audit/merkle.ts';
import { consistencyProof } from '#src/engines/audit/proof.ts';
import { sourceReader } from '#src/engines/audit/tile-reader.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

const ECHO = 'def echo(text: str) -> str:\n    return text\n';

interface Report {
  size: number;
  cosigned: number;
  asked: { size: number | null; error: string | null }[];
  alarms: { log: string; what: string; evidence: string }[];
}

const folder = temporaryFolder('witnesses');
afterAll(() => folder.remove());

const text = async (node: TestNode, path: string): Promise<string> => (await node.request('GET', path)).text;
const line = async (node: TestNode, path: string): Promise<string> => (await text(node, path)).trim();
const report = async (node: TestNode): Promise<Report> => (await node.request<Report>('GET', '/v1/log/witnesses')).json;
const call = async (node: TestNode): Promise<string> =>
  (await node.request('POST', '/v1/services/echo/echo', { json: { text: 'x' } })).headers.get('crank-call')!;

/** A log of ours that is not a node: it can lie. */
const liar = (name: string) => {
  const signer = signerFrom(name, Buffer.alloc(32, 7));
  const head = (entries: readonly Buffer[], root = rootOf(extend(emptyFrontier, entries))): string => {
    const checkpoint = formatCheckpoint({ origin: name, size: entries.length, root });
    const signature = signer.sign(Buffer.from(checkpoint));
    return formatNote({ text: checkpoint, signatures: [{ name, id: signer.id, signature }] });
  };
  const proof = (entries: readonly Buffer[], old: number) =>
    consistencyProof(sourceReader({ read: async (from, to) => entries.slice(from, to) }), old, entries.length);
  return { vkey: signer.vkey, head, proof };
};
const entries = (count: number, seed = ''): Buffer[] =>
  Array.from({ length: count }, (_, at) => createHash('sha256').update(`${seed}${at}`).digest());

describe('two nodes that witness one another', () => {
  let a: TestNode;
  let b: TestNode;
  beforeAll(async () => {
    [a, b] = await Promise.all([startNode(), startNode()]);
    await Promise.all([a, b].map((node) => node.deploy('echo', { 'echo.py': ECHO })));
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const served = await one.crank(['log', 'witness', 'serve', await line(other, '/log/vkey')]);
      expect(served.code, served.stderr).toBe(0);
      const added = await other.crank([
        'log',
        'witness',
        'add',
        await line(one, '/witness/vkey'),
        `${one.url}/witness`,
      ]);
      expect(added.code, added.stderr).toBe(0);
    }
  });
  afterAll(async () => {
    await Promise.all([a.remove(), b.remove()]);
  });

  it('cosign one another, and receipts fetched later carry that', async () => {
    const id = await call(a);
    const policy = await a.crank(['log', 'witness', 'policy']);
    writeFileSync(join(folder.path, 'policy'), policy.stdout);
    const trust = await parsePolicy(policy.stdout);
    await expect.poll(async () => (await report(a)).cosigned, { timeout: 30_000 }).toBe((await report(a)).size);
    const receipt = await text(a, `/v1/receipts/${id}`);
    const verified = await verifyReceipt(receipt, { vkeys: [], policy: trust });
    expect(verified.checkpoint.cosigned).toEqual([(await line(b, '/witness/vkey')).split('+')[0]]);
    writeFileSync(join(folder.path, 'receipt.json'), receipt);
    const shown = await a.crank([
      'receipt',
      'verify',
      join(folder.path, 'receipt.json'),
      '--policy',
      join(folder.path, 'policy'),
    ]);
    expect(shown.stdout).toContain('One witness cosigned that head');
    const keys = [await line(a, '/log/vkey'), await line(b, '/witness/vkey')];
    for (const path of ['/log/checkpoint', '/log/witnessed'])
      expect((await verifyCheckpoint(await text(a, path), keys)).verified).toHaveLength(2);
    const archive = join(folder.path, 'export.tar');
    const exported = await a.crank(['receipt', 'export', '-o', archive]);
    expect(exported.code, exported.stderr).toBe(0);
    const policed = await a.crank(['receipt', 'verify', archive, '--policy', join(folder.path, 'policy')]);
    expect(policed.stdout, policed.stderr).toContain('export verified');
    const hash = createHash('sha256').update(keys[0]!.split('+')[0]!).digest('hex');
    expect((await verifyCheckpoint(await text(b, `/witness/${hash}/checkpoint`), keys)).verified).toHaveLength(2);
    expect((await a.request('GET', `/witness/${hash}/checkpoint`)).status).toBe(404);
    const listed = await a.crank(['log', 'witness', 'list']);
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain('/witness');
  });

  it('do not let a receipt pass whose head the quorum has not seen', async () => {
    await b.stop();
    const id = await call(a);
    const policy = await parsePolicy((await a.crank(['log', 'witness', 'policy'])).stdout);
    const receipt = await text(a, `/v1/receipts/${id}`);
    await expect(verifyReceipt(receipt, { vkeys: [], policy })).rejects.toThrow(/quorum "witnesses"/);
    writeFileSync(join(folder.path, 'early.json'), receipt);
    const refused = await a.crank([
      'receipt',
      'verify',
      join(folder.path, 'early.json'),
      '--policy',
      join(folder.path, 'policy'),
    ]);
    expect(refused.code).toBe(5);
    await expect.poll(async () => (await report(a)).asked[0]!.error, { timeout: 30_000 }).not.toBeNull();
    await b.start();
    await call(a);
    await expect.poll(async () => (await report(a)).cosigned, { timeout: 30_000 }).toBe((await report(a)).size);
  });

  it('alarm where a log comes with two histories or an end that was cut off', async () => {
    const log = liar('liar.example/log');
    await a.crank(['log', 'witness', 'serve', log.vkey]);
    const add = (old: number, proof: readonly Uint8Array[], note: string) =>
      a.request('POST', '/witness/add-checkpoint', { body: encodeConsistency(old, proof, note) });
    const honest = entries(9);
    expect((await add(0, [], log.head(honest.slice(0, 5)))).status).toBe(200);
    expect((await add(0, [], log.head(honest.slice(0, 5)))).text).toBe('5\n');
    const stale = await add(3, [], log.head(honest));
    expect([stale.status, stale.headers.get('content-type'), stale.text]).toEqual([409, 'text/x.tlog.size', '5\n']);
    expect((await report(a)).alarms).toEqual([]);

    const forged = entries(9, 'other');
    expect((await add(5, await log.proof(forged, 5), log.head(forged))).status).toBe(422);
    expect((await add(5, [], log.head(forged.slice(0, 5)))).status).toBe(422);
    expect((await add(5, await log.proof(honest, 5), log.head(honest))).status).toBe(200);

    const { alarms } = await report(a);
    expect(alarms.map((alarm) => alarm.log)).toEqual(['liar.example/log', 'liar.example/log']);
    // Both signed heads are there: whoever has the key of the log can see for himself.
    const heads = alarms[0]!.evidence.match(/liar\.example\/log\n5\n/g);
    expect(heads).toHaveLength(2);
    expect(await text(a, '/metrics')).toContain('crank_log_alarms 2');
    await expect.poll(() => a.said(), { timeout: 10_000 }).toContain('ALARM');
    const listed = await a.crank(['log', 'witness', 'list']);
    expect([listed.code, listed.stdout.includes('ALARM')]).toEqual([5, true]);
    const doctor = await a.crank(['doctor']);
    expect(doctor.stdout).toContain('2 alarms');
    const acts = await a.request<{ receipts: unknown[] }>('GET', '/v1/receipts?kind=security.log-alarm');
    expect(acts.json.receipts).toHaveLength(2);
  });

  it('answer strangers and the malformed as the protocol says', async () => {
    const log = liar('stranger.example/log');
    const add = (body: string) => a.request('POST', '/witness/add-checkpoint', { body });
    const note = log.head(entries(2));
    expect((await add(encodeConsistency(0, [], note))).status).toBe(404);
    await a.crank(['log', 'witness', 'serve', log.vkey]);
    const other = generateKeyPairSync('ed25519').privateKey;
    const forged = note.replace(/— .*\n$/, (signed) => {
      const id = Buffer.from(signed.split(' ')[2]!, 'base64').subarray(0, 4);
      const bad = sign(null, Buffer.from('other'), other);
      return `— stranger.example/log ${Buffer.concat([id, bad]).toString('base64')}\n`;
    });
    expect((await add(encodeConsistency(0, [], forged))).status).toBe(403);
    expect((await add(encodeConsistency(0, [Buffer.alloc(32)], note))).status).toBe(422);
    expect((await add(encodeConsistency(3, [], note))).status).toBe(400);
    for (const body of ['', 'old 0\n', 'old 00\n\n', `new 0\n\n${note}`, `old 0\nAAAA\n\n${note}`])
      expect((await add(body)).status, body).toBe(400);
    // Of many at once, each against the same head, one is persisted and the others are told; then all have the same.
    const all = await Promise.all(Array.from({ length: 8 }, () => add(encodeConsistency(0, [], note))));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(all.filter(({ status }) => status === 409)).toHaveLength(7);
    const again = await add(encodeConsistency(2, [], note));
    expect(again.status).toBe(200);
    const key = await parseVkey(await line(a, '/witness/vkey'));
    expect((await verifyCheckpoint(note + again.text, [log.vkey, key])).times.get(key)).toBeGreaterThan(1_600_000_000);
  });
});
