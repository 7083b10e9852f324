import type { Energy, EnergyOrigin, EnergySource, MachineSample } from './energy.ts';

/** Where all that was measured went, joules. `measured` is the sum of the others. */
export interface EnergyTotals {
  measured: number;
  /** Told to calls, as their receipts have it. */
  calls: number;
  /** What the machine would have drawn without any work. */
  idle: number;
  /** All other work on the machine, the platform's own among it. */
  others: number;
  /** What calls were told too little (or too much, where negative), since energy is measured after them: their next ones get it. */
  due: number;
}

/** A stretch of time between two readings. */
interface Window {
  from: number;
  to: number;
  /** Joules of a nanosecond of CPU time beyond what the machine draws anyway. */
  rate: number;
}

/** Windows that are remembered: calls that ran for longer are told the oldest one's rate for what lies before. */
const KEPT = 600;
/** A rate that makes up for what is due is at most so many times the measured one, or at least its reciprocal. */
const BEND = 1.5;

/**
 * Divides what a machine draws among what it does. Between two readings, what goes beyond the idle power belongs to the CPU
 * time used, whoever used it (as Kepler and Scaphandre divide it); a call has its own CPU time at the rates of the windows that
 * it ran in. A call is told its energy at its end, and the window that it ends in is measured later: until then the last
 * rate stands for it, and what that was wrong by is made up for in the next window, so that nothing is lost or told twice.
 * Pure: it reads no clock and no counter.
 */
export class EnergyAccount {
  readonly #sources: readonly EnergySource[];
  readonly #windows: Window[] = [];
  #last: { at: MachineSample; readings: (number | undefined)[] };
  #origin: EnergyOrigin;
  /** Joules of a nanosecond that calls are told now. */
  #rate: number;
  readonly #idleWatts = new Map<EnergySource, number>();
  /** Calls that ended since the last reading: their CPU time after it, and what they were told for that. */
  #open = { ns: 0, joules: 0 };
  #totals = { measured: 0, calls: 0, idle: 0, due: 0 };

  /** @param sources the best one first; the last one can always tell */
  constructor(sources: readonly [...EnergySource[], EnergySource], start: MachineSample) {
    this.#sources = sources;
    this.#last = { at: start, readings: sources.map((source) => source.read(start)) };
    const first = sources[this.#last.readings.findIndex((joules) => joules !== undefined)] ?? sources.at(-1)!;
    this.#origin = first.origin;
    this.#rate = first.activeWatts / 1e9;
  }

  get origin(): EnergyOrigin {
    return this.#origin;
  }

  get totals(): EnergyTotals {
    const { measured, calls, idle, due } = this.#totals;
    return { measured, calls, idle, due, others: measured - calls - idle - due };
  }

  /** Energy of a call that ends now. @param cpuNs that it used, @param wallNs that it ran, @param ms now */
  price(cpuNs: number, wallNs: number, ms: number): Energy {
    return { ...this.#origin, joules: cpuNs * this.#meanRate(wallNs, ms) };
  }

  /** That energy was told: as `price` said, or less of it. */
  told(joules: number, cpuNs: number, wallNs: number, ms: number): void {
    const ns = cpuNs * this.#openShare(wallNs, ms);
    this.#open.ns += ns;
    this.#open.joules += ns * this.#rate;
    this.#totals.calls += joules;
  }

  /** Closes the window that has been open since the last reading. */
  read(at: MachineSample): void {
    const { at: before, readings } = this.#last;
    const seconds = (at.ms - before.ms) / 1e3;
    if (seconds <= 0) return;
    const now = this.#sources.map((source) => source.read(at));
    const which = this.#sources.findIndex((_, i) => readings[i] !== undefined && now[i] !== undefined);
    const source = this.#sources[which]!;
    const joules = now[which]! - readings[which]!;
    const busyNs = Math.max(0, at.busyNs - before.busyNs);
    const idle = Math.min(joules, this.#idleOf(source, joules / seconds) * seconds);
    const rate = busyNs > 0 ? (joules - idle) / busyNs : source.activeWatts / 1e9;

    this.#windows.push({ from: before.ms, to: at.ms, rate });
    if (this.#windows.length > KEPT) this.#windows.shift();
    this.#totals.measured += joules;
    this.#totals.idle += idle;
    this.#totals.due += this.#open.ns * rate - this.#open.joules;
    // As much CPU time as in this window is expected in the next one.
    const bent = this.#open.ns > 0 ? rate + this.#totals.due / this.#open.ns : rate;
    this.#rate = Math.min(rate * BEND, Math.max(rate / BEND, bent));
    this.#origin = source.origin;
    this.#open = { ns: 0, joules: 0 };
    this.#last = { at, readings: now };
  }

  /** Known beforehand, or the least that was ever drawn. */
  #idleOf(source: EnergySource, watts: number): number {
    if (source.idleWatts !== undefined) return source.idleWatts;
    const least = Math.min(watts, this.#idleWatts.get(source) ?? Number.POSITIVE_INFINITY);
    this.#idleWatts.set(source, least);
    return least;
  }

  #openShare(wallNs: number, ms: number): number {
    const wall = wallNs / 1e6;
    return wall <= 0 ? 1 : Math.min(1, Math.max(0, ms - this.#last.at.ms) / wall);
  }

  #meanRate(wallNs: number, ms: number): number {
    const open = this.#openShare(wallNs, ms);
    if (open === 1) return this.#rate;
    const wall = wallNs / 1e6;
    const from = ms - wall;
    let sum = open * this.#rate;
    let share = open;
    for (let i = this.#windows.length - 1; i >= 0; i--) {
      const window = this.#windows[i]!;
      if (window.to <= from) break;
      const part = (window.to - Math.max(window.from, from)) / wall;
      sum += part * window.rate;
      share += part;
    }
    const oldest = this.#windows[0]?.rate ?? this.#rate;
    return sum + Math.max(0, 1 - share) * oldest;
  }
}
