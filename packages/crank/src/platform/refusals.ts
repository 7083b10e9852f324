import type { ErrorCode } from '#src/core/error.ts';

const EVERY_MS = 60_000;

/** Counts what strangers were refused, and hands the counts over once a minute: a stranger cannot buy a receipt each. */
export class Refusals {
  readonly #counts = new Map<ErrorCode, number>();
  readonly #write: (counts: Record<string, number>) => Promise<void>;
  readonly #timer: NodeJS.Timeout;

  constructor(write: (counts: Record<string, number>) => Promise<void>, onError: (error: unknown) => void) {
    this.#write = write;
    this.#timer = setInterval(() => void this.flush().catch(onError), EVERY_MS).unref();
  }

  count(code: ErrorCode): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
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
