import { formatUsd } from '#src/core/money.ts';

/** Whole nanodollars (10^-9 USD): fine enough for a call, and 9 million dollars below 2^53. */
export type NanoUsd = number;

export const periods = ['hour', 'day', 'month', 'total'] as const;
export type BudgetPeriod = (typeof periods)[number];
export const scopes = ['account', 'key', 'service', 'tag'] as const;
export type BudgetScope = (typeof scopes)[number];

/** What may be spent on something within a calendar period, in money or in calls. */
export interface Budget {
  /** `bud_...` */
  id: string;
  account: string;
  scope: BudgetScope;
  /** The key's id, the service's name or the tag; empty for the account. */
  of: string;
  period: BudgetPeriod;
  /** Null: not bounded. */
  nanoUsd: NanoUsd | null;
  calls: number | null;
  /** Calls beyond it are refused; otherwise it only tells. */
  hard: boolean;
  /** Shares of it, ascending, at which it tells. */
  alerts: readonly number[];
  /** The bundle whose rule says it; absent where somebody set it. */
  policy?: string;
}

/** What was spent, and what is held for calls that run. */
export interface Spending {
  nanoUsd: NanoUsd;
  calls: number;
}

/** Whose call it is. */
export interface BudgetedCall {
  /** Of who calls. */
  account: string;
  /** Ids of the principal and of whom it acts for. */
  principals: readonly string[];
  /** Account and name of the service. */
  serviceAccount: string;
  service: string;
  tags: readonly string[];
}

const PICO_PER_NANO = 1_000;

export const formatNanoUsd = (nanoUsd: NanoUsd): string => formatUsd(nanoUsd * PICO_PER_NANO);

/** Rounded up, so that a budget never allows more than it says. */
export const nanoOf = (picoUsd: number): NanoUsd => Math.ceil(picoUsd / PICO_PER_NANO);

/** Whether a call spends from a budget: one of a service is its owner's, the others are the caller's. */
export const appliesTo = (budget: Budget, call: BudgetedCall): boolean => {
  if (budget.account !== (budget.scope === 'service' ? call.serviceAccount : call.account)) return false;
  switch (budget.scope) {
    case 'account':
      return true;
    case 'key':
      return call.principals.includes(budget.of);
    case 'service':
      return call.service === budget.of;
    case 'tag':
      return call.tags.includes(budget.of);
  }
};

/** The period that a time lies in, by the calendar of UTC: `2026-11-27T16`, `2026-11-27`, `2026-11` or `total`. @param ms since 1970 */
export const periodAt = (period: BudgetPeriod, ms: number): string => {
  const text = new Date(ms).toISOString();
  switch (period) {
    case 'hour':
      return text.slice(0, 13);
    case 'day':
      return text.slice(0, 10);
    case 'month':
      return text.slice(0, 7);
    case 'total':
      return 'total';
  }
};

/** When the period after that begins, milliseconds since 1970; undefined where there is none. */
export const periodEnd = (period: BudgetPeriod, ms: number): number | undefined => {
  const at = new Date(ms);
  const [year, month, day, hour] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCHours()];
  switch (period) {
    case 'hour':
      return Date.UTC(year, month, day, hour + 1);
    case 'day':
      return Date.UTC(year, month, day + 1);
    case 'month':
      return Date.UTC(year, month + 1);
    case 'total':
      return undefined;
  }
};

/** Whether one more call of at most so much goes: now, only once calls that run have cost less than is held for them, or not at all. */
export const fits = (
  { nanoUsd, calls, hard }: Pick<Budget, 'nanoUsd' | 'calls' | 'hard'>,
  spent: Spending,
  held: Spending,
  wanted: NanoUsd,
): 'yes' | 'later' | 'no' => {
  if (!hard) return 'yes';
  const over = (limit: number | null, used: number, more: number): boolean => limit !== null && used + more > limit;
  if (over(nanoUsd, spent.nanoUsd, wanted) || over(calls, spent.calls, 1)) return 'no';
  const isLater = over(nanoUsd, spent.nanoUsd + held.nanoUsd, wanted) || over(calls, spent.calls + held.calls, 1);
  return isLater ? 'later' : 'yes';
};

/** The shares that spending has passed, with what was added last; of money or calls, whichever is further. */
export const passed = ({ nanoUsd, calls, alerts }: Budget, spent: Spending): readonly number[] => {
  const share = Math.max(nanoUsd ? spent.nanoUsd / nanoUsd : 0, calls ? spent.calls / calls : 0);
  return alerts.filter((alert) => share >= alert);
};
