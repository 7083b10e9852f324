import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import {
  type BudgetPeriod,
  type BudgetScope,
  formatNanoUsd,
  type NanoUsd,
  periodAt,
  periodEnd,
} from '#src/engines/metering/budget.ts';
import type { BudgetRow } from '#src/store/schema-budgets.ts';
import { act } from '../act.ts';
import { identify } from '../admit.ts';
import { newAlertSecret } from '../alert-secret.ts';
import { permit } from '../permit.ts';
import { permittedRow } from '../permitted-row.ts';
import type { Platform } from '../platform.ts';
import { budgetOf } from './budgets.ts';

export { periods, scopes } from '#src/engines/metering/budget.ts';

/** What somebody wants a budget to be. */
export interface WantedBudget {
  scope: BudgetScope;
  of: string;
  period: BudgetPeriod;
  nanoUsd: NanoUsd | null;
  calls: number | null;
  hard: boolean;
  alerts: readonly number[];
  webhook: string | null;
}

export interface BudgetInfo {
  id: string;
  scope: BudgetScope;
  of: string;
  period: BudgetPeriod;
  /** Decimal dollars; null: not bounded. */
  usd: string | null;
  calls: number | null;
  hard: boolean;
  alerts: readonly number[];
  webhook: string | null;
  /** In the period of now, and when that ends; null: never. */
  spent: { usd: string; calls: number };
  held: { usd: string; calls: number };
  current: string;
  until: string | null;
}

type Changed = BudgetInfo & { receipt: string /** What alerts are signed with; shown this once. */; secret?: string };

/** Owners make budgets. @throws CrankError `invalid-input`, `not-found` for a key or service that is not there, `version-conflict` for one that is */
export const createBudget = async (
  platform: Platform,
  authorization: string | undefined,
  read: () => Promise<WantedBudget>,
): Promise<Changed> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'budget.create', { type: 'budget', account });
  const wanted = await read();
  await demandSubject(platform, account, wanted);
  const { db } = platform.store;
  const { scope, of, period } = wanted;
  const id = newId('bud');
  const sealed =
    wanted.webhook === null ? undefined : await newAlertSecret(platform.deliveries.wrapper, `budget ${id}`);
  const row: BudgetRow = {
    ...{ id, account, scope, subject: of, period },
    ...columnsOf(wanted),
    wrapped_by: sealed?.wrapped_by ?? null,
    wrapped: sealed?.wrapped ?? null,
    sealed: sealed?.sealed ?? null,
    created_at: Date.now(),
    created_by: principal.id,
  };
  const twin = await db
    .selectFrom('budgets')
    .select('id')
    .where('account', '=', account)
    .where('scope', '=', scope)
    .where('subject', '=', of)
    .where('period', '=', period)
    .executeTakeFirst();
  if (twin !== undefined)
    throw new CrankError(
      'version-conflict',
      `That is bounded by ${twin.id} already: change it with PUT /v1/budgets/${twin.id}.`,
    );
  const object = { budget: id, scope, ...(of && { of }), period, ...saidOf(row) };
  const receipt = await act(platform, principal, 'budget.create', object, [
    db.insertInto('budgets').values(row).compile(),
  ]);
  await platform.budgets.changed();
  return { ...(await infoOf(platform, row)), receipt, ...(sealed && { secret: sealed.secret }) };
};

/** What it bounds stays; how much, and who is told, is changed. What was spent is spent. @throws CrankError `not-found`, `invalid-input` */
export const changeBudget = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
  read: () => Promise<Omit<WantedBudget, 'scope' | 'of' | 'period'>>,
): Promise<Changed> => {
  const { principal, row } = await find(platform, authorization, 'budget.change', id);
  const wanted = await read();
  const { db } = platform.store;
  const isNew = wanted.webhook !== null && wanted.webhook !== row.webhook;
  const sealed = isNew ? await newAlertSecret(platform.deliveries.wrapper, `budget ${id}`) : undefined;
  const columns = {
    ...columnsOf(wanted),
    ...(sealed && { wrapped_by: sealed.wrapped_by, wrapped: sealed.wrapped, sealed: sealed.sealed }),
    ...(wanted.webhook === null && { wrapped_by: null, wrapped: null, sealed: null }),
  };
  const changed = { ...row, ...columns };
  const query = db.updateTable('budgets').set(columns).where('id', '=', id).compile();
  const receipt = await act(platform, principal, 'budget.change', { budget: id, ...saidOf(changed) }, [query]);
  await platform.budgets.changed();
  return { ...(await infoOf(platform, changed)), receipt, ...(sealed && { secret: sealed.secret }) };
};

