import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Random, seeded } from './http-fuzz/random.ts';
import { leftBy } from './left.ts';
import { percentile } from './load.ts';
import { machine, markdown } from './machine.ts';
import { codeOf, faultList, faultOf } from './mixed/judge.ts';
import { interruptedCalls } from './mixed/kinds.ts';
import { verifyAll } from './mixed/receipts.ts';
import { type Answered, type Sender, sender } from './mixed/send.ts';
import { deployMixed } from './mixed/services.ts';
import { type BenchNode, startNode } from './node.ts';
import { descendants, type Process } from './processes.ts';

// `npm run bench -- chaos [KILLS] [SEED]`: processes of the sandboxes are killed, broken and stopped at random under load
// of mixed services. Every call must get its answer or a clear error within its deadline, every receipt must verify,
// and nothing may be left. Exit code 1 where that did not hold.

export interface ChaosReport {
  calls: number;
  /** By what was hit and how. */
  kills: Record<string, number>;
  /** By kind of call, then `right` or the error's code. */
  outcomes: Record<string, Record<string, number>>;
  receipts: number;
  /** Milliseconds. */
  p99: number;
  longest: number;
  /** What must not be: one line each. */
  faults: string[];
}

export interface ChaosOptions {
  kills: number;
  seed?: number;
  concurrency?: number;
  /** Milliseconds between two kills, on average. */
  pauseMs?: number;
  /** Milliseconds beyond its deadline after which an answer is late. */
  graceMs?: number;
  onProgress?: (text: string) => void;
}

const DEADLINE_MS = 6_000;
/** Ending a process that does not obey takes the platform up to a second, and this machine may be busy. */
const GRACE_MS = 2_500;
const RECOVERY_MS = 60_000;
/** By depth below the node. */
const LAYERS = ['node', 'bubblewrap', 'init', 'zygote', 'slot or warm process', 'call'];
/** How often each layer is hit, in the same order. */
const WEIGHTS = [0, 1, 1, 3, 5, 8, 2];
const SIGNALS = ['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGSEGV', 'SIGSTOP'] as const;
/** What may become of a call whose process is killed. */
const CLEAR = new Set(['crashed', 'overloaded', 'timeout']);

export const chaos = async ({
  kills,
  seed = 1,
  concurrency = 12,
  pauseMs = 100,
  graceMs = GRACE_MS,
  onProgress,
}: ChaosOptions) => {
  const random = seeded(seed);
  const node = await startNode();
  const client = sender(node.url, DEADLINE_MS + 30_000);
  const report: ChaosReport = { calls: 0, kills: {}, outcomes: {}, receipts: 0, p99: 0, longest: 0, faults: [] };
  const fault = faultList(report.faults);
  const known = new Map<string, Process>();
  try {
    await deployMixed(node);
    const receipts = new Map<string, Buffer | undefined>();
    const took: number[] = [];
    let running = true;
    const worker = async (): Promise<void> => {
      while (running && node.alive()) {
        const call = random.pick(interruptedCalls)(random);
        const answer = await client.send(call, { ...node.headers, 'crank-deadline': `${DEADLINE_MS}ms` });
        report.calls += 1;
        took.push(answer.ms);
        const right = answer.whole && call.right(answer.status, answer.body);
        const outcome = right ? 'right' : (codeOf(answer) ?? 'no code');
        tally(report.outcomes, call.kind, outcome);
        const excused = call.service === 'family' && outcome === 'script-error'; // it saw its subprocess die
        const wrong = right || excused ? undefined : faultOf(answer, CLEAR);
        if (wrong !== undefined) fault(`${call.kind}: ${wrong}`);
        if (answer.ms > DEADLINE_MS + graceMs)
          fault(`${call.kind}: ${outcome} after ${Math.round(answer.ms)} ms where ${DEADLINE_MS} were allowed`);
        keepReceipt(answer, receipts);
      }
    };
    const workers = Array.from({ length: concurrency }, worker);
    for (let done = 0; done < kills && node.alive(); ) {
      await sleep(random.below(2 * pauseMs));
      const hit = strike(node.pid, random, known);
      if (hit === undefined) continue;
      report.kills[hit] = (report.kills[hit] ?? 0) + 1;
      done += 1;
      if (done % 50 === 0) onProgress?.(`${done} kills, ${report.calls} calls, ${report.faults.length} faults`);
    }
    running = false;
    await Promise.all(workers);
    onProgress?.('does it recover, and do the receipts verify?');
    report.receipts = receipts.size;
    if (node.alive()) {
      await recover(node, client, random, fault);
      for (const line of unaccounted(node)) fault(line);
      for (const line of await verifyAll(node, client, receipts)) fault(line);
    }
    took.sort((a, b) => a - b);
    report.p99 = percentile(took, 0.99);
    report.longest = took.at(-1) ?? 0;
    for (const one of descendants(node.pid)) known.set(`${one.pid} ${one.started}`, one);
    const code = await node.end();
    if (code !== 0) fault(`the node ended with ${code}: ${node.said().slice(-3000)}`);
    if (node.said().includes('"level":50')) fault(`the node logged an error: ${node.said().slice(-500)}`);
    for (const line of leftBy(node, known.values())) fault(`left: ${line}`);
    return report;
  } finally {
    client.close();
    await node.stop();
  }
};

