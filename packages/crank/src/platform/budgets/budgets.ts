import type { Kysely } from 'kysely';
import {
  appliesTo,
  type Budget,
  type BudgetedCall,
  type BudgetPeriod,
  type BudgetScope,
  type NanoUsd,
  periodAt,
} from '#src/engines/metering/budget.ts';
import type { Database } from '#src/store/schema.ts';
import type { BudgetRow } from '#src/store/schema-budgets.ts';
import type { Store } from '#src/store/store.ts';
import { createDatabaseLedger } from './database-ledger.ts';
import type { Balance, Held, Ledger, Refused, Want } from './ledger.ts';
import { createMemoryLedger } from './memory-ledger.ts';

/** A change by another node is seen within this time. */
const CACHE_MS = 5_000;
/** How often holds of nodes that died are looked for. */
const SWEEP_MS = 60_000;
/** A call runs no longer than a manifest may ask for. */
const LONGEST_CALL_MS = 24 * 3_600_000;

export const budgetOf = (row: BudgetRow): Budget => ({
  id: row.id,
  account: row.account,
  scope: row.scope as BudgetScope,
  of: row.subject,
  period: row.period as BudgetPeriod,
  nanoUsd: row.nano_usd,
  calls: row.calls,
  hard: row.hard === 1,
  alerts: JSON.parse(row.alerts) as number[],
});

/** The budgets of a node's accounts, and what is held of them for calls that run. All definitions are in memory: there are few, and most calls have none. */
export class Budgets {
  readonly ledger: Ledger;
  readonly #db: Kysely<Database>;
  readonly #isShared: boolean;
  readonly #takeBack: ((own: boolean) => Promise<void>) | undefined;
  #all: readonly Budget[] = [];
  #until = 0;
  #sweep: NodeJS.Timeout | undefined;

  constructor({ db, flavour }: Store, node: string) {
    this.#db = db;
    this.#isShared = flavour === 'postgres';
    if (this.#isShared) {
      const { takeBack, ...ledger } = createDatabaseLedger(db, node, LONGEST_CALL_MS);
      this.ledger = ledger;
      this.#takeBack = takeBack;
    } else this.ledger = createMemoryLedger(db);
  }

  /** Reads the budgets. What a node of this name held when it died is free again. @param onError told where holds cannot be looked for */
  async start(onError: (error: unknown) => void): Promise<void> {
    await this.#takeBack?.(true);
    await this.changed();
    if (this.#takeBack !== undefined)
      this.#sweep = setInterval(() => void this.#takeBack!(false).catch(onError), SWEEP_MS).unref();
  }

  close(): void {
    clearInterval(this.#sweep);
  }

  /** Whether any account has one, as far as is known. */
  get areThere(): boolean {
    return this.#isShared || this.#all.length > 0;
  }

  /** Those of an account, as far as is known. */
  of(account: string): readonly Budget[] {
    return this.#all.filter((budget) => budget.account === account);
  }

  /** Reads them anew: one was made, changed or removed. */
  async changed(): Promise<void> {
    const rows = await this.#db.selectFrom('budgets').selectAll().orderBy('id').execute();
    this.#all = rows.map(budgetOf);
    this.#until = Date.now() + CACHE_MS;
    this.ledger.changed();
  }

  /**
   * Holds what a call may cost from every budget that it spends from, and from caps.
   *
   * @returns undefined where there is none
   */
  async hold(
    id: string,
    call: BudgetedCall,
    nanoUsd: NanoUsd,
    caps: readonly Want[],
    { at, until, signal }: { at: number; until: number; signal: AbortSignal },
  ): Promise<{ held: Held; wants: readonly Want[] } | Refused | undefined> {
    if (this.#isShared && this.#until <= Date.now()) await this.changed();
    const wants = this.#all
      .filter((budget) => appliesTo(budget, call))
      .map((budget): Want => ({ budget, period: periodAt(budget.period, at), nanoUsd }))
      .concat(caps);
    if (wants.length === 0) return undefined;
    const outcome = await this.ledger.hold(id, wants, until, signal);
    return 'busy' in outcome ? outcome : { held: outcome, wants };
  }

  /** What is spent and held of a budget in the period of now. */
  balance({ id, period }: Budget, now = Date.now()): Promise<Balance> {
    return this.ledger.balance(id, periodAt(period, now));
  }
}
