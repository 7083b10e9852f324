import { formatNanoUsd, passed } from '#src/engines/metering/budget.ts';
import { act, nodePrincipal } from '../act.ts';
import type { Platform } from '../platform.ts';
import { deliverAlert } from './alert-delivery.ts';
import type { Want } from './ledger.ts';

/** Shares of a budget that this node knows to be told, by budget and period. */
const told = new WeakMap<Platform, Map<string, Set<number>>>();
/** Periods that are remembered. */
const KEPT = 10_000;

const toldOf = (platform: Platform, key: string): Set<number> => {
  const all = told.get(platform) ?? new Map<string, Set<number>>();
  told.set(platform, all);
  if (all.size >= KEPT) all.clear();
  const known = all.get(key) ?? new Set();
  all.set(key, known);
  return known;
};

/** Tells, once in a period, that a share of a budget was passed: in the log, and to its webhook. Nobody waits for it. */
export const tellPassed = async (platform: Platform, wants: readonly Want[]): Promise<void> => {
  for (const { budget, period } of wants) {
    if (budget.alerts.length === 0) continue;
    const { spent } = await platform.budgets.ledger.balance(budget.id, period);
    const known = toldOf(platform, `${budget.id} ${period}`);
    for (const share of passed(budget, spent)) {
      if (known.has(share)) continue;
      known.add(share);
      tell(platform, { budget, period, share, spent }).catch((err: unknown) => {
        known.delete(share);
        platform.log.error({ err, budget: budget.id, share }, 'that a budget was passed could not be told');
      });
    }
  }
};

const tell = async (
  platform: Platform,
  {
    budget,
    period,
    share,
    spent,
  }: Pick<Want, 'budget' | 'period'> & { share: number; spent: { nanoUsd: number; calls: number } },
): Promise<void> => {
  const { db } = platform.store;
  const before = await db
    .selectFrom('budget_alerts')
    .select('delivery')
    .where('budget', '=', budget.id)
    .where('period', '=', period)
    .where('share', '=', share)
    .executeTakeFirst();
  if (before !== undefined) return;
  const row = await db.selectFrom('budgets').select('webhook').where('id', '=', budget.id).executeTakeFirst();
  if (row === undefined) return; // it was removed meanwhile
  const delivery = row.webhook === null ? 'none' : 'pending';
  const query = db
    .insertInto('budget_alerts')
    .values({ budget: budget.id, period, share, told_at: Date.now(), delivery })
    .compile();
  const object = { budget: budget.id, period, share, usd: formatNanoUsd(spent.nanoUsd), calls: spent.calls };
  await act(platform, nodePrincipal(platform, budget.account), 'budget.alert', object, [query]);
  if (delivery === 'pending') await deliverAlert(platform, { budget: budget.id, period, share });
};
