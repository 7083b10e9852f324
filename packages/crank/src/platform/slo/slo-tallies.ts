import type { ErrorCode } from '#src/core/error.ts';
import type { Tally } from '#src/engines/telemetry/burn-rate.ts';
import { CALL_BOUNDS, type EndedCall } from '../call-counts.ts';
import { addSlots, EMPTY, type Objective, type Slot, tallyOf } from './objective.ts';

/** Outcomes that are the fault of the service or the node. All others but `ok` are the caller's, and count for nothing. */
const faults: ReadonlySet<string> = new Set<ErrorCode>([
  ...(['script-error', 'out-of-memory', 'crashed', 'output-too-large', 'invalid-output', 'timeout'] as const),
  ...(['internal', 'overloaded', 'isolation-unavailable', 'unavailable'] as const),
]);

const MINUTE = 60_000;
export const QUARTER = 15 * MINUTE;
/** Longest window that is looked at by the minute; longer ones go by quarters of an hour, the one of now among them. */
const BY_MINUTE = 30;
const QUARTERS = (3 * 24 * 60) / 15;
/** Services that are watched; those that come later are not. */
const MOST = 500;

interface Tallies {
  account: string;
  service: string;
  minutes: Map<number, Slot>;
  quarters: Map<number, Slot>;
  /** Quarters that are not written yet. */
  dirty: Set<number>;
}

/** Calls of each service on this node over the last three days, as far as objectives go. */
export class SloTallies {
  readonly #services = new Map<string, Tallies>();

  add(call: Pick<EndedCall, 'account' | 'service' | 'outcome' | 'seconds'>, now: number): void {
    const isFault = faults.has(call.outcome);
    if (call.seconds === undefined || (call.outcome !== 'ok' && !isFault)) return;
    const tallies = this.#of(call.account, call.service);
    if (tallies === undefined) return;
    const within = CALL_BOUNDS.findIndex((bound) => call.seconds! <= bound);
    const at = isFault ? EMPTY.length - 1 : within < 0 ? CALL_BOUNDS.length : within;
    const quarter = Math.floor(now / QUARTER);
    count(tallies.minutes, Math.floor(now / MINUTE), at);
    count(tallies.quarters, quarter, at);
    tallies.dirty.add(quarter);
  }

  /** What an earlier run of the node had counted. */
  restore(account: string, service: string, quarter: number, slot: Slot): void {
    this.#of(account, service)?.quarters.set(quarter, slot);
  }

  /** Services with calls in the last three days. */
  services(now: number): { account: string; service: string }[] {
    const [minute, quarter] = [Math.floor(now / MINUTE) - BY_MINUTE, Math.floor(now / QUARTER) - QUARTERS];
    for (const [key, { minutes, quarters }] of this.#services) {
      for (const one of minutes.keys()) if (one <= minute) minutes.delete(one);
      for (const one of quarters.keys()) if (one <= quarter) quarters.delete(one);
      if (quarters.size === 0) this.#services.delete(key);
    }
    return [...this.#services.values()].map(({ account, service }) => ({ account, service }));
  }

  /** Of the last so many minutes. */
  tally(at: { account: string; service: string }, objective: Objective, minutes: number, now: number): Tally {
    const tallies = this.#services.get(`${at.account}/${at.service}`);
    if (tallies === undefined) return { valid: 0, bad: 0 };
    const [slots, unit] = minutes <= BY_MINUTE ? [tallies.minutes, MINUTE] : [tallies.quarters, QUARTER];
    const first = Math.floor(now / unit) - (minutes * MINUTE) / unit;
    let whole = EMPTY;
    for (const [one, slot] of slots) if (one > first) whole = addSlots(whole, slot);
    return tallyOf(whole, objective);
  }

  /** Quarters that changed since they were last asked for. */
  changed(): { account: string; service: string; quarter: number; slot: Slot }[] {
    return [...this.#services.values()].flatMap(({ account, service, quarters, dirty }) => {
      const rows = [...dirty].map((quarter) => ({ account, service, quarter, slot: quarters.get(quarter) ?? EMPTY }));
      dirty.clear();
      return rows;
    });
  }

  #of(account: string, service: string): Tallies | undefined {
    const key = `${account}/${service}`;
    let tallies = this.#services.get(key);
    if (tallies === undefined && this.#services.size < MOST) {
      tallies = { account, service, minutes: new Map(), quarters: new Map(), dirty: new Set() };
      this.#services.set(key, tallies);
    }
    return tallies;
  }
}

const count = (slots: Map<number, Slot>, key: number, at: number): void => {
  const slot = slots.get(key) as number[] | undefined;
  if (slot !== undefined) slot[at]!++;
  else
    slots.set(
      key,
      EMPTY.map((_, i) => (i === at ? 1 : 0)),
    );
};
