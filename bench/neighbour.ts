import { load, type Measured } from './load.ts';
import { machine, markdown } from './machine.ts';
import { startNode } from './node.ts';

// `npm run bench -- neighbour [CONNECTIONS]`: what one account's noise costs another. A quiet account calls its service
// over one connection, first alone, then while another account calls its own over twenty. The rounds take turns, so that
// what else the machine does meets both. As root, control groups share CPU between accounts; run it as an ordinary user
// too (`sh tools/as-user npm run bench -- neighbour`).

const MS = Number(process.env['BENCH_MS'] ?? 6_000);
const ROUNDS = 3;
const MOST = 3;
const body = '{"a":2,"b":3}';
const ADD = 'def add(a: int, b: int) -> int:\n    return a + b\n';
const BUSY = `import time

def add(a: int, b: int) -> int:
    end = time.process_time() + 0.02
    while time.process_time() < end:
        pass
    return a + b
`;

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

const connections = Number(process.argv[2] ?? 20);
console.error(machine());
const node = await startNode();
const noisy = await node.account('noisy');
await node.deploy('quiet', ADD);
await node.deploy('short', ADD, undefined, noisy);
await node.deploy('long', BUSY, undefined, noisy);

const quietly = (): Promise<Measured> =>
  load({
    url: `${node.url}/v1/services/quiet/add`,
    headers: node.headers,
    ...{ body, concurrency: 1, warmUpMs: 1_000, ms: MS },
  });
const loudly = (service: string): Promise<Measured> =>
  load({
    url: `${node.url}/v1/services/${service}/add`,
    headers: noisy,
    // Longer than the quiet one on both sides.
    ...{ body, concurrency: connections, warmUpMs: 500, ms: MS + 1_500 },
  });

const alone: Measured[] = [];
const beside: Record<string, { quiet: Measured; noise: Measured }[]> = { short: [], long: [] };
for (let round = 1; round <= ROUNDS; round++) {
  console.error(`round ${round} of ${ROUNDS}`);
  alone.push(await quietly());
  for (const [service, measured] of Object.entries(beside)) {
    const noise = loudly(service);
    measured.push({ quiet: await quietly(), noise: await noise });
  }
}
await node.stop();

const row = (what: string, runs: Measured[], noise?: Measured[]): string[] => {
  const base = median(alone.map(({ p99 }) => p99));
  const p99 = median(runs.map((run) => run.p99));
  return [
    what,
    median(runs.map(({ p50 }) => p50)).toFixed(2),
    p99.toFixed(2),
    `${(p99 / base).toFixed(1)}x`,
    median(runs.map(({ perSecond }) => perSecond)).toFixed(0),
    noise === undefined ? '' : median(noise.map(({ perSecond }) => perSecond)).toFixed(0),
    String([...runs, ...(noise ?? [])].reduce((sum, { failed }) => sum + failed, 0)),
  ];
};
const name = { short: 'calls of a millisecond', long: 'calls of 20 ms of CPU' } as Record<string, string>;
console.log(
  `${machine()}; ${process.getuid?.() === 0 ? 'as root' : 'as an ordinary user'}; the p99 beside ${connections} noisy connections must be at most ${MOST}x\n\n${markdown(
    ['the quiet account', 'p50 ms', 'p99 ms', 'p99 to alone', 'its calls/s', "the noise's calls/s", 'not 200'],
    [
      row('alone', alone),
      ...Object.entries(beside).map(([service, runs]) =>
        row(
          `beside ${name[service]}`,
          runs.map(({ quiet }) => quiet),
          runs.map(({ noise }) => noise),
        ),
      ),
    ],
  )}`,
);
