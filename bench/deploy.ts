import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { percentile } from './load.ts';
import { machine, markdown } from './machine.ts';
import { startNode } from './node.ts';

// `npm run bench -- deploy [ROUNDS]`: what a script with numpy + pandas costs until it answers. Cold means that nothing is
// on the machine but Python: uv itself and every package come from the package index. Takes about a minute.

const ROUNDS = Number(process.argv[2] ?? 3);
const CALLS = 300;
const body = '{"values":[3,1,2]}';
const script = (remark: string): string => `import numpy as np
import pandas as pd

# ${remark}
def median(values: list[float]) -> float:
    return float(pd.Series(np.array(values)).median())
`;

const timed = async <T>(work: () => Promise<T>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

const cache = mkdtempSync(join(tmpdir(), 'crank-cold-'));
const node = await startNode({ XDG_CACHE_HOME: cache, UV_CACHE_DIR: join(cache, 'uv') });
const took = { cold: 0, second: [] as number[], first: [] as number[], later: [] as number[], bare: [] as number[] };
try {
  const call = async (service = 'tables'): Promise<void> => {
    const answer = await fetch(`${node.url}/v1/services/${service}/median`, {
      method: 'POST',
      headers: { ...node.headers, 'content-type': 'application/json' },
      body,
    });
    const text = await answer.text();
    if (text !== '2.0') throw new Error(`${answer.status} ${text}`);
  };
  await node.deploy('bare', 'def median(values: list[float]) -> float:\n    return float(sorted(values)[1])\n');
  for (let round = 0; round <= ROUNDS; round++) {
    const deployed = await timed(() => node.deploy('tables', script(`version ${round}`)));
    if (round === 0) took.cold = deployed;
    else took.second.push(deployed);
    took.first.push(await timed(call));
    for (let n = 0; n < CALLS / (ROUNDS + 1); n++) {
      took.later.push(await timed(call));
      took.bare.push(await timed(() => call('bare')));
    }
  }
} finally {
  await node.stop();
  rmSync(cache, { recursive: true, force: true });
}

const at = (all: readonly number[], share: number): number =>
  percentile(
    [...all].sort((a, b) => a - b),
    share,
  );
const seconds = (value: number): string => `${(value / 1000).toFixed(2)} s`;
const verdict = (holds: boolean): string => (holds ? 'holds' : 'falls short');
const second = Math.max(...took.second);
const first = Math.max(...took.first);
const p50 = at(took.later, 0.5);
const rows = [
  ['cold deploy, numpy + pandas undeclared', '≤ 60 s', seconds(took.cold), verdict(took.cold <= 60_000)],
  [`a new version with the same lock, slowest of ${ROUNDS}`, '≤ 2 s', seconds(second), verdict(second <= 2_000)],
  [`first call after a deploy, slowest of ${ROUNDS + 1}`, '≤ 1.5 s', seconds(first), verdict(first <= 1_500)],
  [
    'later calls, `fresh`, concurrency 1',
    'p50 ≤ 8 ms',
    `p50 ${p50.toFixed(2)} ms, p99 ${at(took.later, 0.99).toFixed(2)} ms`,
    verdict(p50 <= 8),
  ],
  ['the same in turns, without imports', '', `p50 ${at(took.bare, 0.5).toFixed(2)} ms`, ''],
];
console.log(`\n${machine()}; load ${loadavg()[0]!.toFixed(1)}\n\n${markdown(['what', 'must', 'measured', ''], rows)}`);
