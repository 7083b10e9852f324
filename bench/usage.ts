import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '../packages/crank/src/platform/platform.ts';
import { reportUsage, type UsageQuestion } from '../packages/crank/src/platform/usage/usage.ts';
import { exportFocus } from '../packages/crank/src/platform/usage/usage-export.ts';
import { openSqliteCommitter } from '../packages/crank/src/store/commit-sqlite.ts';
import type { CommitGroup } from '../packages/crank/src/store/committer.ts';
import { openStore } from '../packages/crank/src/store/store.ts';
import { sumLog } from '../packages/crank/src/store/sum-usage.ts';
import { machine, markdown } from './machine.ts';

// `npm run bench -- usage [CALLS] [FILE]`: usage of so many calls (a million) over two months by two nodes: how long adding
// them up and reporting takes, and whether totals are what the calls' own rows say. FILE gets the export in FOCUS.

const CALLS = Number(process.argv[2] ?? 1_000_000);
const GROUP = 500;
const LOGS = ['bench.local/one', 'bench.local/two'];
const START = Date.UTC(2026, 9, 1);
const SPAN = 61 * 24 * 3_600_000;

/** The same numbers each time (mulberry32). */
let seed = 1;
const random = (below: number): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
};

const folder = mkdtempSync(join(tmpdir(), 'crank-bench-usage-'));
const file = join(folder, 'crank.db');
const store = await openStore({ sqlite: file });
const committer = openSqliteCommitter(file);

/** `n`th call, somewhere in the two months; in the order of time, so that months and days roll over within groups. */
const add = (group: CommitGroup, log: string, idx: number, n: number): void => {
  const id = `call_${String(n).padStart(26, '0')}`;
  const service = random(10);
  const finished_at = START + Math.floor((n / CALLS) * SPAN);
  const cpu_ns = 500_000 + random(20_000_000);
  group.log_entries.push({ log, idx, entry: new Uint8Array(32) });
  group.receipts.push({
    ...{ id, account: 'acme', principal: 'x', kind: 'call', envelope: new Uint8Array(0), openings: null },
    ...{ subject: null, log, idx, created_at: finished_at },
  });
  group.calls.push({
    ...{ id, account: 'acme', principal: `key_${random(20)}`, service: `service-${service}` },
    ...{ version: `sha256:${String(service * 2 + random(2)).padStart(64, '0')}`, operation: `run-${random(3)}` },
    ...{ received_at: finished_at - 3, finished_at, outcome: random(50) === 0 ? 'timeout' : 'ok', problem: null },
    ...{ stdout: '', stderr: '', truncated_bytes: 0, tags: random(2) === 0 ? null : `team=${random(6)}`, payer: null },
  });
  group.usage.push({
    ...{ call: id, cpu_ns, cpu_source: 'bench', wall_ns: 2 * cpu_ns, peak_memory_bytes: 10_000_000 + random(1e8) },
    ...{
      joules: cpu_ns * 4e-9,
      energy_grade: 'D',
      energy_uncertainty: 'factor 2',
      energy_source: 'bench',
      grams: cpu_ns * 5e-16,
    },
    ...{ grid_grams_per_kwh: 472.94, grid_source: 'bench' },
  });
  for (const [kind, pico_usd] of [
    ['call', 10_000_000],
    ['cpu', Math.round(cpu_ns * 0.0125)],
    ['energy', random(10_000)],
    ['carbon', random(10_000)],
  ] as const)
    group.charges.push({ call: id, kind, pico_usd, quantity: null });
};

const sizes = LOGS.map(() => 0);
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
let turn = 0;
/** Commits calls from one number up to another. @param sums whether each group is added to usage in its own commit @returns CPU of the commits, µs a call */
const write = (from: number, to: number, sums: boolean): number => {
  let took = 0;
  for (let n = from; n < to; turn++) {
    const group = next(n, Math.min(to, n + GROUP));
    n += group.calls.length;
    group.sums = sums;
    const before = cpu();
    if (committer.commit(group) !== sums) throw new Error('a group was not added up as it was to be');
    took += cpu() - before;
  }
  return took / (to - from);
};
const next = (from: number, to: number): CommitGroup => {
  const at = turn % LOGS.length;
  const log = LOGS[at]!;
  const previousSize = sizes[at]!;
  const group: CommitGroup = {
    ...{ calls: [], usage: [], charges: [], egress: [], kept: [], idempotency: [], queries: [] },
    ...{ receipts: [], log_entries: [], previousSize },
    log: { id: log, size: previousSize, frontier: new Uint8Array(0), checkpoint: '' },
  };
  for (let n = from; n < to; n++) add(group, log, group.log.size++, n);
  sizes[at] = group.log.size;
  return group;
};

