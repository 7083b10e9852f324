import type { CompiledQuery } from 'kysely';
import type { Budget, NanoUsd, Spending } from '#src/engines/metering/budget.ts';

/** What a call may take from one budget. */
export interface Want {
  budget: Budget;
  /** The period that it counts in. */
  period: string;
  nanoUsd: NanoUsd;
}

/** What is held for a call. */
export interface Held {
  /** What books it, for the commit of the call. @param ran whether it counts as a call */
  settle(nanoUsd: NanoUsd, ran: boolean): Pick<CompiledQuery, 'sql' | 'parameters'>[];
  /** Lets go of what is held. @param booked what was committed; undefined where nothing was */
  release(booked: { nanoUsd: NanoUsd; ran: boolean } | undefined): Promise<void>;
}

/** Why there is nothing to be had. */
export interface Refused {
  budget: Budget;
  /** Whether calls that run hold what is missing; they did not end in time. */
  busy: boolean;
}

/** What is spent and held, in one period. */
export interface Balance {
  spent: Spending;
  held: Spending;
}

/**
 * Port: holds what calls may take from budgets while they run, so that all together never take more than there is. Two
 * adapters: in memory, where one node has the database to itself, and in the database, where several share it.
 */
export interface Ledger {
  /**
   * Holds it from all of them or from none. Waits where calls that run hold what is missing.
   *
   * @param until milliseconds since 1970
   */
  hold(call: string, wants: readonly Want[], until: number, signal: AbortSignal): Promise<Held | Refused>;
  balance(budget: string, period: string): Promise<Balance>;
  /** A budget was changed: whoever waits is looked at again. */
  changed(): void;
}