export const listBudgets = async (platform: Platform, authorization: string | undefined): Promise<BudgetInfo[]> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'budget.read', { type: 'budget', account });
  const rows = await platform.store.db
    .selectFrom('budgets')
    .selectAll()
    .where('account', '=', account)
    .orderBy('id')
    .execute();
  return Promise.all(rows.map((row) => infoOf(platform, row)));
};

/** @throws CrankError `not-found` */
export const describeBudget = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<BudgetInfo> => infoOf(platform, (await find(platform, authorization, 'budget.read', id)).row);

/** @throws CrankError `not-found` */
export const removeBudget = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<{ receipt: string }> => {
  const { principal } = await find(platform, authorization, 'budget.remove', id);
  const { db } = platform.store;
  const receipt = await act(platform, principal, 'budget.remove', { budget: id }, [
    db.deleteFrom('budgets').where('id', '=', id).compile(),
  ]);
  await platform.budgets.changed();
  return { receipt };
};

const find = (platform: Platform, authorization: string | undefined, action: string, id: string) =>
  permittedRow(platform, authorization, action, {
    type: 'budget',
    id,
    find: (account) =>
      platform.store.db
        .selectFrom('budgets')
        .selectAll()
        .where('account', '=', account)
        .where('id', '=', id)
        .executeTakeFirst(),
  });

const demandSubject = async (platform: Platform, account: string, { scope, of }: WantedBudget): Promise<void> => {
  if (scope === 'key') await platform.identity.find(account, of);
  if (scope !== 'service') return;
  const service = await platform.store.db
    .selectFrom('services')
    .select('name')
    .where('account', '=', account)
    .where('name', '=', of)
    .executeTakeFirst();
  if (service === undefined)
    throw new CrankError(
      'not-found',
      `There is no service "${of}" in the account ${account}: \`crank services\` lists what there is.`,
    );
};

const columnsOf = ({ nanoUsd, calls, hard, alerts, webhook }: Omit<WantedBudget, 'scope' | 'of' | 'period'>) => ({
  ...{ nano_usd: nanoUsd, calls, hard: hard ? 1 : 0 },
  ...{ alerts: JSON.stringify(alerts), webhook },
});

/** What its receipts say. */
const saidOf = ({ nano_usd, calls, hard, alerts, webhook }: BudgetRow): Record<string, string | number> => ({
  ...(nano_usd !== null && { usd: formatNanoUsd(nano_usd) }),
  ...(calls !== null && { calls }),
  hard,
  alerts,
  ...(webhook !== null && { webhook }),
});

const infoOf = async (platform: Platform, row: BudgetRow): Promise<BudgetInfo> => {
  const budget = budgetOf(row);
  const now = Date.now();
  const { spent, held } = await platform.budgets.balance(budget, now);
  const end = periodEnd(budget.period, now);
  return {
    id: row.id,
    scope: budget.scope,
    of: budget.of,
    period: budget.period,
    usd: budget.nanoUsd === null ? null : formatNanoUsd(budget.nanoUsd),
    calls: budget.calls,
    hard: budget.hard,
    alerts: budget.alerts,
    webhook: row.webhook,
    spent: { usd: formatNanoUsd(spent.nanoUsd), calls: spent.calls },
    held: { usd: formatNanoUsd(held.nanoUsd), calls: held.calls },
    current: periodAt(budget.period, now),
    until: end === undefined ? null : new Date(end).toISOString(),
  };
};
