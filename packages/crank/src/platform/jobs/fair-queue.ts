/** What waits, and whose it is. */
export interface Waiting {
  id: string;
  account: string;
}

/** Takes turns between accounts: each gives its longest waiting one, whoever has how many. */
export class FairQueue {
  /** By account, in the order in which they came. */
  readonly #queues = new Map<string, Set<string>>();
  readonly #accounts = new Map<string, string>();

  get size(): number {
    return this.#accounts.size;
  }

  waiting(account: string): number {
    return this.#queues.get(account)?.size ?? 0;
  }

  add({ id, account }: Waiting): void {
    this.#accounts.set(id, account);
    const queue = this.#queues.get(account);
    if (queue === undefined) this.#queues.set(account, new Set([id]));
    else queue.add(id);
  }

  /** @returns whether it waited */
  remove(id: string): boolean {
    const account = this.#accounts.get(id);
    if (account === undefined) return false;
    this.#accounts.delete(id);
    const queue = this.#queues.get(account)!;
    queue.delete(id);
    if (queue.size === 0) this.#queues.delete(account);
    return true;
  }

  next(): Waiting | undefined {
    const first = this.#queues.entries().next().value;
    if (first === undefined) return undefined;
    const [account, queue] = first;
    const id = queue.values().next().value!;
    this.remove(id);
    // To the end of the round.
    if (queue.size > 0) {
      this.#queues.delete(account);
      this.#queues.set(account, queue);
    }
    return { id, account };
  }
}
