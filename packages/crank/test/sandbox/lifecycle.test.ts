import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { CrankError } from '#src/core/error.ts';
import { descendantsOf } from '../attack/processes.ts';
import {
  type CallOptions,
  calling,
  codeOf,
  eventually,
  jsonOf,
  limits,
  processesWith,
  templateOf,
  type Workshop,
  workshop,
} from './harness.ts';

const open: Workshop[] = [];
const opened = (...args: Parameters<typeof workshop>): Workshop => {
  const shop = workshop(...args);
  open.push(shop);
  return shop;
};
afterEach(async () => {
  for (const shop of open.splice(0)) await shop.remove();
});

/** The error that a promise is rejected with. */
const refusal = async (promise: Promise<unknown>): Promise<CrankError> => {
  const error = await promise.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof CrankError)) throw error;
  return error;
};

/** Host processes of this workshop's sandboxes: bubblewrap has the code's folder among its arguments. */
const sandboxes = (shop: Workshop): number[] => processesWith(shop.codeDir);

/** bubblewrap, its pid 1 and the zygote of the one sandbox there is. */
const processesOf = (shop: Workshop): number[] => {
  const [outer] = sandboxes(shop);
  if (outer === undefined) return [];
  return [outer, ...descendantsOf(outer)];
};

describe('fresh', () => {
  it('50 calls that leave traces everywhere see nothing of one another', async () => {
    const shop = opened();
    const call = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'fresh'));
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => call('remember', { value: `trace-${i}` })));
    for (const result of results) expect(jsonOf(result)).toEqual([1, ['work'], [], null, '/tmp/work']);
  });

  it("has no bytes of earlier or queued calls' inputs in its memory", async () => {
    const shop = opened({ concurrency: 1 });
    const template = templateOf(shop, 'hostile.py', 'fresh', { limits: { ...limits, memoryBytes: 512 * 2 ** 20 } });
    const call = calling(shop.sandbox, template);
    const secret = 'the-password-of-another-caller';
    for (let i = 0; i < 5; i++) await call('deny', { name: secret });
    const higher = (text: string) => String.fromCharCode(...[...text].map((letter) => letter.charCodeAt(0) + 1));
    const needle = higher(secret);
    const [, found] = await Promise.all([call('deny', { name: secret }), call('find_in_memory', { needle })]);
    expect(jsonOf(found)).toBe(0);
    expect(jsonOf(await call('find_in_memory', { needle: higher('find_in_memory') }))).toBeGreaterThan(0);
  });

  it('a call ends without waiting for those beside it', async () => {
    const shop = opened();
    const call = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'fresh'));
    const abort = new AbortController();
    const slow = call('sleep', { seconds: 60 }, { signal: abort.signal });
    expect(jsonOf(await call('add', { a: 1, b: 2 }))).toBe(3);
    abort.abort('cancelled');
    expect(codeOf(await slow)).toBe('cancelled');
  });
});

describe('warm', () => {
  it('keeps its state, but tidies the work folder', async () => {
    const shop = opened();
    const call = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'warm'));
    expect(jsonOf(await call('remember', { value: 'a' }))).toEqual([1, ['work'], [], null, '/tmp/work']);
    expect(jsonOf(await call('remember', { value: 'b' }))).toEqual([2, ['trace', 'work'], [], 'a', '/tmp/work']);
  });

  it('is replaced when it dies, and the calls behind it do not notice', async () => {
    const shop = opened();
    const call = calling(shop.sandbox, templateOf(shop, 'hostile.py', 'warm'));
    // More deaths than a zygote has channels.
    for (let round = 0; round < 12; round++) {
      const died = call('die', { code: 1 });
      const behind = Promise.all(Array.from({ length: 5 }, () => call('deny', { name: 'tcp' })));
      expect(codeOf(await died)).toBe('crashed');
      expect((await behind).map(jsonOf)).toEqual(Array(5).fill('refused: PermissionError'));
    }
  });

  it('is replaced when it cannot tidy up, and the calls that it was sent do not notice', async () => {
    const shop = opened();
    const call = calling(shop.sandbox, templateOf(shop, 'traces.py', 'warm'));
    for (let round = 0; round < 12; round++) {
      const results = await Promise.all([call('nest'), call('one'), call('one')]);
      expect(results.map(jsonOf)).toEqual([3000, 1, 1]);
    }
  });

  it('dies of its time limit alone, not with those who waited', async () => {
    const shop = opened();
    const call = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'warm'));
    const slow = call('sleep', { seconds: 60 }, { limits: { wallMs: 300 } });
    const abort = new AbortController();
    const waiting = call('add', { a: 1, b: 1 });
    const cancelled = call('sleep', { seconds: 60 }, { signal: abort.signal, limits: { wallMs: 300 } });
    const last = call('add', { a: 2, b: 2 });
    abort.abort('cancelled');
    expect(codeOf(await cancelled)).toBe('cancelled');
    expect(codeOf(await slow)).toBe('timeout');
    expect(jsonOf(await waiting)).toBe(2);
    expect(jsonOf(await last)).toBe(4);
  });

  it('is a process of its own for each template', async () => {
    const shop = opened();
    const process = (key: string) => calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'warm', { key }))('process');
    expect(jsonOf(await process('v1:anna'))).toBe(1);
    expect(jsonOf(await process('v1:anna'))).toBe(2);
    expect(jsonOf(await process('v1:bert'))).toBe(1);
  });
});

