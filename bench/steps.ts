import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { defaultLimits } from '../packages/crank/src/core/service.ts';
import { createSandbox } from '../packages/crank/src/engines/sandbox/create.ts';
import { flameGraph } from './flame.ts';
import { machine, markdown } from './machine.ts';
import { descendants } from './processes.ts';

// `npm run bench -- steps [FLAME.svg]`: where the CPU time of a fresh call goes inside the sandbox, by what the kernel and
// Python do, sampled with perf (Debian: linux-perf) as root; the host's own part beside it. With a path, a flame graph.

const SECONDS = Number(process.env['BENCH_MS'] ?? 6_000) / 1000;
const CONCURRENCY = 2;
const HERTZ = 4999;

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'crank-bench-steps-'));
chmodSync(folder, 0o755);
const codeDir = join(folder, 'code');
mkdirSync(codeDir, { mode: 0o755 });
writeFileSync(join(codeDir, 'add.py'), 'def add(a: int, b: int) -> int:\n    return a + b\n', { mode: 0o644 });
const sandbox = createSandbox({ scratchDir: join(folder, 'scratch'), runtimeDir: join(folder, 'runtime') });

/** The step that a stack belongs to, innermost function first: the first rule that holds. */
const RULES: [step: string, RegExp][] = [
  ['exit: giving back memory', /^exit_mmap|^mmput/],
  ['exit: the rest', /^do_exit|^do_group_exit|^release_task/],
  ['fork: mappings and page tables', /^dup_mm/],
  ['fork: the rest', /^copy_process|^kernel_clone|^schedule_tail/],
  ['page faults: copying what is written to', /^do_wp_page|^wp_page_copy/],
  ['page faults: files (text of Python and libraries)', /^do_fault|^filemap_map_pages/],
  ['page faults: new memory', /^do_anonymous_page/],
  ['page faults: entry, exit, finding the mapping', /page_fault|^handle_mm_fault/],
  ['waiting and waking', /^do_sys_poll|^do_poll|^schedule$|^try_to_wake_up/],
  ['channel: reading and writing', /^ksys_(read|write)|^vfs_(read|write)|^do_readv|^unix_stream/],
  ['files for output, and a look at /tmp', /openat|newfstat|^vfs_stat|^do_sys_open/],
  ['other system calls', /^do_syscall_64|^entry_SYSCALL|^el0_svc/],
];
const PYTHON = 'Python itself, ours and the script’s';
const stepOf = (stack: readonly string[]): string => {
  for (const [step, pattern] of RULES) if (stack.some((name) => pattern.test(name))) return step;
  return PYTHON;
};

/**
 * The stacks of some processes and of all that they start. `perf script`: a line for each sample, with the process, then its
 * stack, innermost first, then an empty line; and a line for each fork.
 */
