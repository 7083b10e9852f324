/** Calls of a service that ended one way. */
export interface CallCount {
  service: string;
  /** `ok` or an error's code. */
  outcome: string;
  calls: number;
}

/** Calls that ended on this node since it started, for its metrics. */
export class CallCounts {
  readonly #accounts = new Map<string, Map<string, CallCount>>();

  /** @param account of the service */
  add(account: string, service: string, outcome: string): void {
    const counts = this.#accounts.get(account) ?? new Map<string, CallCount>();
    this.#accounts.set(account, counts);
    const key = `${service} ${outcome}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { service, outcome, calls: 1 });
    else known.calls += 1;
  }

  /** What was counted for an account's services. */
  of(account: string): CallCount[] {
    return [...(this.#accounts.get(account)?.values() ?? [])];
  }
}
