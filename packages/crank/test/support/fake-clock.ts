import type { Clock } from '#src/core/clock.ts';

/** A clock that stands still until it is moved. */
export class FakeClock implements Clock {
  #now: number;
  /** What passes, which `jump` leaves as it is. */
  #passed = 0;
  #alarms: { at: number; call: () => void }[] = [];

  constructor(now: string) {
    this.#now = Date.parse(now);
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const alarm = { at: this.#passed + ms, call };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((one) => one !== alarm);
    };
  }

  /** Lets time pass, and rings what is due on the way. */
  pass(ms: number): void {
    this.#passed += ms;
    this.#now += ms;
    const due = this.#alarms.filter(({ at }) => at <= this.#passed);
    this.#alarms = this.#alarms.filter((alarm) => !due.includes(alarm));
    for (const { call } of due) call();
  }

  /** Somebody sets the clock. */
  jump(to: string): void {
    this.#now = Date.parse(to);
  }
}
