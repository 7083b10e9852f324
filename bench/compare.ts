import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultLimits, type Isolation } from '../packages/crank/src/core/service.ts';
import { bubblewrapArguments } from '../packages/crank/src/engines/sandbox/bubblewrap.ts';
import { createSandbox } from '../packages/crank/src/engines/sandbox/create.ts';
import { findHost } from '../packages/crank/src/engines/sandbox/host.ts';
import { startFastApi } from './fastapi/start.ts';
import { load, percentile } from './load.ts';
import { machine, markdown } from './machine.ts';
import { startNode } from './node.ts';

// `npm run bench -- compare`: one function, `a + b` over JSON, run in every way that people run such things, in one table
// of one run. What is started by hand is started as cheaply as we know: `python -S -E`, no seccomp filter, and nobody
// checks, decides, records or signs anything. The rows take turns in rounds, so that what else the machine does meets all.

const MS = Number(process.env['BENCH_MS'] ?? 2_000);
const ROUNDS = 3;
const MANY = 16;
const input = '{"a":2,"b":3}';
const ADD = 'def add(a: int, b: int) -> int:\n    return a + b\n';
const PROGRAM = 'import json,sys; a=json.load(sys.stdin); print(json.dumps(a["a"]+a["b"]))';

interface Figures {
  p50: number;
  p99: number;
  perSecond: number;
}

interface Contender {
  name: string;
  /** What stands between two calls, and between a call and the machine. */
  walls: string;
  measure(concurrency: number): Promise<Figures>;
}

/** Calls a function over and over, so many at a time. */
const over = async (run: () => Promise<void>, concurrency: number): Promise<Figures> => {
  const took: number[] = [];
  await run();
  const end = performance.now() + MS;
  const worker = async (): Promise<void> => {
    for (let start = performance.now(); start < end; ) {
      await run();
      const now = performance.now();
      took.push(now - start);
      start = now;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  took.sort((a, b) => a - b);
  return { p50: percentile(took, 0.5), p99: percentile(took, 0.99), perSecond: took.length / (MS / 1000) };
};

/** Starts a program, gives it the input and reads its answer. */
const program = (command: readonly string[], as: { uid: number; gid: number } | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), {
      env: {},
      cwd: '/',
      stdio: ['pipe', 'pipe', 'inherit'],
      ...(as ?? {}),
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) =>
      out.trim() === '5' ? resolve() : reject(new Error(`${command[0]}: ${code}: ${out}`)),
    );
    child.stdin.end(input);
  });

const folder = mkdtempSync(join(tmpdir(), 'crank-bench-compare-'));
chmodSync(folder, 0o755);
const codeDir = join(folder, 'code');
mkdirSync(codeDir, { mode: 0o755 });
writeFileSync(join(codeDir, 'add.py'), ADD, { mode: 0o644 });
const sandbox = createSandbox({ scratchDir: join(folder, 'scratch'), runtimeDir: join(folder, 'runtime') });
const interpreter = (await sandbox.interpreters()).usable[0]!.path;
const host = await findHost({});
const as = host.foreign ? host.user : undefined;
const python = [interpreter, '-S', '-E', '-c', PROGRAM];
// The sandbox has put its runtime in a folder of its own, named by content: only passwd and group of it are used here.
const runtime = join(folder, 'runtime', readdirSync(join(folder, 'runtime'))[0]!);
const bwrap = [
  host.bwrap,
  ...bubblewrapArguments({ runtime, interpreter, tmpBytes: 2 ** 28, version: host.version }),
  ...python,
];

const direct = (isolation: Isolation): Contender['measure'] => {
  const template = {
    ...{ key: isolation, account: 'bench', isolation, interpreter, codeDir, libDirs: [], entry: 'add.py' },
    limits: defaultLimits,
  };
  const call = {
    ...{ id: '', operation: 'add', input: Buffer.from(input), context: Buffer.from('{}'), files: [] },
    ...{ limits: defaultLimits, signal: new AbortController().signal },
  };
  return (concurrency) =>
    over(async () => {
      const { outcome } = await sandbox.run(template, call);
      if (outcome.type !== 'value') throw new Error(JSON.stringify(outcome));
    }, concurrency);
};

const http =
  (url: string, headers: Record<string, string>): Contender['measure'] =>
  async (concurrency) => {
    const measured = await load({ url, body: input, headers, concurrency, warmUpMs: 500, ms: MS });
    if (measured.failed > 0) throw new Error(`${url}: ${measured.failed} answers other than 200`);
    return measured;
  };

const node = await startNode();
const peer = await startFastApi();
try {
  await node.deploy('add', ADD);
  await node.deploy('warm-add', ADD, { isolation: 'warm' });
  const contenders: Contender[] = [
    {
      name: 'bubblewrap and a Python per call',
      walls: 'a new sandbox; no system call filter',
      measure: (concurrency) => over(() => program(bwrap, as), concurrency),
    },
    {
      name: 'a Python per call (subprocess)',
      walls: 'a new process; none to the machine',
      measure: (concurrency) => over(() => program(python, as), concurrency),
    },
    { name: 'Crank `fresh`, the sandbox alone', walls: 'a new process in a sandbox', measure: direct('fresh') },
    { name: 'Crank `warm`, the sandbox alone', walls: 'a sandbox', measure: direct('warm') },
    {
      name: 'FastAPI `def`, HTTP',
      walls: 'none',
      measure: http(`${peer.url}/sync/add`, {}),
    },
    { name: 'FastAPI `async def`, HTTP', walls: 'none', measure: http(`${peer.url}/async/add`, {}) },
    {
      name: 'Crank `fresh`, HTTP, policy, receipt',
      walls: 'a new process in a sandbox',
      measure: http(`${node.url}/v1/services/add/add`, node.headers),
    },
    {
      name: 'Crank `warm`, HTTP, policy, receipt',
      walls: 'a sandbox',
      measure: http(`${node.url}/v1/services/warm-add/add`, node.headers),
    },
  ];
  const measured = contenders.map((): { one: Figures[]; many: Figures[] } => ({ one: [], many: [] }));
  for (let round = 1; round <= ROUNDS; round++) {
    console.error(`round ${round} of ${ROUNDS}`);
    for (const [i, { measure }] of contenders.entries()) {
      measured[i]!.one.push(await measure(1));
      measured[i]!.many.push(await measure(MANY));
    }
  }
  const median = (figures: Figures[], of: keyof Figures): number =>
    figures.map((one) => one[of]).sort((a, b) => a - b)[figures.length >> 1]!;
  const base = median(measured[0]!.one, 'p50');
  const rows = contenders.map(({ name, walls }, i) => {
    const { one, many } = measured[i]!;
    const p50 = median(one, 'p50');
    return [
      ...[name, walls, p50.toFixed(2), median(one, 'p99').toFixed(2), `${(base / p50).toFixed(1)}x`],
      median(many, 'perSecond').toFixed(0),
    ];
  });
  const head = [
    '',
    'walls around a call',
    'p50 ms at 1',
    'p99 ms at 1',
    'to bubblewrap per call',
    `calls/s at ${MANY}`,
  ];
  console.log(`${machine()}\n\n${markdown(head, rows)}`);
  console.log(`\nEach figure is the median of ${ROUNDS} rounds of ${MS / 1000} s.`);
} finally {
  await peer.stop();
  await node.stop();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
}
