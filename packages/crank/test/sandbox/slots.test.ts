import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { calling, eventually, jsonOf, limits, processesWith, templateOf, type Workshop, workshop } from './harness.ts';

const traces: [trace: string, ends: string][] = [
  ['a file', 'done'],
  ['a file that is gone again', 'done'],
  ['a folder in the work folder', 'done'],
  ['the mode of /tmp', 'done'],
  ['the times of /tmp', 'done'],
  ['an attribute of the work folder', 'done'],
  ['no work folder', 'done'],
  ['flags of the channel', 'done'],
  ['options of the channel', 'PermissionError'],
  ['the channel shut down', 'PermissionError'],
  ['position and mode of stdout', 'done'],
  ['limits of the slot', 'PermissionError'],
  ['priority of the slot', 'PermissionError'],
  ['priority of all', 'PermissionError'],
  ['CPUs of the slot', 'PermissionError'],
  ['memory of the slot', 'FileNotFoundError'],
  ['signals to the slot', 'done'],
  ['an interrupt of the slot', 'done'],
  ['a handler run in the slot', 'done'],
  ["a stopped slot's child", 'ended'],
];

describe('one slot, one call after another', () => {
  let shop: Workshop;
  let call: ReturnType<typeof calling>;
  beforeAll(() => {
    shop = workshop({ concurrency: 1 });
    call = calling(shop.sandbox, templateOf(shop, 'traces.py', 'fresh'));
  });
  afterAll(() => shop.remove());

  it('is used again, with a new process for each call', async () => {
    const pids: unknown[] = [];
    for (let n = 0; n < 5; n++) pids.push(jsonOf(await call('pid')));
    expect(new Set(pids).size).toBe(5);
    expect(pids).not.toContain(1);
  });

  it('that does not tell of the end in time loses no answer that was given before', async () => {
    const may = templateOf(shop, 'ordinary.py', 'fresh', { limits: { ...limits, subprocesses: 4 } });
    const parent = (pid: number): number =>
      Number(/\nPPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]);
    const running = calling(shop.sandbox, may)('wait_outside', { seconds: '1.0625' });
    let sleeping: number | undefined;
    await eventually(() => {
      sleeping = processesWith('sleep\x001.0625')[0];
      return sleeping !== undefined;
    });
    // Subprocesses are counted at the end, so the answer waits for the slot's word, which does not come.
    process.kill(parent(parent(sleeping!)), 'SIGSTOP');
    expect(jsonOf(await running)).toBe('1.0625');
    expect(jsonOf(await calling(shop.sandbox, may)('add', { a: 1, b: 2 }))).toBe(3);
  });

  it.each(traces)('shows nothing of %s', async (trace, ends) => {
    const before = jsonOf(await call('look'));
    const result = await call('leave', { trace });
    if (ends === 'ended') expect(result.outcome).toMatchObject({ type: 'failed', code: 'crashed' });
    // Extended attributes of a tmpfs exist since Linux 6.6.
    else expect(['OSError', ends]).toContain(jsonOf(result));
    for (let n = 0; n < 3; n++) expect(jsonOf(await call('look'))).toEqual(before);
  });

  it('kills what a call left running', async () => {
    const more = { ...limits, subprocesses: 8 };
    const able = calling(shop.sandbox, templateOf(shop, 'traces.py', 'fresh', { key: 'able', limits: more }));
    for (let n = 0; n < 3; n++) {
      expect(jsonOf(await able('fork_and_leave'))).toBeGreaterThan(1);
      expect(jsonOf(await able('processes'))).toEqual([]);
    }
  });
});
