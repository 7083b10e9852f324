import { randomBytes } from 'node:crypto';
import { machine, markdown } from './machine.ts';
import { type BenchNode, startNode } from './node.ts';

// `node bench/workspaces.ts [gigabytes] [calls]`: what a workspace of that size costs a call, beside the same call without one;
// the cases take turns, so that whatever else the machine does meets all of them. Then how long opening it takes, and what
// that does to others' calls. The budget: 5 GB cost a call at most 20 ms.

const GIGABYTES = Number(process.argv[2] ?? 5);
const CALLS = Number(process.argv[3] ?? 200);
const PART = 100 * 1e6;
const SMALL = 200;
const BUDGET_MS = 20;

const SOURCE = `
import os
from crank_platform import crank_service

def look():
    with open("/workspaces/archive/small/7") as source:
        return len(source.read())

@crank_service
def none() -> int:
    return 1000

@crank_service(workspaces={"archive": "read"})
def read() -> int:
    return look()

@crank_service(workspaces={"archive": "write"})
def write_nothing() -> int:
    return look()

@crank_service(workspaces={"archive": "write"})
def write_one(text: str) -> int:
    with open("/workspaces/archive/small/changed", "w") as out:
        return out.write(text)
`;

const node = await startNode();
try {
  await run(node);
} finally {
  await node.stop();
}

async function run({ url, headers, deploy }: BenchNode): Promise<void> {
  const json = { ...headers, 'content-type': 'application/json' };
  const ask = async (method: string, path: string, body?: NonNullable<RequestInit['body']>, isJson = true) => {
    const type = isJson ? 'application/json' : 'application/octet-stream';
    const answer = await fetch(url + path, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const call = async (operation: string, input: object = {}): Promise<number> => {
    const start = performance.now();
    await (await ask('POST', `/v1/services/archive/${operation}`, JSON.stringify(input))).text();
    return performance.now() - start;
  };

  await ask(
    'POST',
    '/v1/workspaces',
    JSON.stringify({ name: 'archive', quotaBytes: 2 * GIGABYTES * 1e9, keepSnapshots: 2 }),
  );
  await deploy('archive', SOURCE);
  const filling = performance.now();
  for (let at = 0; at < GIGABYTES * 1e9; at += PART)
    await ask('PUT', `/v1/workspaces/archive/files/parts/${at / PART}`, randomBytes(PART), false);
  for (let i = 0; i < SMALL; i++)
    await ask('PUT', `/v1/workspaces/archive/files/small/${i}`, Buffer.alloc(1000, 120), false);
  const filled = (performance.now() - filling) / 1000;

  // It has no plain copy yet: the first call begins to open it, and is told to come again where that takes long.
  const opening = performance.now();
  let refusals = 0;
  let isOpen = false;
  const opened = (async () => {
    for (;;) {
      const answer = await fetch(`${url}/v1/services/archive/read`, { method: 'POST', headers: json, body: '{}' });
      await answer.text();
      if (answer.ok) break;
      if (answer.status !== 503) throw new Error(`opening: ${answer.status}`);
      refusals++;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    isOpen = true;
  })();
  const meanwhile: number[] = [];
  while (!isOpen) meanwhile.push(await call('none'));
  await opened;
  console.log(
    `opened in ${((performance.now() - opening) / 1000).toFixed(1)} s, ${refusals} calls told to come again; ${meanwhile.length} calls without a workspace meanwhile: p50 ${quantile(meanwhile, 0.5).toFixed(1)} ms, p99 ${quantile(meanwhile, 0.99).toFixed(1)} ms`,
  );

  const cases: [string, () => Promise<number>][] = [
    ['none', () => call('none')],
    ['read', () => call('read')],
    ['write, nothing changed', () => call('write_nothing')],
    ['write, one file changed', () => call('write_one', { text: randomBytes(500).toString('hex') })],
  ];
  for (const [, one] of cases) for (let i = 0; i < 5; i++) await one();
  const took = cases.map(() => [] as number[]);
  for (let i = 0; i < CALLS; i++) for (const [n, [, one]] of cases.entries()) took[n]!.push(await one());
  const figures = took.map((times) => ({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) }));
  const base = figures[0]!;
  console.log(
    `${GIGABYTES} GB in ${GIGABYTES * 10} files and ${SMALL} small ones, ${CALLS} calls of each case, one at a time.`,
  );
  console.log(`${machine()}\n`);
  console.log(
    markdown(
      ['workspace', 'p50 (ms)', 'p99 (ms)', 'p50 beside none', 'p99 beside none'],
      figures.map(({ p50, p99 }, i) => [
        cases[i]![0],
        p50.toFixed(1),
        p99.toFixed(1),
        ...(i === 0 ? ['', ''] : [`+${(p50 - base.p50).toFixed(1)}`, `+${(p99 - base.p99).toFixed(1)}`]),
      ]),
    ),
  );
  console.log(
    `\nfilled over HTTP in ${filled.toFixed(1)} s (${((GIGABYTES * 1000) / filled).toFixed(0)} MB/s, encrypted and synced)`,
  );
  const worst = Math.max(...figures.slice(1).map(({ p50 }) => p50 - base.p50));
  console.log(
    `budget: at most ${BUDGET_MS} ms beside none at p50: ${worst <= BUDGET_MS ? 'held' : 'MISSED'} (${worst.toFixed(1)})`,
  );
}

function quantile(times: number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}
