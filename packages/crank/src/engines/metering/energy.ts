/** How a figure was found: A meter-calibrated RAPL, B RAPL, C discharge of a battery, D a table of coefficients. */
export type EnergyGrade = 'A' | 'B' | 'C' | 'D';

/** Where figures of energy come from, named in each of them. */
export interface EnergyOrigin {
  grade: EnergyGrade;
  /** What the figure may be wrong by, such as `±30%` or `factor 2`. */
  uncertainty: string;
  /** Such as `RAPL package-0, dram` or `coefficients of AMD EPYC, 1st generation`. */
  source: string;
}

/** Joules of some work, with how they were found. */
export interface Energy extends EnergyOrigin {
  joules: number;
}

/** What the machine did up to a moment. */
export interface MachineSample {
  /** Milliseconds of a clock that never goes back. */
  ms: number;
  /** CPU time that all processes of the machine have used, nanoseconds. */
  busyNs: number;
}

/** Port: what measures the machine's energy, or a model that stands for it. */
export interface EnergySource {
  readonly origin: EnergyOrigin;
  /** Watts that the machine draws when it does nothing, where that is known beforehand. */
  readonly idleWatts?: number;
  /** Watts that a busy thread draws beyond that, which is believed until something was measured. */
  readonly activeWatts: number;
  /** Joules up to this moment, from any beginning; undefined where it cannot tell now, so that what comes next is no figure of its own. */
  read(at: MachineSample): number | undefined;
}
