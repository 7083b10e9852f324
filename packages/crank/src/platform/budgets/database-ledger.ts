import { type CompiledQuery, type Kysely, sql, type Transaction } from 'kysely';
import { fits } from '#src/engines/metering/budget.ts';
import type { Database } from '#src/store/schema.ts';
import type { BudgetSpentRow } from '#src/store/schema-budgets.ts';
import type { Balance, Held, Ledger, Refused, Want } from './ledger.ts';

/** Who waits looks again after this time: what another node lets go of is not heard. */
const LOOK_MS = 50;
/** A hold lasts so much longer than its call may. */
const GRACE_MS = 60_000;

const balanceOf = (row: BudgetSpentRow | undefined): Balance => ({
  spent: { nanoUsd: row?.nano_usd ?? 0, calls: row?.calls ?? 0 },
  held: { nanoUsd: row?.held_nano_usd ?? 0, calls: row?.held_calls ?? 0 },
});

/**
 * The ledger of nodes that share a database (PostgreSQL): what is held stands in rows that are locked while they are looked
 * at. A hold names its node and expires, so that what a dead node held comes back: at its next start, or when it expires.
 */
export const createDatabaseLedger = (
  db: Kysely<Database>,
  node: string,
  longestMs: number,
): Ledger & { takeBack(own: boolean): Promise<void> } => {
  /** In one order, so that two calls never wait for each other. */
  const sorted = (wants: readonly Want[]): Want[] =>
    [...wants].sort((a, b) => (a.budget.id < b.budget.id ? -1 : a.budget.id > b.budget.id ? 1 : 0));

  const rowOf = async (tx: Transaction<Database>, { budget, period }: Want): Promise<BudgetSpentRow> => {
    await tx
      .insertInto('budget_spent')
      .values({ budget: budget.id, period, nano_usd: 0, calls: 0, held_nano_usd: 0, held_calls: 0 })
      .onConflict((c) => c.columns(['budget', 'period']).doNothing())
      .execute();
    return tx
      .selectFrom('budget_spent')
      .selectAll()
      .where('budget', '=', budget.id)
      .where('period', '=', period)
      .forUpdate()
      .executeTakeFirstOrThrow();
  };

  /** Undefined: not yet. */
  const attempt = (call: string, wants: readonly Want[]): Promise<Held | Refused | undefined> =>
    db.transaction().execute(async (tx) => {
      // A hold that a crash of the database loses has lost its call as well.
      await sql`set local synchronous_commit to off`.execute(tx);
      let waits = false;
      for (const want of wants) {
        const { spent, held } = balanceOf(await rowOf(tx, want));
        const fit = fits(want.budget, spent, held, want.nanoUsd);
        if (fit === 'no') return { budget: want.budget, busy: false };
        waits ||= fit === 'later';
      }
      if (waits) return undefined;
      for (const { budget, period, nanoUsd } of wants) {
        await tx
          .updateTable('budget_spent')
          .set((e) => ({
            held_nano_usd: e('held_nano_usd', '+', nanoUsd),
            held_calls: e('held_calls', '+', 1),
          }))
          .where('budget', '=', budget.id)
          .where('period', '=', period)
          .execute();
        await tx
          .insertInto('budget_holds')
          .values({
            call,
            budget: budget.id,
            period,
            nano_usd: nanoUsd,
            node,
            expires_at: Date.now() + longestMs + GRACE_MS,
          })
          .execute();
      }
      return heldOf(call, wants);
    });

  /** One statement for each budget: it takes away the hold, if that is still there, and books. */
  const settle = (
    call: string,
    { budget, period }: { budget: { id: string }; period: string },
    nanoUsd: number,
    ran: boolean,
  ): CompiledQuery =>
    sql`
      with hold as (delete from budget_holds where call = ${call} and budget = ${budget.id} returning nano_usd)
      update budget_spent set
        nano_usd = budget_spent.nano_usd + ${nanoUsd}, calls = budget_spent.calls + ${ran ? 1 : 0},
        held_nano_usd = held_nano_usd - coalesce((select nano_usd from hold), 0),
        held_calls = held_calls - (select count(*) from hold)
      where budget = ${budget.id} and period = ${period}`.compile(db);

  const heldOf = (call: string, wants: readonly Want[]): Held => ({
    settle: (nanoUsd, ran) =>
      wants.map((want) => {
        const { sql: text, parameters } = settle(call, want, nanoUsd, ran);
        return { sql: text, parameters };
      }),
    release: async (booked) => {
      if (booked !== undefined) return;
      for (const want of wants) await db.executeQuery(settle(call, want, 0, false));
    },
  });

  return {
    hold: async (call, wants, until, signal) => {
      const all = sorted(wants);
      for (;;) {
        const outcome = await attempt(call, all);
        if (outcome !== undefined) return outcome;
        if (signal.aborted || Date.now() + LOOK_MS > until) return { budget: all[0]!.budget, busy: true };
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS * (0.5 + Math.random())));
      }
    },
    balance: async (budget, period) =>
      balanceOf(
        await db
          .selectFrom('budget_spent')
          .selectAll()
          .where('budget', '=', budget)
          .where('period', '=', period)
          .executeTakeFirst(),
      ),
    changed: () => undefined,
    takeBack: async (own) => {
      const rows = await db
        .selectFrom('budget_holds')
        .selectAll()
        .where((e) => e.or([e('expires_at', '<', Date.now()), ...(own ? [e('node', '=', node)] : [])]))
        .execute();
      for (const { call, budget, period } of rows)
        await db.executeQuery(settle(call, { budget: { id: budget }, period }, 0, false));
    },
  };
};
