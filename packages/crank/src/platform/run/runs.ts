/** Code that is being prepared on this node, and when code was last run. */
export class Runs {
  readonly #preparing = new Map<string, Promise<void>>();
  readonly #used = new Map<string, number>();

  /** Prepares once what several ask for at one time. */
  async prepare(account: string, service: string, make: () => Promise<void>): Promise<void> {
    const name = `${account}/${service}`;
    let pending = this.#preparing.get(name);
    if (pending === undefined) {
      pending = make().finally(() => this.#preparing.delete(name));
      this.#preparing.set(name, pending);
    }
    await pending;
  }

  /** It is run now. */
  used(account: string, service: string): void {
    this.#used.set(`${account}/${service}`, Date.now());
  }

  /** Milliseconds since 1970; 0 where this node never ran it since it started. */
  lastUsed(account: string, service: string): number {
    return this.#used.get(`${account}/${service}`) ?? 0;
  }

  /** It is gone. */
  forget(account: string, service: string): void {
    this.#used.delete(`${account}/${service}`);
  }
}
