/** A sample that stands for others of its bucket, with the trace in which it was taken. */
export interface Exemplar {
  value: number;
  trace: string;
  /** Seconds since 1970. */
  at: number;
}

/** How often values came to at most each of some bounds, as Prometheus' histograms count. */
export class Histogram {
  /** Ascending; what is above the last one is counted, too. */
  readonly bounds: readonly number[];
  /** Of each bucket alone, the last one without a bound. */
  readonly counts: number[];
  readonly exemplars: (Exemplar | undefined)[] = [];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** @param trace id of the recorded trace that it belongs to */
  add(value: number, trace?: string): void {
    let at = 0;
    while (at < this.bounds.length && value > this.bounds[at]!) at++;
    this.counts[at]!++;
    this.sum += value;
    if (trace !== undefined) this.exemplars[at] = { value, trace, at: Date.now() / 1e3 };
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }
}
