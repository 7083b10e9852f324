import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFastApi } from './fastapi/start.ts';
import { load, type Measured, percentile } from './load.ts';
import { machine, markdown } from './machine.ts';
import { type BenchNode, startNode } from './node.ts';
import { benchPolicy } from './policy.ts';
import { benchReceipts } from './receipts.ts';
import { benchForkFloor } from './sandbox-floor.ts';

// `npm run bench`: DESIGN's budgets, measured in one run on this machine, beside FastAPI on uvicorn. Takes about two minutes.

const MS = Number(process.env['BENCH_MS'] ?? 6_000);
const body = '{"a":2,"b":3}';
const ADD = 'def add(a: int, b: int) -> int:\n    return a + b\n';
const TABLES = `# /// script
# dependencies = ["numpy", "pandas"]
# ///
import numpy as np
import pandas as pd

def add(a: int, b: int) -> int:
    return int(np.add(a, b)) + len(pd.DataFrame())
`;

const say = (text: string): void => console.error(text);
const ms = (value: number): string => (value < 1 ? value.toFixed(3) : value.toFixed(2));
const us = (value: number): string => `${(value * 1000).toFixed(0)} µs`;
const rows: string[][] = [];
const row = (what: string, must: string, measured: string, holds: boolean | undefined): void => {
  rows.push([what, must, measured, holds === undefined ? '' : holds ? 'holds' : 'falls short']);
};

const at = (url: string, headers: Record<string, string>, concurrency: number): Promise<Measured> =>
  load({ url, body, headers, concurrency, warmUpMs: 1_500, ms: MS });

/** Resident memory of a process and its threads, MiB. */
const memory = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

/** Milliseconds from sending a script to its first answer, the median of five scripts. */
const deployToAnswer = async (node: BenchNode): Promise<number> => {
  const took: number[] = [];
  for (let n = 0; n < 5; n++) {
    const start = performance.now();
    await node.deploy(`first-${n}`, `${ADD}# ${n}\n`);
    const answer = await fetch(`${node.url}/v1/services/first-${n}/add`, {
      method: 'POST',
      headers: { ...node.headers, 'content-type': 'application/json' },
      body,
    });
    await answer.text();
    took.push(performance.now() - start);
  }
  return percentile(
    took.sort((a, b) => a - b),
    0.5,
  );
};

say(machine());
const node = await startNode();
await sleep(3_000);
const idle = memory(node.pid);

say('deploy to first answer');
const deployed = await deployToAnswer(node);
await node.deploy('add', ADD);
await node.deploy('warm-add', ADD, { isolation: 'warm' });
const url = `${node.url}/v1/services/add/add`;
say('fresh, concurrency 1');
const fresh = await at(url, node.headers, 1);
say('fresh, saturated');
const saturated = await at(url, node.headers, 16);
say('warm');
const warm = await at(`${node.url}/v1/services/warm-add/add`, node.headers, 16);
say('numpy + pandas');
await node.deploy('tables', TABLES);
const tables = await at(`${node.url}/v1/services/tables/add`, node.headers, 1);
await node.stop();

say('FastAPI on uvicorn');
const peer = await startFastApi();
const peerAsync = { one: await at(`${peer.url}/async/add`, {}, 1), many: await at(`${peer.url}/async/add`, {}, 16) };
const peerSync = { one: await at(`${peer.url}/sync/add`, {}, 1), many: await at(`${peer.url}/sync/add`, {}, 16) };
await peer.stop();

say('fork floor, policy, receipts');
const floor = await benchForkFloor(MS);
const policy = benchPolicy();
const receipts = await benchReceipts();

const failures = [fresh, saturated, warm, tables].reduce((sum, each) => sum + each.failed, 0);
row(
  'governed call, `fresh`, concurrency 1',
  'p50 ≤ 3.5 ms, p99 ≤ 15 ms',
  `p50 ${ms(fresh.p50)} ms, p99 ${ms(fresh.p99)} ms`,
  fresh.p50 <= 3.5 && fresh.p99 <= 15,
);
row(
  'the same, saturated (16 connections)',
  '≥ 600/s',
  `${saturated.perSecond.toFixed(0)}/s, ${((100 * saturated.perSecond) / floor.perSecond).toFixed(0)}% of the sandbox alone`,
  saturated.perSecond >= 600,
);
row(
  'the sandbox alone, without HTTP, policy, receipt',
  '',
  `p50 ${ms(floor.p50)} ms at 1; ${floor.perSecond.toFixed(0)}/s at 16`,
  undefined,
);
row(
  'numpy + pandas imported, concurrency 1',
  'p50 ≤ 8 ms',
  `p50 ${ms(tables.p50)} ms, p99 ${ms(tables.p99)} ms`,
  tables.p50 <= 8,
);
row(
  'governed call, `warm`, 16 connections',
  '≥ 1.0x FastAPI `async def`',
  `${warm.perSecond.toFixed(0)}/s, ${(warm.perSecond / peerAsync.many.perSecond).toFixed(2)}x`,
  warm.perSecond >= peerAsync.many.perSecond,
);
row(
  'FastAPI `async def`',
  '',
  `p50 ${ms(peerAsync.one.p50)} ms at 1; ${peerAsync.many.perSecond.toFixed(0)}/s at 16`,
  undefined,
);
row(
  'FastAPI `def`',
  '',
  `p50 ${ms(peerSync.one.p50)} ms at 1; ${peerSync.many.perSecond.toFixed(0)}/s at 16`,
  undefined,
);
row(
  'policy decision',
  'p99 ≤ 100 µs',
  `p50 ${us(policy.anew.p50)}, p99 ${us(policy.anew.p99)}; asked before: p50 ${us(policy.again.p50)}`,
  policy.anew.p99 <= 0.1,
);
row(
  'durable receipts',
  '≥ 3,000/s',
  `${receipts.perSecond.toFixed(0)}/s, where the disk alone syncs ${receipts.syncs.toFixed(0)} times/s; alone p50 ${ms(receipts.alone.p50)} ms; waits p99 ${ms(receipts.hundredPerSecond.p99)} ms at 100/s, ${ms(receipts.saturated.p99)} with 64 in flight`,
  receipts.perSecond >= 3_000,
);
row(
  'offline verification of a receipt',
  '≤ 5 ms',
  `p50 ${ms(receipts.verify.p50)} ms, p99 ${ms(receipts.verify.p99)} ms`,
  receipts.verify.p50 <= 5,
);
row('deploy of a script to its first answer', '≤ 2 s', `${(deployed / 1000).toFixed(2)} s`, deployed <= 2_000);
row('gateway memory, idle', '≤ 150 MB', `${idle.toFixed(0)} MiB`, idle * 1.048576 <= 150);

console.log(`\n${machine()}\n\n${markdown(['what', 'must', 'measured', ''], rows)}`);
console.log(
  `\nEach figure: ${MS / 1000} s after a warm-up, keep-alive connections, answers other than 200: ${failures}. The limiting factor of fresh calls is kernel time: fork, copy-on-write, namespaces and exit of the sandboxed process, then the wake-ups between processes and threads.`,
);
