import type { CompiledQuery, Kysely } from 'kysely';
import type { NanoUsd } from '#src/engines/metering/budget.ts';
import type { Database } from '#src/store/schema.ts';
import type { Want } from './ledger.ts';

/** What adds to what was spent. */
export const bookQuery = (
  db: Kysely<Database>,
  { budget, period }: Want,
  nanoUsd: NanoUsd,
  ran: boolean,
): Pick<CompiledQuery, 'sql' | 'parameters'> => {
  const calls = ran ? 1 : 0;
  const { sql, parameters } = db
    .insertInto('budget_spent')
    .values({ budget: budget.id, period, nano_usd: nanoUsd, calls, held_nano_usd: 0, held_calls: 0 })
    .onConflict((c) =>
      c.columns(['budget', 'period']).doUpdateSet((e) => ({
        nano_usd: e('budget_spent.nano_usd', '+', e.ref('excluded.nano_usd')),
        calls: e('budget_spent.calls', '+', e.ref('excluded.calls')),
      })),
    )
    .compile();
  return { sql, parameters };
};
