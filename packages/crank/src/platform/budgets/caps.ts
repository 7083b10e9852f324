import { actorOf } from '#src/core/actor.ts';
import type { Principal } from '#src/core/service.ts';
import { type Budget, periodAt } from '#src/engines/metering/budget.ts';
import type { Decision } from '#src/engines/policy/decision.ts';
import type { Want } from './ledger.ts';

const NANO_PER_USD = 1e9;

/**
 * Caps that decisions put on a call, each in the name of the principal of its place, as budgets which nobody set: what is
 * spent under one is booked under its owner, name and whose spending it counts. Of several of one name the smallest holds.
 */
export const capWants = (
  principals: readonly Principal[],
  decisions: readonly Decision[],
  nanoUsd: number,
  at: number,
): Want[] => {
  const wants = new Map<string, Want>();
  const all = decisions.flatMap(({ caps = [] }, nth) => caps.map((cap) => ({ ...cap, principal: principals[nth]! })));
  for (const { usd, period, of, name, account, principal } of all) {
    const subject = of === 'account' ? principal.account : actorOf(principal);
    const id = `cap:${JSON.stringify([account, name, of, subject])}`;
    const budget: Budget = {
      ...{ id, account: principal.account, period, calls: null, hard: true, alerts: [], policy: name },
      ...(of === 'account' ? { scope: 'account' as const, of: '' } : { scope: 'key' as const, of: subject }),
      nanoUsd: Math.floor(usd * NANO_PER_USD),
    };
    const key = `${id} ${period}`;
    const known = wants.get(key)?.budget.nanoUsd;
    if (known === undefined || known === null || known > budget.nanoUsd!)
      wants.set(key, { budget, period: periodAt(period, at), nanoUsd });
  }
  return [...wants.values()];
};
