import { CrankError } from '#src/core/error.ts';

/** A token bucket per name, in memory. Buckets that are full again are forgotten. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** Takes one token. @throws CrankError `rate-limited` with the seconds until there is one. */
  take(name: string, now = performance.now()): void {
    if (this.#buckets.size > 10_000) this.#sweep(now);
    const bucket = this.#buckets.get(name) ?? { tokens: this.#burst, at: now };
    bucket.tokens = Math.min(this.#burst, bucket.tokens + ((now - bucket.at) / 1000) * this.#perSecond);
    bucket.at = now;
    this.#buckets.set(name, bucket);
    if (bucket.tokens < 1) {
      const wait = Math.ceil((1 - bucket.tokens) / this.#perSecond);
      throw new CrankError(
        'rate-limited',
        `More than ${this.#perSecond} requests a second: wait ${wait} s and try again.`,
        {
          retryAfter: wait,
        },
      );
    }
    bucket.tokens -= 1;
  }

  #sweep(now: number): void {
    for (const [name, bucket] of this.#buckets) {
      if (bucket.tokens + ((now - bucket.at) / 1000) * this.#perSecond >= this.#burst) this.#buckets.delete(name);
    }
  }
}
