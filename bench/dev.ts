import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { percentile } from './load.ts';
import { machine, markdown } from './machine.ts';
import { startNode } from './node.ts';

// `npm run bench -- dev [ROUNDS]`: from a script's save to the first answer of what was saved, under `crank dev`; and where
// the time goes. The script has no dependencies beyond the standard library.

const ROUNDS = Number(process.argv[2] ?? 20);
const CRANK = fileURLToPath(new URL('../packages/crank/bin/crank', import.meta.url));
const script = (round: number): string => `import json, re, datetime

def which(text: str = "a b") -> list[int]:
    """Says which."""
    return [${round}, len(re.findall(r"\\w+", text))]
`;

const folder = mkdtempSync(join(tmpdir(), 'crank-dev-'));
const path = join(folder, 'tool.py');
const node = await startNode();
const key = readFileSync(join(node.data, 'owner.key'), 'utf8').trim();
writeFileSync(path, script(0));
const dev = spawn(CRANK, ['dev', path, '--json'], {
  env: { ...process.env, CRANK_URL: node.url, CRANK_KEY: key },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const events: { event: string; ms?: number }[] = [];
let rest = '';
dev.stdout.on('data', (chunk: Buffer) => {
  const lines = (rest + chunk.toString()).split('\n');
  rest = lines.pop()!;
  for (const line of lines) events.push(JSON.parse(line) as { event: string; ms?: number });
});
const deployments = (): { ms?: number }[] => events.filter(({ event }) => event === 'deployed');
const deployed = async (count: number): Promise<void> => {
  for (const until = Date.now() + 60_000; deployments().length < count; await wait(1))
    if (Date.now() > until || dev.exitCode !== null) throw new Error(`deployment ${count} does not come`);
};

const took = { answered: [] as number[], served: [] as number[], call: [] as number[] };
try {
  await deployed(1);
  for (let round = 1; round <= ROUNDS; round++) {
    await wait(1_500); // as somebody who thinks before the next save
    writeFileSync(join(folder, 'new'), script(round));
    const saved = performance.now();
    renameSync(join(folder, 'new'), path);
    await deployed(round + 1);
    const served = performance.now();
    const answer = await fetch(`${node.url}/v1/services/tool/which?version=dev`, {
      method: 'POST',
      headers: { ...node.headers, 'content-type': 'application/json' },
      body: '{}',
    });
    const text = await answer.text();
    if (text !== `[${round},2]` && text !== `[${round}, 2]`) throw new Error(`${answer.status} ${text}`);
    took.answered.push(performance.now() - saved);
    took.call.push(performance.now() - served);
    took.served.push(deployments().at(-1)!.ms!);
  }
} finally {
  dev.kill('SIGINT');
  await node.stop();
  rmSync(folder, { recursive: true, force: true });
}

const at = (all: readonly number[], share: number): string =>
  `${percentile(
    [...all].sort((a, b) => a - b),
    share,
  ).toFixed(0)} ms`;
const row = (what: string, all: readonly number[], must: string): string[] => [what, must, at(all, 0.5), at(all, 1)];
console.log(
  `\n${machine()}; load ${loadavg()[0]!.toFixed(1)}; ${ROUNDS} saves\n\n${markdown(
    ['what', 'must', 'median', 'slowest'],
    [
      row('save to the first answer of what was saved', took.answered, '≤ 300 ms'),
      row('of it from the first event of the file system to served', took.served, ''),
      row('of it the first call', took.call, ''),
    ],
  )}`,
);
