/** Which versions are at work: what belongs to one is taken away only when nobody uses it any more. */
export class Flights {
  readonly #users = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  enter(digest: string): void {
    this.#users.set(digest, (this.#users.get(digest) ?? 0) + 1);
  }

  leave(digest: string): void {
    const left = this.#users.get(digest)! - 1;
    if (left > 0) {
      this.#users.set(digest, left);
      return;
    }
    this.#users.delete(digest);
    const waiting = this.#waiting.get(digest);
    if (waiting === undefined) return;
    this.#waiting.delete(digest);
    for (const tell of waiting) tell();
  }

  isBusy(digest: string): boolean {
    return this.#users.has(digest);
  }

  /** Resolves once no call of a version runs on this node. */
  async idle(digest: string): Promise<void> {
    if (!this.#users.has(digest)) return;
    await new Promise<void>((resolve) => {
      this.#waiting.set(digest, [...(this.#waiting.get(digest) ?? []), resolve]);
    });
  }
}
