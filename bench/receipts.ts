import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatProof, verifyReceipt } from 'crank-verify';
import { defaultLimits, type Limits } from '../packages/crank/src/core/service.ts';
import { commitTo } from '../packages/crank/src/engines/audit/commitment.ts';
import { loadSigner } from '../packages/crank/src/engines/audit/keys.ts';
import { inclusionProof } from '../packages/crank/src/engines/audit/proof.ts';
import { receiptFile } from '../packages/crank/src/engines/audit/receipt-file.ts';
import { receiptStatement } from '../packages/crank/src/engines/audit/receipt-statement.ts';
import type { CallPredicate } from '../packages/crank/src/engines/audit/statement.ts';
import { sourceReader } from '../packages/crank/src/engines/audit/tile-reader.ts';
import type { RecordEntry } from '../packages/crank/src/platform/record-entry.ts';
import { Recorder } from '../packages/crank/src/platform/recorder.ts';
import { readEntries, readLog } from '../packages/crank/src/store/log-store.ts';
import { openStore } from '../packages/crank/src/store/store.ts';
import { percentile } from './load.ts';

const ORIGIN = 'crank.local/bench';
const limits = Object.fromEntries(Object.entries(defaultLimits).sort()) as unknown as Limits;

/** The entry of a call as the pipeline makes it, all rows included. */
const entry = (n: number): RecordEntry => {
  const id = `call_${n}`;
  const subject = commitTo(Buffer.from('5'));
  const input = commitTo(Buffer.from('{"a":2,"b":3}'));
  const digest = `sha256:${'0'.repeat(64)}`;
  const predicate: CallPredicate = {
    account: 'default',
    call: id,
    carbon: { grams: 2e-7, gridGramsPerKwh: 472.94, source: 'bench' },
    charge: { currency: 'USD', lines: [{ amount: '0.00001', kind: 'call' }], total: '0.00001' },
    decisions: ['authorise', 'input'].map((point) => ({
      allow: true,
      bundles: { platform: digest },
      id: `dec_${n}`,
      obligations: [],
      point,
      reasons: [],
    })),
    energy: { grade: 'D', joules: 0.0017, uncertainty: 'factor 2' },
    finished: '2026-01-01T00:00:00.002Z',
    input: input.commitment,
    isolation: 'fresh',
    limits,
    node: ORIGIN,
    operation: 'add',
    outcome: 'ok',
    principal: { account: 'default', id: 'key_1', kind: 'user', role: 'owner' },
    received: '2026-01-01T00:00:00.000Z',
    salts: { input: input.saltDigest, subject: subject.saltDigest },
    service: 'add',
    stage: 'complete',
    usage: { cpuNs: 1_000_000, cpuSource: 'sandbox-reported', peakMemoryBytes: 10_000_000, wallNs: 2_000_000 },
    version: digest,
  };
  return {
    id,
    kind: 'call',
    account: 'default',
    principal: 'key_1',
    statement: receiptStatement({ id, predicate, subject: subject.commitment }),
    openings: { subject: subject.salt, input: input.salt },
    rows: {
      call: {
        id,
        account: 'default',
        principal: 'key_1',
        service: 'add',
        version: digest,
        operation: 'add',
        received_at: 1,
        finished_at: 2,
        outcome: 'ok',
        problem: null,
        stdout: '',
        stderr: '',
        truncated_bytes: 0,
        tags: null,
        payer: null,
      },
      usage: {
        call: id,
        cpu_ns: 1e6,
        cpu_source: 'sandbox-reported',
        wall_ns: 2e6,
        peak_memory_bytes: 1e7,
        joules: 0.0017,
        energy_grade: 'D',
        energy_uncertainty: 'factor 2',
        energy_source: 'bench',
        grams: 2e-7,
        grid_grams_per_kwh: 472.94,
        grid_source: 'bench',
      },
      charges: ['call', 'cpu', 'energy', 'carbon'].map((kind) => ({ call: id, kind, pico_usd: 1, quantity: null })),
      egress: [],
    },
  };
};

