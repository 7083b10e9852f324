/**
 * Requests that run, for cancellations that come with a request of their own (specifications until 2025-11-25, without a
 * session). A client's ids are its own: where two clients of one key use the same at one time, neither is cancelled.
 */
export class Running {
  readonly #all = new Map<string, Set<AbortController>>();

  /** @returns to be called when the request has ended */
  enter(principal: string, id: string | number, controller: AbortController): () => void {
    const key = `${principal} ${typeof id} ${id}`;
    const same = this.#all.get(key) ?? new Set();
    this.#all.set(key, same.add(controller));
    return () => {
      same.delete(controller);
      if (same.size === 0) this.#all.delete(key);
    };
  }

  cancel(principal: string, id: unknown): void {
    const same = this.#all.get(`${principal} ${typeof id} ${String(id)}`);
    if (same?.size === 1) for (const controller of same) controller.abort();
  }
}
