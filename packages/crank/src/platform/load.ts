import { CrankError } from '#src/core/error.ts';

/** An account's calls in flight are at most this many times the room that is left. */
const GREED = 3;

/**
 * Calls in flight, how many there may be, and whose they are. One account alone gets three quarters of the room. Where many
 * want more than there is, those with most wait for their calls to end until shares are even, and a newcomer finds room.
 */
export class Load {
  readonly limit: number;
  /** Set while the node stops: no new calls. */
  draining = false;
  /** Of the calls in flight those that have a process each, or wait for one: what keeps the processors busy. */
  forking = 0;
  #inFlight = 0;
  readonly #byAccount = new Map<string, number>();

  constructor(limit: number) {
    this.limit = limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Before it is known who asks. @throws CrankError `overloaded`, `unavailable` */
  demandRoom(): void {
    if (this.draining)
      throw new CrankError('unavailable', 'The node is stopping: try again in a moment.', { retryAfter: 2 });
    if (this.#inFlight >= this.limit) {
      throw new CrankError('overloaded', `${this.limit} calls are in flight on this node: try again in a second.`, {
        retryAfter: 1,
      });
    }
  }

  /** Counts a call until the function returned is called. @throws CrankError `overloaded` */
  enter(account: string): () => void {
    const own = this.#byAccount.get(account) ?? 0;
    if (own > 0 && own >= GREED * (this.limit - this.#inFlight)) {
      throw new CrankError(
        'overloaded',
        `${own} calls of this account are in flight, which is its share of this node: try again in a second.`,
        { retryAfter: 1 },
      );
    }
    this.#inFlight++;
    this.#byAccount.set(account, own + 1);
    return () => {
      this.#inFlight--;
      const left = this.#byAccount.get(account)! - 1;
      if (left > 0) this.#byAccount.set(account, left);
      else this.#byAccount.delete(account);
    };
  }
}
