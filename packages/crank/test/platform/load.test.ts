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
