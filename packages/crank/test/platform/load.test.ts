import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { CrankError } from '#src/core/error.ts';
import { Load } from '#src/platform/load.ts';

/** Makes calls that do not end, until one is refused. */
const flood = (load: Load, account: string): (() => void)[] => {
  const leaves: (() => void)[] = [];
  for (;;) {
    try {
      load.demandRoom();
      leaves.push(load.enter(account));
    } catch (error) {
      expect(error).toBeInstanceOf(CrankError);
      expect(error).toMatchObject({ code: 'overloaded', extras: { retryAfter: 1 } });
      return leaves;
    }
  }
};

describe('the room for calls in flight', () => {
  it('is three quarters for an account alone', () => {
    const load = new Load(256);
    expect(flood(load, 'noisy')).toHaveLength(192);
    expect(load.inFlight).toBe(192);
  });

  it('has some for a newcomer, once calls of those who want all of it have ended', () => {
    const load = new Load(256);
    const noisy = Array.from({ length: 12 }, (_, n) => flood(load, `noisy-${n}`));
    for (let round = 0; round < 256; round++) {
      for (const [n, leaves] of noisy.entries()) {
        leaves.shift()?.();
        leaves.push(...flood(load, `noisy-${n}`));
      }
    }
    expect(load.inFlight).toBeLessThan(256);
    expect(flood(load, 'quiet').length).toBeGreaterThan(0);
    for (const { length } of noisy) expect(length).toBeGreaterThan(10);
  });

  it('comes back as calls end', () => {
    const load = new Load(64);
    const noisy = flood(load, 'noisy');
    for (const leave of noisy) leave();
    expect(load.inFlight).toBe(0);
    expect(flood(load, 'other')).toHaveLength(noisy.length);
  });

  it('is closed while the node stops', () => {
    const load = new Load(1);
    load.draining = true;
    expect(() => load.demandRoom()).toThrow(/stopping/);
  });
});

describe('what keeps the processors busy', () => {
  it('is an account of many calls, and nobody else beside it', () => {
    const load = new Load(100);
    const many = 2 * availableParallelism();
    const leaves = Array.from({ length: many }, () => load.fork('noisy'));
    load.fork('quiet');
    expect([load.crowdedBy('noisy'), load.crowdedBy('quiet'), load.crowdedBy('absent')]).toEqual([true, false, false]);
    for (const leave of leaves) leave();
    expect(load.crowdedBy('noisy')).toBe(false);
  });
});