const stacksOf = (text: string, pids: ReadonlySet<number>): string[][] => {
  const ours = new Set(pids);
  const stacks: string[][] = [];
  let stack: string[] | undefined;
  for (const line of text.split('\n')) {
    const fork = /PERF_RECORD_FORK\((\d+):\d+\):\((\d+):/.exec(line);
    if (fork !== null) {
      if (ours.has(Number(fork[2]))) ours.add(Number(fork[1]));
    } else if (/^\S/.test(line)) {
      const pid = Number(/\s(\d+)\s*$/.exec(line)?.[1]);
      stack = ours.has(pid) ? [] : undefined;
      if (stack !== undefined) stacks.push(stack);
    } else if (line.trim() !== '') {
      stack?.push(line.trim().replace(/^[0-9a-f]+ /, ''));
    }
  }
  return stacks.filter(({ length }) => length > 0);
};

try {
  const interpreter = (await sandbox.interpreters()).usable[0]!.path;
  const template = {
    ...{
      key: 'steps',
      account: 'bench',
      isolation: 'fresh' as const,
      interpreter,
      codeDir,
      libDirs: [],
      entry: 'add.py',
    },
    limits: defaultLimits,
  } as const;
  const call = {
    ...{ id: '', operation: 'add', input: Buffer.from('{"a":2,"b":3}'), context: Buffer.from('{}'), files: [] },
    ...{ limits: defaultLimits, signal: new AbortController().signal },
  };
  let calls = 0;
  const calling = async (until: () => boolean): Promise<void> => {
    const worker = async (): Promise<void> => {
      while (!until()) {
        const { outcome } = await sandbox.run(template, call);
        if (outcome.type !== 'value') throw new Error(JSON.stringify(outcome));
        calls++;
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  };
  await calling(() => calls >= 300);
  // Those that stay: bubblewrap, its pid 1, the zygote and the slots. perf follows what they start.
  const inside = descendants(process.pid)
    .filter(({ depth }) => depth <= 4)
    .map(({ pid }) => pid);
  const data = join(folder, 'perf.data');
  const perf = async (args: string[]): Promise<{ said: string; calls: number; hostUs: number }> => {
    const child = spawn('perf', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const ended = once(child, 'exit');
    let over = false;
    ended.then(
      () => {
        over = true;
      },
      () => {
        over = true;
      },
    );
    const before = { calls, host: process.cpuUsage() };
    await calling(() => over);
    const { user, system } = process.cpuUsage(before.host);
    const [code] = (await ended) as [number | null];
    if (code !== 0) throw new Error(`perf ended with ${code}: ${said}`);
    return { said, calls: calls - before.calls, hostUs: user + system };
  };
  // Over the whole machine, and sorted out afterwards: what a process does at its very end is not sampled otherwise.
  const sampled = await perf([
    ...['record', '-a', '-e', 'cpu-clock', '-F', String(HERTZ), '-g', '-o', data, '--', 'sleep', String(SECONDS)],
  ]);
  const counted = await perf([
    ...[
      'stat',
      '-x',
      ',',
      '-e',
      'page-faults,context-switches',
      '-p',
      inside.join(','),
      '--',
      'sleep',
      String(SECONDS),
    ],
  ]);
  const fields = ['script', '-i', data, '--show-task-events', '-F', 'comm,pid,ip,sym'];
  const { stdout } = await run('perf', fields, { maxBuffer: 2 ** 30 });
  const stacks = stacksOf(stdout, new Set(inside));
  const steps = new Map<string, number>();
  for (const stack of stacks) steps.set(stepOf(stack), (steps.get(stepOf(stack)) ?? 0) + 1);
  const each = (samples: number): number => (samples * 1000) / HERTZ / sampled.calls;
  const rows = [...steps]
    .sort(([, a], [, b]) => b - a)
    .map(([step, samples]) => [
      ...[step, (1000 * each(samples)).toFixed(0), `${((100 * samples) / stacks.length).toFixed(1)}%`],
    ]);
  rows.push(['all inside', (1000 * each(stacks.length)).toFixed(0), '100%']);
  rows.push(['the host: frames, receiver, pool', (sampled.hostUs / sampled.calls).toFixed(0), '']);
  const event = (name: string): string => {
    const value = new RegExp(`^(\\d+),,${name}`, 'm').exec(counted.said)?.[1];
    return value === undefined ? 'not counted' : (Number(value) / counted.calls).toFixed(0);
  };
  console.log(`${machine()}\n\n${markdown(['step of a fresh call', 'CPU µs', 'share inside'], rows)}`);
  console.log(
    `\n${sampled.calls} calls, ${stacks.length} samples; a call: ${event('page-faults')} page faults, ${event('context-switches')} context switches inside`,
  );
  const [target] = process.argv.slice(2);
  if (target !== undefined) {
    writeFileSync(
      target,
      flameGraph(
        stacks.map((stack) => [stepOf(stack), ...stack.filter((name) => name !== '[unknown]').toReversed()]),
        'CPU time of a fresh call, inside',
      ),
    );
  }
} finally {
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
}
