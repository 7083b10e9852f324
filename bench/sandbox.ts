/**
 * What a sandboxed call costs without anything around it: `node bench/sandbox.ts [SECONDS]`.
 * The fork floor (plain Python: fork, JSON round trip over a pipe, exit, wait) runs in turn with the rest, so that the
 * ratio means something on a busy machine too.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { defaultLimits, type Isolation } from '../packages/crank/src/core/service.ts';
import { createSandbox } from '../packages/crank/src/engines/sandbox/create.ts';

const seconds = Number(process.argv[2] ?? 3);
const root = mkdtempSync(join(tmpdir(), 'crank-bench-'));
chmodSync(root, 0o755);
const codeDir = join(root, 'code');
mkdirSync(codeDir, { mode: 0o755 });
writeFileSync(join(codeDir, 'trivial.py'), 'def add(a: int, b: int) -> int:\n    return a + b\n');

const sandbox = createSandbox({ scratchDir: join(root, 'scratch'), runtimeDir: join(root, 'runtime') });
const { usable } = await sandbox.interpreters();
const interpreter = usable[0]!.path;
const signal = new AbortController().signal;
const input = Buffer.from('{"a":1,"b":2}');
const context = Buffer.from('{}');

const quantile = (sorted: readonly number[], q: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN).toFixed(2);

const rows: string[][] = [['what', 'concurrency', 'p50 ms', 'p99 ms', 'calls/s', 'CPU ms/call', 'and of the host']];
const report = (
  what: string,
  concurrency: number,
  times: number[],
  elapsed: number,
  cpuNs: number,
  hostUs = Number.NaN,
): void => {
  const sorted = times.sort((a, b) => a - b);
  const rate = Math.round((times.length / elapsed) * 1000).toString();
  const cpu = Number.isNaN(cpuNs) ? '-' : (cpuNs / times.length / 1e6).toFixed(2);
  const host = Number.isNaN(hostUs) ? '-' : (hostUs / times.length / 1e3).toFixed(2);
  rows.push([what, String(concurrency), quantile(sorted, 0.5), quantile(sorted, 0.99), rate, cpu, host]);
};

const forkFloor = (workers: number): void => {
  const code = `
import json, os, sys, time
def one():
    start = time.perf_counter()
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        given = json.loads('{"a":1,"b":2}')
        os.write(w, json.dumps(given["a"] + given["b"]).encode())
        os._exit(0)
    os.close(w)
    os.read(r, 100)
    os.close(r)
    os.waitpid(pid, 0)
    return (time.perf_counter() - start) * 1000
import gc; gc.collect(); gc.freeze(); gc.disable()
end = time.perf_counter() + ${seconds}
times = []
for _ in range(${workers - 1}):
    if os.fork() == 0: break
while time.perf_counter() < end: times.append(one())
sys.stdout.write(" ".join("%.4f" % t for t in times) + " ")
`;
  const times = execFileSync(interpreter, ['-S', '-c', code], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  report('fork floor', workers, times.trim().split(' ').map(Number), seconds * 1000, Number.NaN);
};

const calls = async (isolation: Isolation, concurrency: number): Promise<void> => {
  const template = {
    ...{
      key: isolation,
      account: 'bench',
      isolation,
      interpreter,
      codeDir,
      libDirs: [],
      entry: 'trivial.py',
      limits: defaultLimits,
    },
  };
  const call = { id: '', operation: 'add', input, context, files: [], limits: defaultLimits, signal };
  for (let i = 0; i < 200; i++) await sandbox.run(template, call);
  const times: number[] = [];
  let cpuNs = 0;
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const end = start + seconds * 1000;
  const client = async (): Promise<void> => {
    for (let before = performance.now(); before < end; ) {
      const { outcome, usage } = await sandbox.run(template, call);
      if (outcome.type !== 'value') throw new Error(JSON.stringify(outcome));
      const after = performance.now();
      times.push(after - before);
      cpuNs += usage.cpuNs;
      before = after;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  const { user, system } = process.cpuUsage(cpuBefore);
  report(isolation, concurrency, times, performance.now() - start, cpuNs, user + system);
};

try {
  for (const concurrency of [1, 4, 16]) {
    forkFloor(Math.min(concurrency, availableParallelism()));
    await calls('fresh', concurrency);
    await calls('warm', concurrency);
  }
} finally {
  await sandbox.close();
  rmSync(root, { recursive: true, force: true });
}

const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
for (const row of rows)
  console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '));
console.log(
  `${availableParallelism()} CPUs (${cpus()[0]?.model.trim()}), load before and during ${loadavg()[0]!.toFixed(1)}`,
);
