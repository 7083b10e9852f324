import { CrankError } from '#src/core/error.ts';
import { tagsIn } from '#src/core/tags.ts';
import { type Budget, nanoOf, periodEnd, formatNanoUsd as usd } from '#src/engines/metering/budget.ts';
import { type Bill, within } from '#src/engines/metering/meter.ts';
import type { Decision } from '#src/engines/policy/decision.ts';
import type { CallRequest } from '../call.ts';
import type { CallState } from '../call-state.ts';
import type { Platform } from '../platform.ts';
import { mostFor } from '../prices/terms.ts';
import type { RecordEntry } from '../record-entry.ts';
import { tellPassed } from './alerts.ts';
import { capWants } from './caps.ts';
import type { Held, Refused, Want } from './ledger.ts';

/** How long a call waits for others to give back what they need not. */
const PATIENCE_MS = 30_000;

/** What is held for a call, from before it runs until its receipt is stored. */
export interface Reservation {
  /** A call costs at most what was held for it. */
  cap(bill: Bill): Bill;
  /** What goes into the call's commit. */
  book(entry: RecordEntry): NonNullable<RecordEntry['queries']>;
  /** It is committed. */
  committed(): Promise<void>;
  /** Nothing was. */
  release(): Promise<void>;
}

/**
 * Holds what a call may cost at most, by its limit on CPU time, from all budgets that it spends from.
 *
 * @param decisions on its input, in the name of each of its principals: they may cap it
 * @returns undefined where there are none
 * @throws CrankError `budget-exhausted`; `rate-limited` where calls that run hold what is left
 */
export const reserve = async (
  platform: Platform,
  state: CallState,
  request: Pick<CallRequest, 'tags' | 'signal'>,
  decisions: readonly Decision[],
): Promise<Reservation | undefined> => {
  const { principal, target, limits } = state;
  const most = mostFor(platform, state, state.terms);
  const nanoUsd = nanoOf(most.total);
  const now = Date.now();
  const outcome = await platform.budgets.hold(
    state.id,
    {
      account: principal.account,
      principals: state.principals.flatMap(({ id, onBehalfOf }) =>
        onBehalfOf === undefined ? [id] : [id, onBehalfOf],
      ),
      serviceAccount: target.account,
      service: target.service,
      tags: tagsIn(request.tags),
    },
    nanoUsd,
    capWants(state.principals, decisions, nanoUsd, now),
    { at: now, until: Math.min(now + PATIENCE_MS, state.deadline ?? Number.POSITIVE_INFINITY), signal: request.signal },
  );
  if (outcome === undefined) return undefined;
  if ('busy' in outcome) throw await refusal(platform, outcome, nanoUsd, limits.cpuMs);
  return reservation(platform, outcome, most);
};

const reservation = (
  platform: Platform,
  { held, wants }: { held: Held; wants: readonly Want[] },
  most: Bill,
): Reservation => {
  let booked = { nanoUsd: 0, ran: false };
  return {
    cap: (bill) => within(bill, most.total),
    book: ({ rows }) => {
      const charges = rows?.charges ?? [];
      booked = { nanoUsd: nanoOf(charges.reduce((sum, { pico_usd }) => sum + pico_usd, 0)), ran: charges.length > 0 };
      return held.settle(booked.nanoUsd, booked.ran);
    },
    committed: async () => {
      await held.release(booked);
      if (booked.ran) await tellPassed(platform, wants);
    },
    release: () => held.release(undefined),
  };
};

const refusal = async (
  platform: Platform,
  { budget, busy }: Refused,
  nanoUsd: number,
  cpuMs: number,
): Promise<CrankError> => {
  const { spent } = await platform.budgets.balance(budget);
  const end = periodEnd(budget.period, Date.now());
  const anew = end === undefined ? 'it does not begin anew' : `it begins anew at ${new Date(end).toISOString()}`;
  if (busy) {
    return new CrankError(
      'rate-limited',
      `Calls that are under way hold what is left of ${named(budget)}: try again when some have ended.`,
      { retryAfter: 1 },
    );
  }
  if (budget.nanoUsd !== null && (budget.calls === null || spent.calls < budget.calls)) {
    return new CrankError(
      'budget-exhausted',
      `A call may cost ${usd(nanoUsd)} USD at its limit of ${cpuMs} ms of CPU, and ${usd(Math.max(0, budget.nanoUsd - spent.nanoUsd))} USD are left of ${named(budget)}; ${anew}. Ask its owner to raise it, or lower the limit "cpu" of the service.`,
    );
  }
  return new CrankError(
    'budget-exhausted',
    `All calls of ${named(budget)} are used up; ${anew}. Ask its owner to raise it.`,
  );
};

/** `the budget bud_1 (10 USD a month, of the key key_1)` */
const named = ({ id, scope, of, period, nanoUsd, calls, policy }: Budget): string => {
  const amounts = [nanoUsd === null ? [] : `${usd(nanoUsd)} USD`, calls === null ? [] : `${calls} calls`].flat();
  const time = period === 'total' ? 'in all' : `a ${period}`;
  const name = policy === undefined ? `the budget ${id}` : `the cap ${policy} of a policy`;
  return `${name} (${amounts.join(' and ')} ${time}, of the ${scope}${of && ` ${of}`})`;
};
