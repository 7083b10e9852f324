import type { Tally } from '#src/engines/telemetry/burn-rate.ts';
import type { SloRow } from '#src/store/schema-slo.ts';
import { CALL_BOUNDS } from '../call-counts.ts';

export const kinds = ['latency', 'availability'] as const;
export type SloKind = (typeof kinds)[number];

/** `promise` is the platform's own, of every service. */
export interface Objective {
  name: SloKind | 'promise';
  target: number;
  /** Seconds; undefined of availability. */
  threshold: number | undefined;
}

/** The vision's: 99% of calls are answered within 100 ms. */
export const PROMISE: Objective = { name: 'promise', target: 0.99, threshold: 0.1 };

/** Seconds that may be promised: calls are counted up to these. */
export const thresholds: readonly number[] = CALL_BOUNDS;

export const objectiveOf = (row: Pick<SloRow, 'kind' | 'target' | 'threshold'>): Objective => ({
  name: row.kind as SloKind,
  target: row.target,
  threshold: row.threshold ?? undefined,
});

/** Calls by what they took (one number for each bound, and one beyond), and behind them those that failed by a fault of the service or the node. */
export type Slot = readonly number[];

export const EMPTY: Slot = new Array<number>(CALL_BOUNDS.length + 2).fill(0);

export const addSlots = (a: Slot, b: Slot): Slot => a.map((count, i) => count + (b[i] ?? 0));

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** What counts for an objective: of latency the calls that were answered, of availability all that were not the caller's own fault. */
export const tallyOf = (slot: Slot, { threshold }: Objective): Tally => {
  const answered = slot.slice(0, -1);
  const faults = slot.at(-1)!;
  if (threshold === undefined) return { valid: sum(answered) + faults, bad: faults };
  const within = CALL_BOUNDS.filter((bound) => bound <= threshold).length;
  return { valid: sum(answered), bad: sum(answered.slice(within)) };
};

/** The least bound that a share of the answered calls keeps, seconds; undefined where there were none, Infinity beyond the last one. */
export const quantileBound = (slot: Slot, share: number): number | undefined => {
  const answered = slot.slice(0, -1);
  const all = sum(answered);
  if (all === 0) return undefined;
  let below = 0;
  for (const [i, count] of answered.entries()) {
    below += count;
    if (below >= share * all) return CALL_BOUNDS[i] ?? Number.POSITIVE_INFINITY;
  }
  return Number.POSITIVE_INFINITY;
};
