import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findControlGroups } from '#src/engines/sandbox/control-groups.ts';
import { calling, codeOf, jsonOf, limits, templateOf, type Workshop, workshop } from './harness.ts';

const found = await findControlGroups();
const memory = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'].find((path) => existsSync(path))!;
const ours = (): string[] => readdirSync(memory).filter((name) => name.startsWith(`crank-${process.pid}-`));

describe.runIf(typeof found === 'object')('a control group around each slot', () => {
  let shop: Workshop;
  let call: ReturnType<typeof calling>;
  beforeAll(async () => {
    if (typeof found === 'object') await found.close();
    shop = workshop();
    const more = { ...limits, subprocesses: 8, memoryBytes: 256 * 2 ** 20, tmpBytes: 2 ** 20 };
    call = calling(shop.sandbox, templateOf(shop, 'family.py', 'fresh', { limits: more }));
  });
  afterAll(() => shop.remove());

  it('bounds the memory of all processes of a call together', async () => {
    expect(jsonOf(await call('hog', { processes: 2, megabytes: 60 }))).toBe(2);
    const result = await call('hog', { processes: 6, megabytes: 120 });
    // The kernel may take a subprocess and not the script itself.
    if (result.outcome.type === 'value') expect(jsonOf(result)).toBeLessThan(6);
    else expect(codeOf(result)).toBe('out-of-memory');
    expect(jsonOf(await call('hog', { processes: 1, megabytes: 10 }))).toBe(1);
  });

  it('bounds processes, ends all of them, and counts their time', async () => {
    const result = await call('forks');
    expect(jsonOf(result)).toBeLessThan(64);
    expect(result.usage.cpuSource).toBe('cgroup');
    expect(result.usage.cpuNs).toBeGreaterThan(1e6);
  });

  it('is gone with the sandbox, and those of a dead node with the next one', async () => {
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
