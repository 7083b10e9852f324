import type { Platform } from '../platform.ts';

/** How a budget stands in its current period. */
export interface BudgetState {
  budget: string;
  scope: string;
  period: string;
  spentPicoUsd: number;
  /** Undefined where money is not what it bounds. */
  limitPicoUsd: number | undefined;
}

const PICO_PER_NANO = 1_000;
/** Budgets that are told of: with more, metrics are the wrong place to look. */
const MOST = 100;

/** The budgets of an account, as they stand now. */
export const budgetStates = async ({ budgets }: Pick<Platform, 'budgets'>, account: string): Promise<BudgetState[]> =>
  Promise.all(
    budgets
      .of(account)
      .slice(0, MOST)
      .map(async (budget) => {
        const { spent } = await budgets.balance(budget);
        return {
          ...{ budget: budget.id, scope: budget.scope, period: budget.period },
          spentPicoUsd: spent.nanoUsd * PICO_PER_NANO,
          limitPicoUsd: budget.nanoUsd === null ? undefined : budget.nanoUsd * PICO_PER_NANO,
        };
      }),
  );
