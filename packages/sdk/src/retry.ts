import type { Problem } from './generated/api.ts';

/** What a try came to. */
export interface Failure {
  /** The node's problem document; absent where no answer came, or one that is not a node's. */
  problem?: Pick<Problem, 'retry'>;
  /** Of an answer that is not a node's: a proxy's. */
  status?: number;
  /** Seconds, of `Retry-After`. */
  retryAfter?: number;
}

export interface RetryPolicy {
  /** Tries after the first. */
  retries: number;
  /** Milliseconds before the first of them; twice as long each time. */
  baseMs: number;
  /** Longest wait, milliseconds. Where the node asks for a longer one, the error is thrown instead. */
  longestMs: number;
}

export const defaultRetries: RetryPolicy = { retries: 2, baseMs: 250, longestMs: 30_000 };

const LOST = new Set([502, 503, 504]);

/**
 * How long to wait before the next try, in milliseconds; undefined where there is none: because it is hopeless, because nobody can
 * say whether the first one did something that must not be done twice, or because it would come too late.
 *
 * @param again whether the request may be made twice: it reads only, or has an idempotency key
 * @param tries that were made
 * @param random from 0 to 1: clients that failed together should not come back together
 */
export const retryDelay = (
  failure: Failure,
  again: boolean,
  tries: number,
  policy: RetryPolicy,
  random: number,
): number | undefined => {
  if (tries > policy.retries || !isWorthwhile(failure, again)) return undefined;
  if (failure.retryAfter !== undefined) {
    const ms = failure.retryAfter * 1000;
    return ms <= policy.longestMs ? ms : undefined;
  }
  return Math.min(policy.baseMs * 2 ** (tries - 1), policy.longestMs) * (0.5 + random / 2);
};

const isWorthwhile = ({ problem, status }: Failure, again: boolean): boolean => {
  // `after` says that nothing was done; `same-key` that something may have been.
  if (problem !== undefined) return problem.retry === 'after' || (problem.retry === 'same-key' && again);
  return again && (status === undefined || LOST.has(status));
};