/** How often this disk syncs a second: 4 KiB more of one file each time. @param ms how long that is tried */
const syncRate = (folder: string, ms = 2_000): number => {
  const file = openSync(join(folder, 'sync'), 'w');
  const page = Buffer.alloc(4096, 1);
  const start = performance.now();
  let syncs = 0;
  for (; performance.now() - start < ms; syncs++) {
    writeSync(file, page);
    fdatasyncSync(file);
  }
  closeSync(file);
  return syncs / ((performance.now() - start) / 1000);
};

/** Milliseconds. */
interface Waits {
  p50: number;
  p99: number;
}

const waits = (took: number[]): Waits => {
  took.sort((a, b) => a - b);
  return { p50: percentile(took, 0.5), p99: percentile(took, 0.99) };
};

/** Durable receipts a second through the recorder, 64 in flight; how long a call waits for its own; and milliseconds to verify one offline. */
export const benchReceipts = async (): Promise<{
  perSecond: number;
  /** Syncs a second that the same disk does by itself. */
  syncs: number;
  /** From handing over an entry until it is durable: one at a time, 100 a second at random moments, and 64 in flight. */
  alone: Waits;
  hundredPerSecond: Waits;
  saturated: Waits;
  verify: Waits;
}> => {
  const folder = mkdtempSync(join(tmpdir(), 'crank-bench-receipts-'));
  const location = { sqlite: join(folder, 'crank.db') };
  const store = await openStore(location);
  const recorder = await Recorder.start({
    store: location,
    key: { folder },
    origin: ORIGIN,
    onFailed: (error) => {
      throw error;
    },
  });
  let n = 0;
  const alone: number[] = [];
  for (let i = 0; i < 300; i++) {
    const start = performance.now();
    await recorder.commit(entry(n++));
    alone.push(performance.now() - start);
  }
  const hundred: number[] = [];
  const arrivals: Promise<void>[] = [];
  const timed = async (into: number[]): Promise<void> => {
    const handed = performance.now();
    await recorder.commit(entry(n++));
    into.push(performance.now() - handed);
  };
  for (let i = 0; i < 1_000; i++) {
    // Poisson, as calls of many callers come.
    await sleep(-Math.log(1 - Math.random()) * 10);
    arrivals.push(timed(hundred));
  }
  await Promise.all(arrivals);
  const saturated: number[] = [];
  const from = n;
  const total = from + 20_000;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      while (n < total) await timed(saturated);
    }),
  );
  const perSecond = (n - from) / ((performance.now() - start) / 1000);
  await recorder.close();

  const log = (await readLog(store.db, ORIGIN))!;
  const signer = loadSigner(folder, ORIGIN);
  const reader = sourceReader({ read: (from, to) => readEntries(store.db, ORIGIN, from, to) });
  const row = await store.db.selectFrom('receipts').selectAll().where('idx', '=', 7_777).executeTakeFirstOrThrow();
  const proof = formatProof({
    index: row.idx,
    hashes: await inclusionProof(reader, row.idx, log.size),
    checkpoint: log.checkpoint,
  });
  const file = receiptFile(row.envelope, proof, JSON.parse(row.openings!) as { subject: string });
  const took: number[] = [];
  for (let i = 0; i < 1_000; i++) {
    const begun = performance.now();
    await verifyReceipt(file, { vkeys: [signer.vkey] });
    if (i >= 100) took.push(performance.now() - begun);
  }
  await store.close();
  const syncs = syncRate(folder);
  rmSync(folder, { recursive: true, force: true });
  return {
    perSecond,
    syncs,
    alone: waits(alone),
    hundredPerSecond: waits(hundred),
    saturated: waits(saturated),
    verify: waits(took),
  };
};

if (import.meta.main) console.log(await benchReceipts());
