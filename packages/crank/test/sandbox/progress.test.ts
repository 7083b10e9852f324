import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Progress } from '#src/core/progress.ts';
import { ProtocolViolation } from '#src/engines/sandbox/frames.ts';
import { createProgressRelay } from '#src/engines/sandbox/progress.ts';

const body = (fraction: number, message: string | Buffer = ''): Buffer => {
  const head = Buffer.alloc(8);
  head.writeDoubleLE(fraction);
  return Buffer.concat([head, Buffer.from(message as string)]);
};

describe('progress', () => {
  let seen: Progress[];
  const relay = () => createProgressRelay((progress) => void seen.push(progress), Date.now);
  beforeEach(() => {
    vi.useFakeTimers();
    seen = [];
  });
  afterEach(() => vi.useRealTimers());

  it('is passed on at once, then ten times a second, and at the end', () => {
    const { take, close } = relay();
    for (let n = 0; n < 5; n++) take(body(n / 10, `${n}`));
    expect(seen.map(({ message }) => message)).toEqual(['0']);
    vi.advanceTimersByTime(100);
    expect(seen.map(({ message }) => message)).toEqual(['0', '4']);
    vi.advanceTimersByTime(1000);
    take(body(0.6, '6'));
    take(body(0.7, '7'));
    expect(seen.map(({ message }) => message)).toEqual(['0', '4', '6']);
    close();
    expect(seen.at(-1)).toEqual({ fraction: 0.7, message: '7' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never goes back', () => {
    const { take } = relay();
    for (const fraction of [Number.NaN, 0.5, 0.2, Number.NaN, 1, 0, -0]) {
      take(body(fraction));
      vi.advanceTimersByTime(100);
    }
    expect(seen.map(({ fraction }) => fraction)).toEqual([null, 0.5, 0.5, 0.5, 1, 1, 1]);
  });

  it.each([
    ['a fraction above one', body(2)],
    ['a fraction below nothing', body(-0.5)],
    ['an endless fraction', body(Number.POSITIVE_INFINITY)],
    ['no whole fraction', Buffer.alloc(7)],
    ['a message that is no text', body(0.5, Buffer.from([0xc3, 0x28]))],
    ['a message that is too long', body(0.5, 'x'.repeat(1001))],
  ])('with %s is a violation', (_, bytes) => {
    expect(() => relay().take(bytes)).toThrow(ProtocolViolation);
    expect(seen).toEqual([]);
  });

  it('is a violation beyond what a call may tell, and not before', () => {
    const { take } = relay();
    for (let n = 0; n < 1000; n++) take(body(0.5));
    expect(() => take(body(0.5))).toThrow(ProtocolViolation);
    vi.advanceTimersByTime(60_000);
    for (let n = 0; n < 5000; n++) take(body(0.5));
    expect(seen.length).toBeLessThan(5);
  });
});
