import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { calling, jsonOf, limits, templateOf, type Workshop, workshop } from './harness.ts';

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