describe('a module that cannot be imported', () => {
  const deploy = (entry: string, options: Parameters<typeof workshop>[0] = {}): Promise<CrankError> => {
    const shop = opened(options);
    return refusal(shop.sandbox.describe(templateOf(shop, entry, 'fresh'), new AbortController().signal));
  };

  it('for want of a package: the finding names line and fix', async () => {
    const error = await deploy('missing_import.py');
    expect(error.code).toBe('not-deployable');
    expect(error.extras.findings).toMatchObject([{ level: 'error', file: 'missing_import.py', line: 1 }]);
  });

  it('because it ends the process: told with what it printed', async () => {
    const error = await deploy('dying_import.py');
    expect(error.code).toBe('not-deployable');
    expect(error.message).toContain('before the end');
    expect(error.extras.findings).toHaveLength(1);
  });

  it('in time', async () => {
    const error = await deploy('slow_import.py', { startMs: 1500 });
    expect(error.code).toBe('not-deployable');
    expect(error.message).toContain('1500 ms');
  });

  it('does not start again and again', async () => {
    const shop = opened();
    const call = calling(shop.sandbox, templateOf(shop, 'dying_import.py', 'fresh'));
    const errors = await Promise.all(Array.from({ length: 20 }, () => refusal(call('one'))));
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['not-deployable']));
    expect(await refusal(call('one'))).toBe(errors[0]);
  });
});

describe('a module that misuses its import', () => {
  it('may print', async () => {
    const shop = opened();
    const call = calling(shop.sandbox, templateOf(shop, 'noisy_import.py', 'fresh'));
    expect(await call('one')).toMatchObject({ stdout: '', stderr: '', outcome: { type: 'value' } });
  });

  it('writes nonsense as its zygote: that is killed, and the calls in it fail', async () => {
    const shop = opened();
    const call = calling(shop.sandbox, templateOf(shop, 'rogue_import.py', 'fresh'));
    const results = await Promise.all([call('wait', { seconds: 30 }), call('wait', { seconds: 30 })]);
    expect(results.map(codeOf)).toEqual(['crashed', 'crashed']);
    expect(results[0]!.outcome).toMatchObject({ detail: expect.stringContaining('protocol') as string });
  });

  it('answers calls that nobody made', async () => {
    const shop = opened();
    const call = calling(shop.sandbox, templateOf(shop, 'forger_import.py', 'fresh'));
    const error = await refusal(call('one'));
    expect(error.code).toBe('not-deployable');
    expect(sandboxes(shop)).toEqual([]);
  });
});

