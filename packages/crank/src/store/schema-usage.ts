/** What calls have in common that usage is told apart by. */
export interface UsageDimRow {
  /** SHA-256 of what follows, base64url, its first 22 characters. */
  id: string;
  /** Of who called, and pays. */
  account: string;
  principal: string;
  service_account: string;
  service: string;
  version: string;
  operation: string;
  outcome: string;
  /** Name of the log that the call is in. */
  node: string;
  /** Sorted, separated by commas. */
  tags: string;
  /** Empty where no tag says it. */
  cost_centre: string;
}

/** The tags of a set one by one; an empty one where it has none. */
export interface UsageDimTagRow {
  dim: string;
  tag: string;
}

/** The columns of a slot that are added up. */
export const usageAmounts = [
  'calls',
  'cpu_ns',
  'wall_ns',
  'byte_seconds',
  'egress_bytes',
  'nanojoules',
  'picograms',
  'pico_call',
  'pico_cpu',
  'pico_energy',
  'pico_carbon',
] as const;

/**
 * What calls that ended within a quarter of an hour took and cost, all whole numbers: sums are exact in any order. Quarters,
 * since the offset of every time zone is a multiple of one.
 */
export type UsageSlotRow = {
  dim: string;
  /** Quarters of an hour since 1970 UTC. */
  quarter: number;
} & {
  /** `byte_seconds`: peak memory held for the wall time. `picograms`: of CO2-equivalent. `pico_*`: picodollars, by the kind of charge line. */
  [amount in (typeof usageAmounts)[number]]: number;
};

/** How much of a log is in usage: its entries before `idx`. */
export interface UsageMarkRow {
  log: string;
  idx: number;
}
