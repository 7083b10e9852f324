import type { Kysely, RawBuilder } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Tables of what may be spent. @param bytes the byte string's type @param real that of a number with a fraction */
export const budgetTables = (bytes: RawBuilder<unknown>, real: RawBuilder<unknown>): Record<string, Migration> => ({
  '0027_budgets': {
    up: async (db: Kysely<unknown>) => {
      const s = db.schema;
      await s
        .createTable('budgets')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('account', 'text', (c) => c.notNull())
        .addColumn('scope', 'text', (c) => c.notNull())
        .addColumn('subject', 'text', (c) => c.notNull())
        .addColumn('period', 'text', (c) => c.notNull())
        .addColumn('nano_usd', 'bigint')
        .addColumn('calls', 'bigint')
        .addColumn('hard', 'bigint', (c) => c.notNull())
        .addColumn('alerts', 'text', (c) => c.notNull())
        .addColumn('webhook', 'text')
        .addColumn('wrapped_by', 'bigint')
        .addColumn('wrapped', bytes)
        .addColumn('sealed', bytes)
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('created_by', 'text', (c) => c.notNull())
        .addUniqueConstraint('budgets_once', ['account', 'scope', 'subject', 'period'])
        .execute();
      await s
        .createTable('budget_spent')
        .addColumn('budget', 'text', (c) => c.notNull())
        .addColumn('period', 'text', (c) => c.notNull())
        .addColumn('nano_usd', 'bigint', (c) => c.notNull())
        .addColumn('calls', 'bigint', (c) => c.notNull())
        .addColumn('held_nano_usd', 'bigint', (c) => c.notNull())
        .addColumn('held_calls', 'bigint', (c) => c.notNull())
        .addPrimaryKeyConstraint('budget_spent_pk', ['budget', 'period'])
        .execute();
      await s
        .createTable('budget_holds')
        .addColumn('call', 'text', (c) => c.notNull())
        .addColumn('budget', 'text', (c) => c.notNull())
        .addColumn('period', 'text', (c) => c.notNull())
        .addColumn('nano_usd', 'bigint', (c) => c.notNull())
        .addColumn('node', 'text', (c) => c.notNull())
        .addColumn('expires_at', 'bigint', (c) => c.notNull())
        .addPrimaryKeyConstraint('budget_holds_pk', ['call', 'budget'])
        .execute();
      await s.createIndex('budget_holds_by_node').on('budget_holds').columns(['node', 'expires_at']).execute();
      await s
        .createTable('budget_alerts')
        .addColumn('budget', 'text', (c) => c.notNull())
        .addColumn('period', 'text', (c) => c.notNull())
        .addColumn('share', real, (c) => c.notNull())
        .addColumn('told_at', 'bigint', (c) => c.notNull())
        .addColumn('delivery', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('budget_alerts_pk', ['budget', 'period', 'share'])
        .execute();
    },
  },
});
