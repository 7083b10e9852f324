import { setTimeout as sleep } from 'node:timers/promises';
import { type Sink, TooLarge } from './sinks.ts';

/** What goes at once, whichever comes first. UTF-16 code units. */
const MOST_EVENTS = 1_000;
const MOST_LENGTH = 1 << 20;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;

/** Gives events to a sink in their order, again and again until it takes them. */
export class Delivery {
  readonly #sink: Sink;
  readonly #settled: (event: string) => void;
  readonly #warn: (text: string) => void;
  readonly #queue: string[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #most = MOST_EVENTS;

  /** @param settled called once per event, delivered or given up @param warn told what went wrong */
  constructor(sink: Sink, settled: (event: string) => void, warn: (text: string) => void) {
    this.#sink = sink;
    this.#settled = settled;
    this.#warn = warn;
  }

  add(event: string): void {
    this.#queue.push(event);
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** Waits for what is left, for so long. @returns how many events did not go */
  async close(ms: number): Promise<number> {
    const timer = setTimeout(() => this.#stop.abort(), ms);
    await this.#running;
    clearTimeout(timer);
    return this.#queue.length;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // what comes at one time goes at one time
    let failures = 0;
    while (this.#queue.length > 0 && !this.#stop.signal.aborted) {
      const batch = this.#batch();
      try {
        await this.#sink.write(batch);
        failures = 0;
        this.#most = MOST_EVENTS;
        this.#settle(batch.length);
      } catch (error) {
        if (error instanceof TooLarge && this.#tooLarge(batch)) continue;
        failures += 1;
        this.#warn(`${this.#queue.length} decisions wait for ${this.#sink.name}: ${messageOf(error)}`);
        const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
        await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }

  #batch(): string[] {
    let length = 0;
    let count = 0;
    for (const event of this.#queue) {
      length += event.length;
      if (count > 0 && (count === this.#most || length > MOST_LENGTH)) break;
      count += 1;
    }
    return this.#queue.slice(0, count);
  }

  #settle(count: number): void {
    for (const event of this.#queue.splice(0, count)) this.#settled(event);
  }

  /** Half as many go next; one alone that is too large never will. */
  #tooLarge(batch: readonly string[]): boolean {
    if (batch.length > 1) this.#most = batch.length >> 1;
    else {
      this.#warn(`a decision of ${batch[0]!.length} characters is too large for ${this.#sink.name}, and is lost there`);
      this.#settle(1);
    }
    return true;
  }
}

const messageOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
};