const half = Math.floor(CALLS / 2);
console.error(`${half} calls are written, and added up from their rows`);
const plain = write(0, half, false);
const before = cpu();
for (const log of LOGS) while ((await sumLog(store, log, 250)) > 0);
const derived = (cpu() - before) / half;
console.error('the others are added up in their commits');
const within = write(half, CALLS, true) - plain;
committer.close();

// What reports ask of a platform, for an owner of the account.
const platform = {
  store,
  node: LOGS[0],
  identity: {
    authenticate: async () => ({ id: 'key_0', name: 'bench', kind: 'user', account: 'acme', role: 'owner' }),
  },
  rate: { take: () => true },
  policy: { authorise: async () => ({ allow: true }) },
} as unknown as Platform;
const rows: string[][] = [];
const period = { from: '2026-10-01', to: '2026-12-01' };
const timed = async (what: string, run: () => Promise<string>): Promise<void> => {
  const start = performance.now();
  const found = await run();
  rows.push([what, `${(performance.now() - start).toFixed(0)} ms`, found]);
};
const report = (question: Partial<UsageQuestion>) => async (): Promise<string> => {
  let items = 0;
  for (let cursor: string | undefined, more = true; more; ) {
    const page = await reportUsage(platform, undefined, {
      ...{ by: ['service'], grain: undefined, side: 'caller', ...period },
      ...question,
      cursor,
    });
    items += page.usage.length;
    cursor = page.cursor ?? undefined;
    more = cursor !== undefined;
  }
  return `${items} lines`;
};
await timed('by service', report({}));
await timed(
  'by principal, service, operation and outcome',
  report({ by: ['principal', 'service', 'operation', 'outcome'] }),
);
await timed('by tag and month, Europe/Berlin', report({ by: ['tag'], grain: 'month', zone: 'Europe/Berlin' }));
await timed('by service and day, Asia/Kolkata', report({ grain: 'day', zone: 'Asia/Kolkata' }));
await timed('by hour, one day', report({ by: ['principal'], grain: 'hour', from: '2026-11-10', to: '2026-11-11' }));
if (process.argv[3] !== undefined)
  await timed('export in FOCUS, all of it', async () => {
    let text = '';
    for await (const part of exportFocus(platform, undefined, { by: [], grain: undefined, side: 'caller', ...period }))
      text += part;
    if (process.argv[3] !== undefined) writeFileSync(process.argv[3], text);
    return `${text.split('\r\n').length - 2} lines`;
  });

const { total } = await reportUsage(platform, undefined, { by: [], grain: undefined, side: 'caller', ...period });
const charged = await store.db
  .selectFrom('charges')
  .select((e) => e.cast<string>(e.fn.sum('pico_usd'), 'text').as('pico'))
  .executeTakeFirstOrThrow();
const [whole, fraction = ''] = total!.usd.split('.');
const pico = BigInt(whole! + fraction.padEnd(12, '0'));
const slots = await store.db
  .selectFrom('usage_slots')
  .select((e) => e.fn.countAll().as('n'))
  .executeTakeFirstOrThrow();
console.log(`\n${machine()}\n\n${markdown(['report', 'took', ''], rows)}`);
console.log(
  `\n${total!.calls} calls, ${total!.usd} USD; the calls' own charges sum up to ${pico === BigInt(charged.pico) ? 'the same' : `${charged.pico} picodollars: NOT THE SAME`}.`,
);
console.log(
  `Adding them up took ${derived.toFixed(1)} µs of CPU a call from their rows, ${within.toFixed(1)} µs in their commits of ${GROUP} (${plain.toFixed(1)} µs without); they are ${slots.n} rows of quarters now, and the database has ${(statSync(file).size / CALLS).toFixed(0)} bytes a call.`,
);
await store.close();
rmSync(folder, { recursive: true, force: true });
if (pico !== BigInt(charged.pico) || total!.calls !== CALLS) process.exitCode = 1;
