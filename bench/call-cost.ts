import { readdirSync, readFileSync } from 'node:fs';
import { load } from './load.ts';
import { machine, markdown } from './machine.ts';
import { startNode } from './node.ts';

// `node bench/call-cost.ts [concurrency] [fresh|warm]`: what a governed call costs, CPU time by thread of the node and wall
// time by step. NODE_OPTIONS='--cpu-prof --cpu-prof-dir=DIR' passes through to the node and gives a profile per thread.

const concurrency = Number(process.argv[2] ?? 16);
const isolation = process.argv[3] ?? 'warm';
const MS = Number(process.env['BENCH_MS'] ?? 6_000);
const WARM_UP_MS = 2_000;
const body = '{"a":2,"b":3}';
/** Ticks of proc(5) are a hundredth of a second on every Linux that Node runs on. */
const TICK_MS = 10;

/** proc(5): a name in parentheses, then the fields from the third on; utime and stime are at 11 and 12, then the children's. */
const statOf = (folder: string): { name: string; fields: string[] } => {
  const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`${folder}/stat`, 'latin1'))!;
  return { name: name!, fields: rest!.split(' ') };
};

/** CPU time of each thread so far, milliseconds, by name; threads of one name together. */
const cpuByThread = (pid: number): Map<string, number> => {
  const spent = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const { name, fields } = statOf(`/proc/${pid}/task/${thread}`);
    const ms = (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    const kind = Number(thread) === pid ? 'main' : name;
    spent.set(kind, (spent.get(kind) ?? 0) + ms);
  }
  return spent.set('(sandboxes)', cpuOfChildren(pid));
};

/** CPU time of the processes below one, those that it waited for included, milliseconds: sandboxes. */
const cpuOfChildren = (pid: number): number => {
  let ms = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    for (const child of readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean)) {
      const fields = statOf(`/proc/${child}`).fields;
      ms +=
        fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0) + cpuOfChildren(Number(child));
    }
  }
  return ms;
};

/** Wall time of each step, the mean over some calls one after the other, from their Server-Timing. */
const steps = async (url: string, headers: Record<string, string>, calls: number): Promise<Map<string, number>> => {
  const sums = new Map<string, number>();
  for (let n = 0; n < calls; n++) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
    });
    await answer.text();
    for (const entry of answer.headers.get('server-timing')!.split(', ')) {
      const [step, ms] = entry.split(';dur=');
      sums.set(step!, (sums.get(step!) ?? 0) + Number(ms) / calls);
    }
  }
  return sums;
};

const node = await startNode();
await node.deploy('cost', 'def add(a: int, b: int) -> int:\n    return a + b\n', { isolation });
const url = `${node.url}/v1/services/cost/add`;
await load({ url, body, headers: node.headers, concurrency, warmUpMs: 0, ms: WARM_UP_MS });
const before = cpuByThread(node.pid);
const measured = await load({ url, body, headers: node.headers, concurrency, warmUpMs: 0, ms: MS });
const after = cpuByThread(node.pid);
const calls = (measured.perSecond * MS) / 1000;
const alone = await steps(url, node.headers, 200);
await node.stop();

console.log(`${machine()}\n\n${isolation}, ${concurrency} connections: ${measured.perSecond.toFixed(0)}/s,`);
console.log(`p50 ${measured.p50.toFixed(2)} ms, p99 ${measured.p99.toFixed(2)} ms, ${measured.failed} not 200\n`);
const perCall = [...after]
  .map(([name, ms]): [string, number] => [name, (ms - (before.get(name) ?? 0)) / calls])
  .filter(([, ms]) => ms >= 0.001)
  .sort(([, a], [, b]) => b - a);
perCall.push(['(load generator)', measured.cpuMs / calls]);
perCall.push(['sum', perCall.reduce((sum, [, ms]) => sum + ms, 0)]);
console.log(
  markdown(
    ['thread of the node', 'CPU ms per call'],
    perCall.map(([name, ms]) => [name, ms.toFixed(3)]),
  ),
);
console.log(
  `\n${markdown(
    ['step, one call at a time', 'wall ms'],
    [...alone].map(([step, ms]) => [step, ms.toFixed(3)]),
  )}`,
);
