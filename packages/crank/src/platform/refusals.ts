import type { CrankError } from '#src/core/error.ts';

const EVERY_MS = 60_000;

/** Counts what was refused before it became a call or an act, and hands the counts over once a minute: nobody can buy a receipt each. */
export class Refusals {
  readonly #counted = new WeakSet<CrankError>();
  readonly #counts = new Map<string, number>();
  readonly #write: (counts: Record<string, number>) => Promise<void>;
  readonly #timer: NodeJS.Timeout;

  constructor(write: (counts: Record<string, number>) => Promise<void>, onError: (error: unknown) => void) {
    this.#write = write;
    this.#timer = setInterval(() => void this.flush().catch(onError), EVERY_MS).unref();
  }

  /** @param what an error's code, and the act where one was asked for: one of a fixed number of texts */
  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** The same for an error that may pass here again on its way out. */
  countOnce(error: CrankError, what: string): void {
    if (this.#counted.has(error)) return;
    this.#counted.add(error);
    this.count(what);
  }

  async flush(): Promise<void> {
    if (this.#counts.size === 0) return;
    const counts = Object.fromEntries(this.#counts);
    this.#counts.clear();
    await this.#write(counts);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
