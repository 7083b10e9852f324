import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findControlGroups } from '#src/engines/sandbox/control-groups.ts';
import { calling, codeOf, jsonOf, limits, processesWith, templateOf, type Workshop, workshop } from './harness.ts';

const found = await findControlGroups();
const memory = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'].find((path) => existsSync(path))!;
const ours = (): string[] => readdirSync(memory).filter((name) => name.startsWith(`crank-${process.pid}-`));

const statusOf = (pid: number): string => readFileSync(`/proc/${pid}/status`, 'utf8');
const parentOf = (pid: number): number => Number(/^PPid:\s+(\d+)$/m.exec(statusOf(pid))?.[1]);

/** Of a process and all that it started. */
const groupsOf = (pid: number): string[] => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number);
    const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
    if (/^State:\s+Z/m.test(statusOf(pid))) return []; // ended, not buried yet
    return [groups, ...children.filter((child) => child > 0).flatMap(groupsOf)];
  } catch {
    return []; // it has ended
  }
};

describe.runIf(typeof found === 'object')('control groups', () => {
  let shop: Workshop;
  let call: ReturnType<typeof calling>;
  let warm: ReturnType<typeof calling>;
  beforeAll(async () => {
    if (typeof found === 'object') await found.close();
    shop = workshop();
    const more = { ...limits, subprocesses: 8, memoryBytes: 256 * 2 ** 20, tmpBytes: 2 ** 20 };
    call = calling(shop.sandbox, templateOf(shop, 'family.py', 'fresh', { limits: more }));
    warm = calling(shop.sandbox, templateOf(shop, 'family.py', 'warm', { limits: more }));
  });
  afterAll(() => shop.remove());

  it.each(['fresh', 'warm'] as const)('bound the memory of all processes of a %s call together', async (isolation) => {
    const run = isolation === 'warm' ? warm : call;
    const first = await run('hog', { processes: 2, megabytes: 60 });
    expect(jsonOf(first)).toBe(2);
    expect(first.usage.cpuSource).toBe('cgroup');
    const result = await run('hog', { processes: 6, megabytes: 120 });
    // The kernel may take a subprocess and not the script itself.
    if (result.outcome.type === 'value') expect(jsonOf(result)).toBeLessThan(6);
    else expect(codeOf(result)).toBe('out-of-memory');
    expect(jsonOf(await run('hog', { processes: 1, megabytes: 10 }))).toBe(1);
  });

  it('follow the limits of calls, down and up again', async () => {
    const said: string[] = [];
    // The slots come one after the other, in one group.
    const narrow = workshop({ concurrency: 1, spares: 1, log: (_, message) => said.push(message) });
    try {
      const add = calling(narrow.sandbox, templateOf(narrow, 'ordinary.py', 'fresh'));
      for (const tmpBytes of [2 ** 22, 2 ** 24, 2 ** 21, 2 ** 23])
        expect(jsonOf(await add('add', { a: 1, b: 2 }, { limits: { tmpBytes } }))).toBe(3);
      expect(said.filter((message) => message === 'sandbox started')).toHaveLength(1);
    } finally {
      await narrow.remove();
    }
  });

  it('hold the zygote too, and bound what importing takes', async () => {
    const escaped = (): string[] | undefined => {
      const inner = processesWith(shop.codeDir).filter((pid) => processesWith(shop.codeDir).includes(parentOf(pid)));
      const lines = inner
        .flatMap(groupsOf)
        .flatMap((groups) => groups.split('\n'))
        .filter((line) => /^\d+:(memory|pids|cpuacct|cpu|cpu,cpuacct)?:/.test(line) && !/^0::\/$/.test(line));
      return lines.length === 0 ? undefined : lines.filter((line) => !line.includes(`/crank-${process.pid}-`));
    };
    // A process that is just ending has left its groups before it is gone.
    await expect.poll(escaped, { timeout: 20_000 }).toEqual([]);
    const greedy = calling(shop.sandbox, templateOf(shop, 'greedy.py', 'fresh'));
    await expect(greedy('add', { a: 1, b: 2 })).rejects.toThrow(/more than the \d+ bytes of memory that importing may/);
  });

  it('bound processes, end with all of them, and count their time', async () => {
    const result = await call('forks');
    expect(jsonOf(result)).toBeLessThan(64);
    expect(result.usage.cpuSource).toBe('cgroup');
    expect(result.usage.cpuNs).toBeGreaterThan(1e6);
  });

  it('weigh as much as a process on each CPU, beside what else the machine runs', () => {
    const weights = ['cpu.shares', 'cpu.weight']
      .flatMap((file) => ['cpu', 'cpu,cpuacct', '.'].map((folder) => `/sys/fs/cgroup/${folder}/${ours()[0]}/${file}`))
      .filter((path) => existsSync(path))
      .map((path) => Number(readFileSync(path, 'utf8')));
    const ofOne = [1024, 100].map((one) => one * availableParallelism());
    for (const weight of weights) expect(ofOne).toContain(weight);
    expect(weights).not.toHaveLength(0);
  });

  it('are gone with the sandbox, and those of a dead node with the next one', async () => {
    expect(ours()).toHaveLength(1);
    mkdirSync(`${memory}/crank-4194304-dead`); // no pid can be that high
    await shop.sandbox.close();
    expect(ours()).toEqual([]);
    const next = await findControlGroups();
    if (typeof next === 'object') await next.close();
    expect(existsSync(`${memory}/crank-4194304-dead`)).toBe(false);
  });
});

it.runIf(typeof found === 'string')('says why there is none', () => {
  expect(found).toMatch(/root|controllers|E[A-Z]+/);
});