describe('the pool', () => {
  it('starts one zygote however many ask, and refuses beyond its queue', async () => {
    const shop = opened({ concurrency: 2, queue: 3 });
    const call = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'fresh'));
    const calls = Array.from({ length: 8 }, () => call('sleep', { seconds: 0.3 }));
    const settled = await Promise.allSettled(calls);
    const refused = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason as CrankError] : []));
    expect(refused.map(({ code }) => code)).toEqual(['overloaded', 'overloaded', 'overloaded']);
    expect(refused[0]!.extras.retryAfter).toBe(1);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(sandboxes(shop).length).toBeLessThanOrEqual(3); // bubblewrap, its pid 1, the zygote
  });

  it('lets go of a call that is cancelled while it waits', async () => {
    const shop = opened({ concurrency: 1 });
    const call = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'fresh'));
    const abort = new AbortController();
    const [first, second] = [call('sleep', { seconds: 0.5 }), call('sleep', { seconds: 60 }, { signal: abort.signal })];
    const third = call('add', { a: 1, b: 1 });
    abort.abort('timeout');
    expect(codeOf(await second)).toBe('timeout');
    expect(jsonOf(await first)).toBe('awake');
    expect(jsonOf(await third)).toBe(2);
  });

  it('comes back after its zygote was killed', async () => {
    const shop = opened();
    const call = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'fresh'));
    expect(jsonOf(await call('add', { a: 1, b: 1 }))).toBe(2);
    const begun = Promise.withResolvers<void>();
    const running = call('count_and_sleep', {}, { onItem: () => begun.resolve() });
    await begun.promise;
    for (const pid of sandboxes(shop)) process.kill(pid, 'SIGKILL');
    expect(codeOf(await running)).toBe('crashed');
    expect(jsonOf(await call('add', { a: 1, b: 2 }))).toBe(3);
  });

  it('does not wait for what somebody stopped while it started', async () => {
    const shop = opened();
    for (const level of [0, 1, 2]) {
      const template = templateOf(shop, 'slow_import.py', 'fresh', { key: `stopped:${level}` });
      const refused = refusal(calling(shop.sandbox, template)('one'));
      await eventually(() => processesOf(shop).length > level);
      process.kill(processesOf(shop)[level]!, 'SIGSTOP');
      expect((await refused).message, String(level)).toMatch(/stopped/);
      expect(sandboxes(shop)).toEqual([]);
    }
  });

  it('fails of nothing but the sandbox where that is killed while it starts', async () => {
    const shop = opened();
    for (let round = 0; round < 15; round++) {
      const template = templateOf(shop, 'ordinary.py', 'fresh', { key: `killed:${round}` });
      const outcome = calling(shop.sandbox, template)('add', { a: 1, b: 1 }).then(jsonOf, (error: unknown) => error);
      await eventually(() => sandboxes(shop).length > 0);
      for (const pid of sandboxes(shop)) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {}
      }
      const said = await outcome;
      if (said !== 2) expect(said).toMatchObject({ code: 'not-deployable' });
      await shop.sandbox.retire(template.key);
    }
  });

  it('is rid of a sandbox whose bubblewrap was stopped', async () => {
    const shop = opened();
    const call = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'fresh'));
    await call('add', { a: 1, b: 1 });
    const [outer, , zygote] = processesOf(shop);
    process.kill(outer!, 'SIGSTOP');
    expect(jsonOf(await call('add', { a: 1, b: 2 }))).toBe(3);
    process.kill(zygote!, 'SIGKILL');
    await eventually(() => sandboxes(shop).every((pid) => pid !== outer));
    expect(jsonOf(await call('add', { a: 1, b: 3 }))).toBe(4);
  });

  it('ends what nobody calls', async () => {
    const shop = opened({ idleMs: 100 });
    const call = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'fresh'));
    await call('add', { a: 1, b: 1 });
    await eventually(() => sandboxes(shop).length === 0);
    expect(jsonOf(await call('add', { a: 1, b: 2 }))).toBe(3);
  });

  it('has room for so many services: the one longest unused gives way', async () => {
    const shop = opened({ zygotes: 2 });
    const call = (key: string, options?: CallOptions) =>
      calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'warm', { key }))('process', {}, options);
    expect(jsonOf(await call('a'))).toBe(1);
    expect(jsonOf(await call('b'))).toBe(1);
    expect(jsonOf(await call('c'))).toBe(1);
    expect(jsonOf(await call('b'))).toBe(2);
    expect(jsonOf(await call('a'))).toBe(1);
  });

  it('has so much memory for idle services: the one longest unused gives way', async () => {
    const shop = opened({ memoryBytes: 80 * 2 ** 20 });
    const call = (key: string, operation: string, input: unknown = {}) =>
      calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'warm', { key }))(operation, input);
    expect(jsonOf(await call('a', 'process'))).toBe(1);
    expect(jsonOf(await call('b', 'process'))).toBe(1);
    expect(jsonOf(await call('a', 'process'))).toBe(2);
    expect(jsonOf(await call('b', 'hold', { megabytes: 100 }))).toBe(100);
    // What they hold is looked at when another one has started.
    expect(jsonOf(await call('c', 'process'))).toBe(1);
    await eventually(() => sandboxes(shop).length < 6); // a sandbox is two processes that name the code, and its zygote
    expect(jsonOf(await call('c', 'process'))).toBe(2);
  });

  it('retires a key', async () => {
    const shop = opened();
    const template = templateOf(shop, 'ordinary.py', 'warm');
    expect(jsonOf(await calling(shop.sandbox, template)('process'))).toBe(1);
    await shop.sandbox.retire(template.key);
    expect(sandboxes(shop)).toEqual([]);
    expect(jsonOf(await calling(shop.sandbox, template)('process'))).toBe(1);
  });
});

