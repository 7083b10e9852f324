import { CrankError } from '#src/core/error.ts';
import type { Quota, QuotaLeft } from '#src/core/quota.ts';

/** A bucket that is asked: whose it is, and what it holds. */
export interface Bucket {
  key: string;
  quota: Quota;
}

const MOST_BUCKETS = 10_000;

/**
 * Token buckets by their keys, in the memory of this node. Those that are full again are forgotten. Levels are whole
 * numbers, in requests times milliseconds of the window, so that nothing is ever rounded.
 */
export class RateLimit {
  readonly #buckets = new Map<string, { level: number; at: number; quota: Quota }>();

  /**
   * Takes one request from each, or from none.
   *
   * @param now milliseconds of a clock that never goes back
   * @returns what is left of each
   * @throws CrankError `rate-limited` with the seconds until there is one, and what is left
   */
  take(asked: readonly Bucket[], now = performance.now()): QuotaLeft[] {
    const ms = Math.floor(now);
    if (this.#buckets.size > MOST_BUCKETS) this.#sweep(ms);
    const buckets = asked.map((bucket) => this.#filled(bucket, ms));
    const short = buckets.filter(({ level, quota }) => level < costOf(quota));
    if (short.length === 0) for (const bucket of buckets) bucket.level -= costOf(bucket.quota);
    const quotas = buckets.map(leftOf);
    if (short.length === 0) return quotas;
    const waits = short.map(({ level, quota }) => Math.ceil((costOf(quota) - level) / quota.requests / 1000));
    const retryAfter = Math.max(...waits);
    const { name, requests, seconds } = short[waits.indexOf(retryAfter)]!.quota;
    throw new CrankError(
      'rate-limited',
      `More than ${requests} requests in ${seconds} s (the quota "${name}"): wait ${retryAfter} s and try again.`,
      { retryAfter, quotas },
    );
  }

  #filled({ key, quota }: Bucket, ms: number): { level: number; at: number; quota: Quota } {
    const known = this.#buckets.get(key);
    const same = known?.quota.requests === quota.requests && known.quota.seconds === quota.seconds;
    const bucket = known !== undefined && same ? known : { level: fullOf(quota), at: ms, quota };
    bucket.level = Math.min(fullOf(quota), bucket.level + Math.max(0, ms - bucket.at) * quota.requests);
    bucket.at = Math.max(ms, bucket.at);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #sweep(ms: number): void {
    for (const [key, { level, at, quota }] of this.#buckets)
      if (level + (ms - at) * quota.requests >= fullOf(quota)) this.#buckets.delete(key);
  }
}

const costOf = ({ seconds }: Quota): number => seconds * 1000;
const fullOf = (quota: Quota): number => costOf(quota) * quota.requests;

const leftOf = ({ level, quota }: { level: number; quota: Quota }): QuotaLeft => ({
  ...quota,
  left: Math.floor(level / costOf(quota)),
  full: Math.ceil((fullOf(quota) - level) / quota.requests / 1000),
});
