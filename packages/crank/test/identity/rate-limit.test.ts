import { describe, expect, it } from 'vitest';
import type { CrankError } from '#src/core/error.ts';
import { quotaHeaders } from '#src/doors/http/answer/quota-headers.ts';
import { type Bucket, RateLimit } from '#src/engines/identity/rate-limit.ts';
import { Rates } from '#src/platform/rates.ts';

const bucket = (key: string, requests: number, seconds: number): Bucket => ({
  key,
  quota: { name: key, requests, seconds },
});

/** What is left after a request, or the seconds to wait. */
const take = (limit: RateLimit, buckets: readonly Bucket[], ms: number): readonly number[] | { wait: number } => {
  try {
    return limit.take(buckets, ms).map(({ left }) => left);
  } catch (error) {
    expect((error as CrankError).code).toBe('rate-limited');
    return { wait: (error as CrankError).extras.retryAfter! };
  }
};

describe('rate limit', () => {
  it('holds all of a window, and gives one back at its very millisecond', () => {
    const limit = new RateLimit();
    const three = [bucket('a', 3, 7)];
    expect([0, 0, 0, 0].map((ms) => take(limit, three, ms))).toEqual([[2], [1], [0], { wait: 3 }]);
    // A third of 7 s is 2,333 and a third milliseconds: the first whole one behind it has the request.
    expect(take(limit, three, 2333)).toEqual({ wait: 1 });
    expect(take(limit, three, 2334)).toEqual([0]);
    expect(take(limit, three, 4666)).toEqual({ wait: 1 });
    expect(take(limit, three, 4667)).toEqual([0]);
    expect(take(limit, three, 7000)).toEqual([0]);
  });

  it('lets exactly the rate through over an hour, however time is cut', () => {
    const limit = new RateLimit();
    const seven = [bucket('a', 7, 60)];
    let through = 0;
    let ms = 0;
    for (; ms < 3_600_000; ms += 997) if (Array.isArray(take(limit, seven, ms))) through += 1;
    expect(through).toBe(7 + Math.floor((7 * (ms - 997)) / 60_000));
  });

  it('holds no more than a window, and a clock that goes back gives nothing', () => {
    const limit = new RateLimit();
    const two = [bucket('a', 2, 1)];
    expect(take(limit, two, 5_000)).toEqual([1]);
    expect(take(limit, two, 1_000)).toEqual([0]);
    expect(take(limit, two, 5_000)).toEqual({ wait: 1 });
    expect(take(limit, two, 1e9)).toEqual([1]);
  });

  it('takes from all buckets or from none, and tells the longest wait', () => {
    const limit = new RateLimit();
    const [wide, narrow, slow] = [bucket('wide', 10, 1), bucket('narrow', 1, 30), bucket('slow', 1, 90)];
    expect(take(limit, [wide, narrow], 0)).toEqual([9, 0]);
    expect(take(limit, [wide, narrow], 0)).toEqual({ wait: 30 });
    expect(take(limit, [wide], 0)).toEqual([8]);
    expect(take(limit, [slow], 0)).toEqual([0]);
    expect(take(limit, [wide, narrow, slow], 1)).toEqual({ wait: 90 });
  });

  it('counts each principal by itself, and all of an account together', () => {
    const rates = new Rates({ principal: 1, account: 2 });
    const who = (id: string, account = 'a') => {
      try {
        return rates.take({ id, account }).map(({ left }) => left);
      } catch (error) {
        return (error as CrankError).extras.quotas!.map(({ left }) => left);
      }
    };
    expect([who('x'), who('x'), who('x'), who('y'), who('y'), who('z'), who('z', 'b')]).toEqual([
      [1, 3],
      [0, 2],
      [0, 2],
      [1, 1],
      [0, 0],
      [2, 0],
      [1, 3],
    ]);
  });

  it('is told in fields of the current draft', () => {
    const limit = new RateLimit();
    const asked = [bucket('principal', 100, 60), bucket('account', 5, 1)];
    expect(quotaHeaders(limit.take(asked, 0))).toEqual({
      'ratelimit-policy': '"principal";q=100;w=60, "account";q=5;w=1',
      ratelimit: '"principal";r=99;t=1, "account";r=4;t=1',
    });
    expect(quotaHeaders([])).toEqual({});
    expect(quotaHeaders(undefined)).toEqual({});
  });
});