describe('nothing is left', () => {
  it('of processes and folders after close, with calls under way', async () => {
    const shop = opened();
    const path = join(shop.root, 'input.txt');
    writeFileSync(path, 'x');
    const files = [{ parameter: 'path', name: 'x', path }];
    const both = (['fresh', 'warm'] as const).map((isolation) =>
      calling(shop.sandbox, templateOf(shop, 'ordinary.py', isolation)),
    );
    for (const call of both) await call('describe_file', {}, { files });
    const running = both.map((call) =>
      call('sleep', { seconds: 60 }, { files }).then(codeOf, (error: CrankError) => error.code),
    );
    await shop.sandbox.close();
    for (const code of await Promise.all(running)) expect(['crashed', 'unavailable']).toContain(code);
    expect(sandboxes(shop)).toEqual([]);
    expect(readdirSync(join(shop.root, 'scratch'))).toEqual([]);
    expect((await refusal(both[0]!('add', { a: 1, b: 1 }))).code).toBe('unavailable');
  });

  it('of a node that is killed: not its processes, and its folders only until the next one starts', async () => {
    const shop = opened();
    const scratchDir = join(shop.root, 'scratch');
    const node = spawn(
      process.execPath,
      [fileURLToPath(new URL('./node-to-kill.ts', import.meta.url)), shop.root, shop.codeDir],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise((resolve) => node.stdout.once('data', resolve));
    expect(sandboxes(shop).length).toBeGreaterThan(1);
    expect(readdirSync(scratchDir)).toHaveLength(1);
    node.kill('SIGKILL');
    await eventually(() => sandboxes(shop).length === 0);
    mkdirSync(join(scratchDir, 'not-ours'));
    await calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'fresh'))('add', { a: 1, b: 1 });
    expect(readdirSync(scratchDir).filter((name) => !name.startsWith(`node-${process.pid}-`))).toEqual(['not-ours']);
    rmSync(join(scratchDir, 'not-ours'), { recursive: true });
  });
});

describe('the machine', () => {
  it('passes its own test', async () => {
    const shop = opened();
    const checks = await shop.sandbox.selfTest();
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['bubblewrap', 'fresh: network', 'warm: fork']),
    );
  });

  it('has interpreters that really run inside, and says why others do not', async () => {
    const shop = opened();
    const { usable, rejected } = await shop.sandbox.interpreters();
    expect(usable[0]).toMatchObject({ version: expect.stringMatching(/^3\.\d+$/) as string });
    for (const { reason } of rejected) expect(reason.length).toBeGreaterThan(10);
  });

  it('without bubblewrap: refused, with what to type', async () => {
    const shop = opened({ bwrap: '/nowhere/bwrap' });
    const call = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'fresh'));
    const error = await refusal(call('add', { a: 1, b: 1 }));
    expect(error.code).toBe('isolation-unavailable');
    expect(error.message).toMatch(/install bubblewrap/);
    const checks = await shop.sandbox.selfTest();
    expect(checks).toMatchObject([{ name: 'bubblewrap', ok: false }]);
  });

  it('as root, never makes root the user of a sandbox', async () => {
    if (process.getuid!() !== 0) return; // as an ordinary user the options are not even looked at
    const shop = opened({ uid: 0, gid: 0 });
    const error = await refusal(calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'fresh'))('add', { a: 1, b: 1 }));
    expect(error.code).toBe('isolation-unavailable');
  });

  it('names the folder that is closed to the sandbox', async () => {
    if (process.getuid!() !== 0) return; // then sandbox and we are the same user
    const shop = opened();
    const closed = join(shop.root, 'closed');
    mkdirSync(join(closed, 'code'), { recursive: true });
    mkdirSync(closed, { recursive: true, mode: 0o700 });
    const { chmodSync } = await import('node:fs');
    chmodSync(closed, 0o700);
    const template = templateOf(shop, 'ordinary.py', 'fresh', { codeDir: join(closed, 'code') });
    const error = await refusal(calling(shop.sandbox, template)('add', { a: 1, b: 1 }));
    expect(error.code).toBe('isolation-unavailable');
    expect(error.message).toContain(`${closed} is closed`);
  });
});
