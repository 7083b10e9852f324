import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import type { AskAnswer } from '#src/engines/sandbox/asks.ts';
import { codeOf, jsonOf } from '../sandbox/harness.ts';
import { suite } from './suite.ts';

const openFiles = (): number => readdirSync('/proc/self/fd').length;

/** What is asked for is answered later than a moment. */
const onAsk = async (): Promise<AskAnswer> => {
  await new Promise(setImmediate);
  return { ok: true, json: Buffer.from('1') };
};

suite('protocol', ({ probe }) => {
  for (const name of [
    'a frame for another call',
    'an answer of no known kind',
    'a frame of every type',
    'an answer without a head',
    'lengths that do not add up',
    'a length beyond all bounds',
    'a length too short',
    'frames on every descriptor',
    'a flood of items',
    'a flood of nothing',
    'a flood of progress',
    'progress beyond all measure',
    'progress without a measure',
    'progress in no language',
    'progress of endless text',
    'progress of another call',
    'an ask without a head',
    'an ask for a name of endless text',
    'an ask for less than it says',
    'an ask in no language',
    'an ask twice',
    'more asks at one time than allowed',
    'arguments longer than allowed',
    'what was never asked, withdrawn',
    'a flood of withdrawals',
    'an ask in the name of another call',
    'asks without end',
    'outcomes that are not its own to claim',
    'our fault, claimed',
    'a refusal that costs nothing',
    'a failure that is a deep list',
    'an exception of endless text',
    'an exception of no shape',
  ] as const) {
    probe(name, async ({ attacker, mark }) => {
      for (const level of ['fresh', 'warm'] as const) {
        const result = await attacker[level]('attempt', { theme: 'protocol', name, mark }, { onAsk });
        expect(codeOf(result), level).toBe('crashed');
      }
    });
  }

  for (const name of ['half a frame, then silence', 'never answering', 'closing every descriptor'] as const) {
    probe(name, async ({ attacker, mark }) => {
      for (const level of ['fresh', 'warm'] as const) {
        const result = await attacker[level]('attempt', { theme: 'protocol', name, mark }, { limits: { wallMs: 300 } });
        // A warm process that closes its channel is noticed at once.
        expect(['timeout', name === 'closing every descriptor' && level === 'warm' ? 'crashed' : ''], level).toContain(
          codeOf(result),
        );
      }
    });
  }

  for (const name of [
    'half a frame for the next call',
    'half a frame behind the answer',
    'two answers',
    'items behind the answer',
    'progress behind the answer',
    'an ask behind the answer',
    'ending as if it had answered',
  ] as const) {
    probe(name, async ({ attacker, mark }) => {
      for (let n = 0; n < 5; n++) {
        const result = await attacker.fresh('attempt', { theme: 'protocol', name, mark });
        if (result.outcome.type === 'value') expect(jsonOf(result)).toBe(1);
        else expect(codeOf(result)).toBe('crashed');
        // The next ones in the same slots.
        for (let a = 0; a < 3; a++) expect(jsonOf(await attacker.fresh('add', { a, b: 1 }))).toBe(a + 1);
      }
    });
  }

  probe('answers that nobody reads', async ({ attacker, mark }) => {
    const name = 'answers that nobody reads';
    for (const level of ['fresh', 'warm'] as const) {
      let asked = 0;
      const long = async (): Promise<AskAnswer> => {
        asked++;
        return { ok: true, json: Buffer.alloc(2 ** 20 - 2, ' ') };
      };
      const options = { onAsk: long, limits: { wallMs: 250 } };
      expect(codeOf(await attacker[level]('attempt', { theme: 'protocol', name, mark }, options))).toBe('timeout');
      expect(asked).toBe(8);
    }
  });

  probe('a flood of empty chunks', async ({ attacker, mark }) => {
    const call = { theme: 'protocol', name: 'a flood of empty chunks', mark };
    expect(codeOf(await attacker.fresh('attempt', call, { limits: { wallMs: 1000 } }))).toBe('crashed');
  });

  probe('a longer answer than allowed', async ({ attacker, mark }) => {
    for (const level of ['fresh', 'warm'] as const) {
      const call = { theme: 'protocol', name: 'a longer answer than allowed', mark };
      expect(codeOf(await attacker[level]('attempt', call))).toBe('output-too-large');
    }
  });

  probe('a prototype in an exception', async ({ attacker, mark }) => {
    const { outcome } = await attacker.fresh('attempt', {
      theme: 'protocol',
      name: 'a prototype in an exception',
      mark,
    });
    expect(outcome).toEqual({
      type: 'failed',
      code: 'script-error',
      detail: 'x',
      exception: { type: 'T', message: 'm', traceback: '' },
    });
    expect(Object.getPrototypeOf(outcome)).toBe(Object.prototype);
  });

  probe('open files sent along', async ({ attacker, mark }) => {
    const before = openFiles();
    const call = { theme: 'protocol', name: 'open files sent along', mark };
    expect(codeOf(await attacker.fresh('attempt', call, { limits: { wallMs: 500 } }))).toMatch(/^(crashed|timeout)$/);
    expect(openFiles()).toBeLessThan(before + 50);
  });

  probe('usage beyond all measure', async ({ attacker }) => {
    const most = 2n ** 64n - 1n;
    for (const [cpu, peak, cut] of [
      [most, most, most],
      [0n, 0n, 0n],
    ]) {
      const { usage, truncatedBytes } = await attacker.fresh('claim', {}, { input: numbers({ cpu, peak, cut }) });
      for (const figure of [usage.cpuNs, usage.peakMemoryBytes, usage.wallNs, truncatedBytes]) {
        expect(Number.isSafeInteger(figure)).toBe(true);
      }
      expect(usage.cpuNs).toBeLessThan(usage.wallNs * 64);
    }
  });

  probe('CPU time kept secret, or made up', async ({ attacker }) => {
    for (const [milliseconds, claimed] of [
      [600, 0],
      [0, 5_000_000_000],
    ]) {
      // A neighbour in the same zygote, which the lie must not end.
      const beside = attacker.fresh('pause', { seconds: 1.2 });
      const { usage } = await attacker.fresh('lie', { milliseconds, claimed });
      expect(usage.cpuNs).toBeGreaterThan(milliseconds! * 1e6 * 0.9);
      expect(usage.cpuNs).toBeLessThan(milliseconds! * 1e6 + 400e6);
      expect(jsonOf(await beside)).toBe('paused');
    }
  });
});

const numbers = (values: Record<string, bigint | undefined>): Buffer =>
  Buffer.from(
    `{${Object.entries(values)
      .map(([name, value]) => `"${name}":${value}`)
      .join(',')}}`,
  );