/** Sends a signal to a process of some sandbox. @returns what it hit, `undefined` where there was nothing */
const strike = (root: number, random: Random, known: Map<string, Process>): string | undefined => {
  const all = descendants(root);
  for (const one of all) known.set(`${one.pid} ${one.started}`, one);
  const layers = WEIGHTS.flatMap((weight, depth) => Array<number>(weight).fill(depth));
  const depth = random.pick(layers);
  const there = all.filter((one) => Math.min(one.depth, WEIGHTS.length - 1) === depth);
  if (there.length === 0) return undefined;
  const signal = random.pick(SIGNALS);
  try {
    process.kill(random.pick(there).pid, signal);
  } catch {
    return undefined; // it has just ended
  }
  return `${LAYERS[depth] ?? 'subprocess'} ${signal}`;
};

const tally = (table: ChaosReport['outcomes'], kind: string, outcome: string): void => {
  const row = table[kind] ?? {};
  row[outcome] = (row[outcome] ?? 0) + 1;
  table[kind] = row;
};

const keepReceipt = ({ headers, status, body }: Answered, receipts: Map<string, Buffer | undefined>): void => {
  const path = headers['crank-receipt'];
  // What a receipt commits to of a file or a stream is not all of the body.
  if (typeof path === 'string')
    receipts.set(path, status === 200 && headers['content-type'] === 'application/json' ? body : undefined);
};

/** Every service answers rightly again, within the pause that a crash loop is given. */
const recover = async (node: BenchNode, client: Sender, random: Random, fault: (what: string) => void) => {
  const until = performance.now() + RECOVERY_MS;
  for (const make of interruptedCalls) {
    for (;;) {
      const call = make(random);
      const answer = await client.send(call, node.headers);
      if (call.right(answer.status, answer.body)) break;
      if (performance.now() > until) {
        fault(`${call.kind}: does not recover: ${answer.status} ${answer.body.toString().slice(0, 300)}`);
        break;
      }
      await sleep(100);
    }
  }
};

/** While it is idle: no folder of inputs but those of the sandboxes that run, and no result that nobody took. */
const unaccounted = ({ pid, data }: BenchNode): string[] => {
  const scratch = join(data, 'scratch');
  const sandboxes = descendants(pid).filter(({ depth }) => depth === 1).length;
  const left: string[] = [];
  for (const name of readdirSync(scratch)) {
    if (!name.startsWith('node-')) left.push(`an upload is left: ${name}`);
    else {
      const inputs = readdirSync(join(scratch, name, 'calls')).length;
      if (inputs > sandboxes) left.push(`${inputs} folders of inputs for ${sandboxes} sandboxes`);
      for (const result of readdirSync(join(scratch, name, 'out'))) left.push(`a result is left: ${result}`);
    }
  }
  return left;
};

if (import.meta.main) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const [kills = '1000', seed = '1'] = process.argv.slice(2);
  console.error(machine());
  const start = performance.now();
  const report = await chaos({ kills: Number(kills), seed: Number(seed), onProgress: console.error });
  const codes = [...new Set(Object.values(report.outcomes).flatMap(Object.keys))].sort().reverse();
  const rows = Object.entries(report.outcomes).map(([kind, outcomes]) => [
    kind,
    ...codes.map((code) => String(outcomes[code] ?? 0)),
  ]);
  console.log(`${machine()}\n\n${markdown(['call', ...codes], rows)}\n`);
  console.log(
    markdown(
      ['hit', 'times'],
      Object.entries(report.kills)
        .sort()
        .map(([hit, n]) => [hit, String(n)]),
    ),
  );
  console.log(
    `\n${report.calls} calls in ${((performance.now() - start) / 1000).toFixed(0)} s, p99 ${report.p99.toFixed(0)} ms, longest ${report.longest.toFixed(0)} ms (deadline ${DEADLINE_MS} ms); ${report.receipts} receipts verified; ${report.faults.length} faults`,
  );
  for (const line of report.faults) console.error(line);
  process.exit(report.faults.length === 0 ? 0 : 1);
}
