import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrankError } from '#src/core/error.ts';
import type { Progress } from '#src/core/progress.ts';
import type { Isolation } from '#src/core/service.ts';
import type { Ask, AskAnswer } from '#src/engines/sandbox/asks.ts';
import {
  type CallOptions,
  calling,
  codeOf,
  jsonOf,
  limits,
  processesWith,
  templateOf,
  type Workshop,
} from './harness.ts';

/**
 * What every adapter of the sandbox port holds, in each isolation level.
 *
 * @param shared calls share the namespaces of their container, whose /proc tells of the machine
 */
export const sandboxContract = (isolation: Isolation, open: () => Workshop, shared = false): void => {
  describe(`sandbox contract, ${isolation}${shared ? ' without namespaces inside' : ''}`, () => {
    let shop: Workshop;
    let call: ReturnType<typeof calling>;
    let attack: ReturnType<typeof calling>;
    const file = (name: string, content: string | Buffer): string => {
      const path = join(shop.root, name);
      writeFileSync(path, content);
      return path;
    };

    beforeAll(() => {
      shop = open();
      call = calling(shop.sandbox, templateOf(shop, 'ordinary.py', isolation));
      attack = calling(shop.sandbox, templateOf(shop, 'hostile.py', isolation));
    });
    afterAll(() => shop.remove());

    describe('answers', () => {
      it('a value, and what it took', async () => {
        const result = await call('add', { a: 2, b: 40 });
        expect(result.outcome).toEqual({ type: 'value', json: Buffer.from('42') });
        expect(result.usage.cpuNs).toBeGreaterThan(0);
        expect(result.usage.wallNs).toBeGreaterThan(0);
        expect(result.usage.peakMemoryBytes).toBeGreaterThan(2 ** 20);
        expect(['cgroup', 'sandbox-reported']).toContain(result.usage.cpuSource);
      });

      it('text of any size up to the limit, both ways', async () => {
        const text = 'ä€𝄞'.repeat(100_000);
        const roomy = { limits: { outputBytes: 4 * 2 ** 20 } };
        const large = calling(
          shop.sandbox,
          templateOf(shop, 'ordinary.py', isolation, { limits: { ...limits, ...roomy.limits } }),
        );
        expect(jsonOf(await large('echo', { text }, roomy))).toBe(text);
        expect(jsonOf(await large('echo', { text: 'small' }))).toBe('small');
      });

      it('its own description', async () => {
        const said = await shop.sandbox.describe(
          templateOf(shop, 'ordinary.py', isolation),
          new AbortController().signal,
        );
        const { operations } = JSON.parse(Buffer.from(said).toString()) as { operations: { name: string }[] };
        expect(operations.map(({ name }) => name)).toContain('count_and_fail');
      });

      it('many calls at one time, each with its own answer', async () => {
        const results = await Promise.all(Array.from({ length: 40 }, (_, i) => call('add', { a: i, b: 1000 })));
        expect(results.map(jsonOf)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1000));
      });

      it('a file, made from a file', async () => {
        const path = file('in.txt', 'quiet words');
        const { outcome } = await call('shout', {}, { files: [{ parameter: 'path', name: 'in.txt', path }] });
        expect(outcome).toMatchObject({ type: 'file', name: 'shouted.txt', size: 11 });
        if (outcome.type !== 'file') return;
        expect(readFileSync(outcome.path, 'utf8')).toBe('QUIET WORDS');
        rmSync(outcome.path);
      });

      it('a file of many chunks, and an empty one', async () => {
        for (const size of [5_000_001, 0]) {
          const { outcome } = await call('zeros', { size });
          expect(outcome).toMatchObject({ type: 'file', name: 'zeros.bin', size });
          if (outcome.type !== 'file') return;
          expect(statSync(outcome.path).size).toBe(size);
          rmSync(outcome.path);
        }
      });

      it('input files read-only, under their names, and no others', async () => {
        const path = file('secret-name-on-host.csv', 'a,b');
        const names = ['plain.csv', '../../etc/up.csv', 'ümlaut ☃.csv', '..'];
        const wanted = ['plain.csv', 'up.csv', 'ümlaut ☃.csv', 'file'];
        const results = await Promise.all(
          names.map((name) => call('describe_file', {}, { files: [{ parameter: 'path', name, path }] })),
        );
        expect(results.map(jsonOf)).toEqual(
          wanted.map((name) => ({ name, text: 'a,b', writable: false, others: ['0'] })),
        );
        expect(readFileSync(path, 'utf8')).toBe('a,b');
        expect(jsonOf(await call('list_inputs'))).toEqual(['PermissionError']);
      });

      it('a stream, in order, one item at a time', async () => {
        const seen: number[] = [];
        let inside = 0;
        const onItem = async (json: Uint8Array) => {
          expect(++inside).toBe(1);
          await new Promise(setImmediate);
          seen.push((JSON.parse(Buffer.from(json).toString()) as { i: number }).i);
          inside--;
        };
        const { outcome } = await call('count', { to: 300, size: 1000 }, { onItem });
        expect(outcome).toEqual({ type: 'stream', items: 300 });
        expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i));
      });

      it('a stream no faster than it is taken', async () => {
        const abort = new AbortController();
        let taken = 0;
        const onItem = async () => {
          if (++taken === 2) abort.abort('cancelled');
          await new Promise((resolve) => setTimeout(resolve, 300));
        };
        const result = await call('count', { to: 100_000, size: 100 }, { onItem, signal: abort.signal });
        expect(codeOf(result)).toBe('cancelled');
        expect(result.stdout.split('\n').length).toBeLessThan(20);
      });

      it('how far it is, never less than before, and the last of it before the answer', async () => {
        const seen: Progress[] = [];
        const onProgress = (progress: Progress) => void seen.push(progress);
        const reports = [
          [0.5, 'half'],
          [0.25, 'less'],
          [null, 'line\nline \u001b[2J ☃'],
        ];
        expect(jsonOf(await call('report', { reports }, { onProgress }))).toBeNull();
        expect(seen[0]).toEqual({ fraction: 0.5, message: 'half' });
        expect(seen.at(-1)).toEqual({ fraction: 0.5, message: 'line line  [2J ☃' });
        await call('report', { reports: [[null, '☃'.repeat(1000)]] }, { onProgress });
        expect(seen.at(-1)).toEqual({ fraction: null, message: '☃'.repeat(333) });
        expect(jsonOf(await call('report', { reports }))).toBeNull(); // where nobody listens
      });

      it('what a loop says faster than it can be heard, and what comes behind it at once', async () => {
        const seen: Progress[] = [];
        const abort = new AbortController();
        const onProgress = (progress: Progress) => {
          seen.push(progress);
          if (progress.message === 'sorting') abort.abort('cancelled');
        };
        const input = { count: 20_000, seconds: 60 };
        const result = await call('report_much', input, { onProgress, signal: abort.signal });
        expect(codeOf(result)).toBe('cancelled');
        expect(seen[0]).toEqual({ fraction: 0, message: 'row 0' });
        expect(seen.length).toBeLessThan(3 + result.usage.wallNs / 100e6);
      });

      it('progress between the items of a stream, and from threads', async () => {
        const seen: string[] = [];
        const listening = {
          onItem: (json: Uint8Array) => void seen.push(Buffer.from(json).toString()),
          onProgress: ({ message }: Progress) => void seen.push(message),
        };
        await call('report_and_count', { to: 3 }, listening);
        expect(seen.slice(0, 2)).toEqual(['before 0', '0']);
        expect(seen.filter((one) => one.length === 1)).toEqual(['0', '1', '2']);
        expect(seen.filter((one) => one.length > 1).at(-1)).toBe('before 2');
        expect(jsonOf(await call('report_from_threads', { count: 500 }, listening))).toBe(500);
        expect(seen.at(-1)).toBe('x'.repeat(900));
      });

      it('that progress made no sense', async () => {
        for (const reports of [[[1.5, '']], [[-0.1, '']], [['page 3', '']], [[0.5, 3]], [[[], '']]]) {
          const { outcome } = await call('report', { reports });
          expect(outcome).toMatchObject({ type: 'failed', code: 'script-error' });
        }
        const able = calling(
          shop.sandbox,
          templateOf(shop, 'ordinary.py', isolation, { key: 'forking', limits: { ...limits, subprocesses: 4 } }),
        );
        expect(jsonOf(await able('report_from_child'))).toMatch(/in another process than the call's/);
      });

      it('a stream up to where it failed', async () => {
        const seen: string[] = [];
        const onItem = (json: Uint8Array) => void seen.push(Buffer.from(json).toString());
        const result = await call('count_and_fail', { to: 3 }, { onItem });
        expect(seen).toEqual(['0', '1', '2']);
        expect(result.outcome).toMatchObject({
          type: 'failed',
          code: 'script-error',
          exception: { type: 'ValueError' },
        });
      });

      it('what was printed, up to 64 KiB of each', async () => {
        const little = await call('talk', { out: 5, err: 3 });
        expect(little).toMatchObject({ stdout: 'ooooo', stderr: 'eee', truncatedBytes: 0 });
        const much = await call('talk', { out: 100_000, err: 70_000 });
        expect(much.stdout).toBe('o'.repeat(65_536));
        expect(much.stderr).toBe('e'.repeat(65_536));
        expect(much.truncatedBytes).toBe(170_000 - 2 * 65_536);
        expect(await call('add', { a: 1, b: 1 })).toMatchObject({ stdout: '', stderr: '' });
      });
    });

    describe('asks for calls of others', () => {
      const said = (value: unknown): AskAnswer => ({ ok: true, json: Buffer.from(JSON.stringify(value)) });
      const argumentsOf = ({ input }: Ask) => JSON.parse(input.toString()) as Record<string, unknown>;

      it('and gets their results, digit for digit', async () => {
        const asked: [string, string][] = [];
        const onAsk = async ({ target, input }: Ask): Promise<AskAnswer> => {
          asked.push([target, input.toString()]);
          return { ok: true, json: Buffer.from('[9007199254740993,1.0,"☃"]') };
        };
        const { outcome } = await call(
          'ask',
          { target: 'words.top', arguments: { text: '☃', n: 10 ** 20 } },
          { onAsk },
        );
        expect(asked).toEqual([['words.top', '{"text":"☃","n":100000000000000000000}']]);
        expect(outcome).toEqual({ type: 'value', json: Buffer.from('[9007199254740993,1.0,"☃"]') });
      });

      it('and hears why there is none', async () => {
        const onAsk = async ({ target }: Ask): Promise<AskAnswer> => {
          if (target === 'other.long') return said('x'.repeat(limits.outputBytes));
          if (target === 'other.broken') throw new Error('by our fault');
          throw new CrankError('policy-denied', 'Not on a Sunday.', { reasons: ['sunday'] });
        };
        const { outcome } = await call('ask', { target: 'a.b', arguments: {} }, { onAsk });
        expect(outcome).toMatchObject({
          code: 'script-error',
          exception: { type: 'crank_platform.CallError', message: 'a.b: policy-denied: Not on a Sunday.' },
        });
        const hear = async (target: string, options: CallOptions = { onAsk }) =>
          (jsonOf(await call('ask_badly', { target }, options)) as unknown[]).slice(0, 4);
        expect(await hear('a.b')).toEqual(['a.b', 'policy-denied', 'Not on a Sunday.', 403]);
        expect((await hear('other.long'))[1]).toBe('output-too-large');
        expect((await hear('other.broken')).slice(1, 3)).toEqual(['internal', 'The node failed.']);
        expect((await hear('a.b', {}))[1]).toBe('forbidden');
        expect((await hear('ä'.repeat(300)))[1]).toBe('invalid-input');
      });

      it('and sends files as files in JSON', async () => {
        const path = file('given.txt', 'given');
        const seen: unknown[] = [];
        const onAsk = async (ask: Ask): Promise<AskAnswer> => {
          seen.push(argumentsOf(ask));
          return said({ name: 'r.txt', type: 'text/plain', size: 1, base64: 'eA==' });
        };
        const files = [{ parameter: 'path', name: 'given.txt', path }];
        expect(jsonOf(await call('ask_with_files', {}, { files, onAsk }))).toMatchObject({ name: 'r.txt', size: 1 });
        expect(seen).toEqual([
          {
            given: { name: 'given.txt', base64: 'Z2l2ZW4=' },
            made: { name: 'made.txt', base64: 'bWFkZQ==' },
            raw: { name: 'data.bin', base64: 'AP8=' },
            several: [
              { name: 'data.bin', base64: 'YQ==' },
              { name: 'data.bin', base64: 'Yg==' },
            ],
          },
          { again: { name: 'r.txt', base64: 'eA==' } },
        ]);
      });

      it('several at one time, and no more than eight, from threads and coroutines', async () => {
        let [running, most] = [0, 0];
        const onAsk = async (ask: Ask): Promise<AskAnswer> => {
          most = Math.max(most, ++running);
          for (let n = 0; n < 20; n++) await new Promise(setImmediate);
          running--;
          return said(argumentsOf(ask)['i']);
        };
        const all = Array.from({ length: 30 }, (_, i) => i);
        for (const operation of ['ask_in_threads', 'ask_together']) {
          most = 0;
          expect(jsonOf(await call(operation, { count: 30 }, { onAsk }))).toEqual(all);
          expect(most).toBeLessThanOrEqual(8);
          expect(most).toBeGreaterThan(1);
        }
      });

      it('between the items of a stream', async () => {
        const seen: string[] = [];
        const onItem = async (json: Uint8Array) => void seen.push(Buffer.from(json).toString());
        const onAsk = async (ask: Ask) => said(argumentsOf(ask)['i']);
        const { outcome } = await call('count_asking', { to: 50 }, { onItem, onAsk });
        expect(outcome).toEqual({ type: 'stream', items: 50 });
        expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
      });

      it('whose end is theirs, and which have no more time than it has', async () => {
        let ended: Promise<unknown> | undefined;
        const onAsk = async ({ target, signal, leftMs }: Ask): Promise<AskAnswer> => {
          expect(leftMs).toBeLessThanOrEqual(limits.wallMs);
          expect(leftMs).toBeGreaterThan(limits.wallMs - 10_000);
          if (target === 'other.begun') return said(ended !== undefined);
          ended = new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));
          await ended;
          return said('too late');
        };
        expect(jsonOf(await call('ask_and_leave', {}, { onAsk }))).toBe('left');
        expect(await ended).toBe('cancelled');
        // What came too late is nobody's, and the next call hears nothing of it.
        expect(jsonOf(await call('ask', { target: 'a.b', arguments: {} }, { onAsk: async () => said('mine') }))).toBe(
          'mine',
        );
      });

      it('which it may give up', async () => {
        const begun = Promise.withResolvers<AbortSignal>();
        const onAsk = async ({ target, signal }: Ask): Promise<AskAnswer> => {
          if (target === 'other.never') begun.resolve(signal);
          const never = await begun.promise;
          if (target === 'other.begun') return said(true);
          if (!never.aborted) await new Promise((resolve) => never.addEventListener('abort', resolve));
          return said(never.reason);
        };
        expect(jsonOf(await call('ask_and_give_up', {}, { onAsk }))).toBe('cancelled');
      });

      it('within calls within calls, and none waits for ever for a place that those around it hold', async () => {
        const within =
          (depth: number) =>
          async (ask: Ask): Promise<AskAnswer> => {
            const { outcome } = await call('descend', argumentsOf(ask), { depth: depth + 1, onAsk: within(depth + 1) });
            return outcome.type === 'value' ? { ok: true, json: outcome.json } : said(outcome);
          };
        const parents = isolation === 'fresh' ? 50 : 8;
        const results = await Promise.all(
          Array.from({ length: parents }, () => call('descend', { depth: 2 }, { onAsk: within(0) })),
        );
        expect(results.map(jsonOf)).toEqual(Array.from({ length: parents }, () => 2));
      });
    });

    describe('says how a call failed', () => {
      it('an exception, with the lines of the script only', async () => {
        const { outcome } = await call('fail', { message: 'no such thing' });
        expect(outcome).toMatchObject({
          type: 'failed',
          code: 'script-error',
          detail: 'ValueError: no such thing',
          exception: { type: 'ValueError', message: 'no such thing' },
        });
        if (outcome.type !== 'failed') return;
        expect(outcome.exception?.traceback).toContain('ordinary.py');
        expect(outcome.exception?.traceback).not.toContain('crank_runtime');
      });

      const failures: [string, string, unknown, string, CallOptions?][] = [
        ['sys.exit', 'leave', { code: 3 }, 'script-error'],
        ['KeyboardInterrupt', 'interrupt', {}, 'script-error'],
        ['too much memory', 'hog', { mebibytes: 1000 }, 'out-of-memory'],
        ['too much time', 'sleep', { seconds: 60 }, 'timeout', { limits: { wallMs: 300 } }],
        ['too much CPU', 'burn', { milliseconds: 60_000 }, 'timeout', { limits: { cpuMs: 200 } }],
        ['a result too long', 'long_text', { size: 3_000_000 }, 'output-too-large'],
        ['a file too long', 'zeros', { size: 9_000_000 }, 'output-too-large'],
        ['input that does not fit', 'add', { a: 'x', b: 1 }, 'invalid-input'],
        ['output without JSON form', 'no_json', {}, 'invalid-output'],
      ];
      it.each(failures)('%s', async (_, operation, input, code, options) => {
        const result = await call(operation, input, options);
        expect(codeOf(result)).toBe(code);
        expect(jsonOf(await call('add', { a: 1, b: 2 }))).toBe(3);
      });

      it('what was printed and used before the time was up', async () => {
        const abort = new AbortController();
        const onItem = () => abort.abort('timeout');
        const stopped = await call('count_and_sleep', {}, { onItem, signal: abort.signal });
        expect(stopped.stdout).toBe('sleeping\n');
        const burned = await call('burn', { milliseconds: 60_000 }, { limits: { cpuMs: 300 } });
        expect(burned.usage.cpuNs).toBeGreaterThan(290e6);
        expect(burned.usage.cpuNs).toBeLessThan(5000e6);
      });

      it('cancelled and past its deadline, as the signal says', async () => {
        for (const [reason, code] of [
          ['cancelled', 'cancelled'],
          ['timeout', 'timeout'],
        ]) {
          const abort = new AbortController();
          setTimeout(() => abort.abort(reason), 100);
          expect(codeOf(await call('sleep', { seconds: 60 }, { signal: abort.signal }))).toBe(code);
          expect(codeOf(await call('sleep', { seconds: 60 }, { signal: abort.signal }))).toBe(code);
        }
        expect(jsonOf(await call('add', { a: 1, b: 2 }))).toBe(3);
      });

      it("the receiver's own failure, as it was thrown", async () => {
        const onItem = () => Promise.reject(new Error('the client is gone'));
        await expect(call('count', { to: 10_000 }, { onItem })).rejects.toThrow('the client is gone');
        expect(jsonOf(await call('add', { a: 1, b: 2 }))).toBe(3);
      });

      it('no file is left of a call that failed', async () => {
        await call('zeros', { size: 9_000_000 });
        const [node] = readdirSync(join(shop.root, 'scratch')).filter((name) => name.startsWith('node-'));
        expect(readdirSync(join(shop.root, 'scratch', node!, 'out'))).toEqual([]);
      });
    });

    describe('survives', () => {
      const crashes: [string, string, unknown][] = [
        ['a process that ends itself', 'die', { code: 0 }],
        ['a process that ends itself with a status', 'die', { code: 7 }],
        ['a segmentation fault', 'segfault', {}],
        ['an abort', 'abort', {}],
        ['a forged frame of no known type', 'forge', { kind: 99, body: '00' }],
        ['a forged answer without a head', 'forge', { kind: isolation === 'fresh' ? 8 : 5, body: '00' }],
        ['a length that cannot be', 'forge_bytes', { body: 'ffffffff'.repeat(4) }],
        ['a stream without end', 'flood', {}],
      ];
      it.each(crashes)('%s', async (_, operation, input) => {
        expect(codeOf(await attack(operation, input))).toBe('crashed');
        expect(jsonOf(await attack('deny', { name: 'tcp' }))).toBe('refused: PermissionError');
      });

      it('closed descriptors', async () => {
        // A fresh call's slot cannot see that, so it ends at its time limit.
        const ends = isolation === 'warm' ? 'crashed' : 'timeout';
        expect(codeOf(await attack('close_everything', {}, { limits: { wallMs: 300 } }))).toBe(ends);
        expect(jsonOf(await attack('deny', { name: 'tcp' }))).toBe('refused: PermissionError');
      });

      it('signals to everybody', async () => {
        const result = await attack('kill_all');
        expect(['crashed', 'value']).toContain(result.outcome.type === 'failed' ? result.outcome.code : 'value');
        expect(jsonOf(await attack('deny', { name: 'fork' }))).toBe('refused: PermissionError');
      });

      it('more threads than allowed', async () => {
        const started = jsonOf(await attack('threads', { wanted: 500 })) as number;
        expect(started).toBeGreaterThan(3);
        expect(started).toBeLessThanOrEqual(limits.threads);
      });
    });

    describe('refuses', () => {
      const acts = [
        ...['tcp', 'udp', 'unix', 'netlink', 'datagram pair', 'fork', 'subprocess', 'unshare', 'ptrace', 'mount'],
        ...[
          'memfd',
          'shadow',
          'hosts',
          'sys',
          'shm',
          ...(shared ? [] : ['cpuinfo']),
          'core pattern',
          'write root',
          'write code',
        ],
        ...['write usr', "zygote's memory", 'fill tmp', 'setuid', 'nice'],
      ];
      it.each(acts)('%s', async (name) => {
        expect(jsonOf(await attack('deny', { name }))).toMatch(/^refused: /);
      });

      it('to leave a process behind', async () => {
        const may = templateOf(shop, 'hostile.py', isolation, { limits: { ...limits, subprocesses: 8 } });
        const marker = String(1_000_000 + Math.floor(Math.random() * 1e6));
        const result = await calling(shop.sandbox, may)('linger', { marker });
        if (isolation === 'warm') await shop.sandbox.retire(may.key);
        expect(jsonOf(result)).toBe('answered');
        expect(processesWith(`sleep\0${marker}`)).toEqual([]);
      });
    });

    it('runs subprocesses where they are allowed, and counts their CPU', async () => {
      const may = templateOf(shop, 'ordinary.py', isolation, { limits: { ...limits, subprocesses: 8 } });
      const result = await calling(shop.sandbox, may)('burn_outside', { milliseconds: 300 });
      expect(jsonOf(result)).toBe(0);
      expect(result.usage.cpuNs).toBeGreaterThan(290e6);
    });

    it('puts libraries behind the code', async () => {
      const lib = join(shop.root, `lib-${isolation}`);
      mkdirSync(lib, { mode: 0o755 });
      writeFileSync(join(lib, 'extra.py'), 'def answer(): return 42\n');
      const code = join(shop.root, `code-${isolation}`);
      mkdirSync(code, { mode: 0o755 });
      writeFileSync(join(code, 'main.py'), 'import extra\ndef go() -> int:\n    return extra.answer()\n');
      const template = templateOf(shop, 'main.py', isolation, { codeDir: code, libDirs: [lib] });
      expect(jsonOf(await calling(shop.sandbox, template)('go'))).toBe(42);
    });
  });
};
