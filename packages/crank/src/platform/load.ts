import { availableParallelism } from 'node:os';
import { CrankError } from '#src/core/error.ts';

/** An account's calls in flight are at most this many times the room that is left. */
const GREED = 3;
const cpus = availableParallelism();

/**
 * Calls in flight, how many there may be, and whose they are. One account alone gets three quarters of the room. Where many
 * want more than there is, those with most wait for their calls to end until shares are even, and a newcomer finds room.
 */
export class Load {
  readonly limit: number;
  /** Set while the node stops: no new calls. */
  draining = false;
  #inFlight = 0;
  readonly #byAccount = new Map<string, number>();
  /** Of the calls in flight those that have a process each, or wait for one, by the account of their service. */
  readonly #forking = new Map<string, number>();
  #forks = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Before it is known who asks. @param within another call, which is in flight already @throws CrankError `overloaded`, `unavailable` */
  demandRoom(within = false): void {
    if (this.draining && !within)
      throw new CrankError('unavailable', 'The node is stopping: try again in a moment.', { retryAfter: 2 });
    if (this.#inFlight >= this.limit) {
      throw new CrankError('overloaded', `${this.limit} calls are in flight on this node: try again in a second.`, {
        retryAfter: 1,
      });
    }
  }

  /** Counts a call that has a process of its own until the function returned is called: such calls keep the processors busy. */
  fork(account: string): () => void {
    this.#forks++;
    this.#forking.set(account, (this.#forking.get(account) ?? 0) + 1);
    return () => {
      this.#forks--;
      const left = this.#forking.get(account)! - 1;
      if (left > 0) this.#forking.set(account, left);
      else this.#forking.delete(account);
    };
  }

  /** Whether the processors are busy, and that with an account's own calls: one that has few waits for nobody's. */
  crowdedBy(account: string): boolean {
    return this.#forks >= 2 * cpus && (this.#forking.get(account) ?? 0) >= cpus;
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
