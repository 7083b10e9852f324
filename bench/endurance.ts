import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Random, seeded } from './http-fuzz/random.ts';
import { leftBy } from './left.ts';
import { machine, markdown } from './machine.ts';
import { faultList, faultOf } from './mixed/judge.ts';
import { calmCalls } from './mixed/kinds.ts';
import { sender } from './mixed/send.ts';
import { deployMixed } from './mixed/services.ts';
import { startNode } from './node.ts';
import { descendants } from './processes.ts';

// `npm run bench -- endurance [CALLS] [SEED]`: a day's calls (200,000) of mixed services and two accounts, one after the
// other as fast as the machine takes them. Memory and descriptors of the node and of its sandboxes must stay as they were
// after the first part, every answer must be right, and nothing may be left. Exit code 1 where that did not hold.

/** What the node and its sandboxes hold, while no call runs. */
export interface Held {
  calls: number;
  /** Resident memory of the node, MiB. */
  nodeMiB: number;
  /** Proportional memory of all its sandboxes (proc(5): Pss), MiB. */
  sandboxMiB: number;
  processes: number;
  nodeFiles: number;
  sandboxFiles: number;
  /** Of the one process in its sandboxes that has most: how many processes there are follows demand. */
  mostFiles: number;
}

export interface EnduranceReport {
  calls: number;
  seconds: number;
  /** The first is after the warm-up. */
  held: Held[];
  /** What must not be: one line each. */
  faults: string[];
}

export interface EnduranceOptions {
  calls: number;
  seed?: number;
  concurrency?: number;
  /** How often is looked. */
  parts?: number;
  /** Share of the calls after which all has been seen once: caches, compiled code, heaps. */
  warmUp?: number;
  /** By how much memory may grow after it. */
  growth?: number;
  onProgress?: (text: string) => void;
}

const PATIENCE_MS = 60_000;
/** Descriptors come and go with connections and files; a leak of one in a thousand calls would be hundreds. */
const FILES = 24;
/** Slots come and go with demand; processes that stay behind would be one for each call, or for each failed one. */
const PROCESSES = 48;
const MIB = 1024;

const numberIn = (path: string, pattern: RegExp): number => {
  try {
    return Number(pattern.exec(readFileSync(path, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
};

const filesOf = (pid: number): number => {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0; // it has ended, or is not ours to look into
  }
};

const look = (pid: number, calls: number): Held => {
  const inside = descendants(pid);
  const sum = (of: (pid: number) => number): number => inside.reduce((total, one) => total + of(one.pid), 0);
  return {
    calls,
    nodeMiB: numberIn(`/proc/${pid}/status`, /VmRSS:\s+(\d+)/) / MIB,
    sandboxMiB: sum((one) => numberIn(`/proc/${one}/smaps_rollup`, /\nPss:\s+(\d+)/)) / MIB,
    processes: inside.length,
    nodeFiles: filesOf(pid),
    sandboxFiles: sum(filesOf),
    mostFiles: Math.max(0, ...inside.map((one) => filesOf(one.pid))),
  };
};

/** The lowest of a few looks: collectors, and slots that are being made, come between. */
const lowest = async (pid: number, calls: number): Promise<Held> => {
  const seen: Held[] = [];
  for (let n = 0; n < 4; n++) {
    await sleep(500);
    seen.push(look(pid, calls));
  }
  const least = (of: (held: Held) => number): number => Math.min(...seen.map(of));
  return {
    calls,
    nodeMiB: least((held) => held.nodeMiB),
    sandboxMiB: least((held) => held.sandboxMiB),
    processes: least((held) => held.processes),
    nodeFiles: least((held) => held.nodeFiles),
    sandboxFiles: least((held) => held.sandboxFiles),
    mostFiles: least((held) => held.mostFiles),
  };
};

export const endurance = async ({
  calls,
  seed = 1,
  concurrency = 8,
  parts = 10,
  warmUp = 0.2,
  growth = 0.1,
  onProgress,
}: EnduranceOptions): Promise<EnduranceReport> => {
  const random: Random = seeded(seed);
  const node = await startNode();
  const client = sender(node.url, PATIENCE_MS);
  const report: EnduranceReport = { calls: 0, seconds: 0, held: [], faults: [] };
  const fault = faultList(report.faults);
  try {
    const accounts = [node.headers, await node.account('second')];
    for (const as of accounts) await deployMixed(node, as, '', '30s'); // a busy machine is no fault
    const until = async (total: number): Promise<void> => {
      const worker = async (): Promise<void> => {
        while (report.calls < total && node.alive()) {
          report.calls += 1;
          const call = random.pick(calmCalls)(random);
          const answer = await client.send(call, random.pick(accounts));
          if (!answer.whole || !call.right(answer.status, answer.body)) {
            const wrong = `${call.kind}: ${faultOf(answer, new Set()) ?? 'a wrong answer'}`;
            fault(wrong);
            onProgress?.(`after ${report.calls} calls: ${wrong}`);
          }
        }
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
    };
    const start = performance.now();
    for (let part = 0; part <= parts && node.alive(); part++) {
      await until(Math.round(calls * (warmUp + ((1 - warmUp) * part) / parts)));
      const held = await lowest(node.pid, report.calls);
      report.held.push(held);
      onProgress?.(
        `${report.calls} calls, node ${held.nodeMiB.toFixed(0)} MiB and ${held.nodeFiles} files, sandboxes ${held.sandboxMiB.toFixed(0)} MiB, ${report.faults.length} faults`,
      );
    }
    report.seconds = (performance.now() - start) / 1000;
    for (const line of grown(report.held, growth)) fault(line);
    const known = descendants(node.pid);
    const code = await node.end();
    if (code !== 0) fault(`the node ended with ${code}: ${node.said().slice(-2000)}`);
    if (node.said().includes('"level":50')) fault(`the node logged an error: ${node.said().slice(-500)}`);
    for (const line of leftBy(node, known)) fault(`left: ${line}`);
    return report;
  } finally {
    client.close();
    await node.stop();
  }
};

/** The last look against the first. */
const grown = (held: readonly Held[], growth: number): string[] => {
  const [first, last] = [held[0], held.at(-1)];
  if (first === undefined || last === undefined) return ['nothing was measured'];
  const wrong: string[] = [];
  for (const name of ['nodeMiB', 'sandboxMiB'] as const) {
    if (last[name] > first[name] * (1 + growth))
      wrong.push(`${name} grew from ${first[name].toFixed(1)} to ${last[name].toFixed(1)}`);
  }
  const room = { nodeFiles: FILES, mostFiles: FILES, processes: PROCESSES };
  for (const name of ['nodeFiles', 'mostFiles', 'processes'] as const) {
    if (last[name] > first[name] + room[name]) wrong.push(`${name} grew from ${first[name]} to ${last[name]}`);
  }
  return wrong;
};

if (import.meta.main) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const [calls = '200000', seed = '1'] = process.argv.slice(2);
  console.error(machine());
  const report = await endurance({ calls: Number(calls), seed: Number(seed), onProgress: console.error });
  const rows = report.held.map((held) => [
    held.calls.toString(),
    held.nodeMiB.toFixed(1),
    held.nodeFiles.toString(),
    held.sandboxMiB.toFixed(1),
    held.sandboxFiles.toString(),
    held.mostFiles.toString(),
    held.processes.toString(),
  ]);
  const head = [
    'calls',
    'node MiB',
    'its descriptors',
    'sandboxes MiB',
    'their descriptors',
    'of one at most',
    'their processes',
  ];
  console.log(`${machine()}\n\n${markdown(head, rows)}\n`);
  console.log(
    `${report.calls} calls in ${report.seconds.toFixed(0)} s, ${(report.calls / report.seconds).toFixed(0)}/s; ${report.faults.length} faults`,
  );
  for (const line of report.faults) console.error(line);
  process.exit(report.faults.length === 0 ? 0 : 1);
}
