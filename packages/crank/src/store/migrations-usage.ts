import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { usageAmounts, usageSpans } from './schema-usage.ts';

/** Tables that usage is reported from. What was called before is added to them like what is called from now on. @param clustered what keeps rows in the order of their key */
export const usageTables = (clustered: RawBuilder<unknown>): Record<string, Migration> => ({
  '0051_usage': {
    up: async (db: Kysely<unknown>) => {
      const s = db.schema;
      await s.alterTable('calls').addColumn('payer', 'text').execute();
      await sql`update calls set payer = (select account from keys where keys.id = calls.principal)
        where exists (select 1 from keys where keys.id = calls.principal and keys.account <> calls.account)`.execute(
        db,
      );
      await s
        .createTable('usage_dims')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('account', 'text', (c) => c.notNull())
        .addColumn('principal', 'text', (c) => c.notNull())
        .addColumn('service_account', 'text', (c) => c.notNull())
        .addColumn('service', 'text', (c) => c.notNull())
        .addColumn('version', 'text', (c) => c.notNull())
        .addColumn('operation', 'text', (c) => c.notNull())
        .addColumn('outcome', 'text', (c) => c.notNull())
        .addColumn('node', 'text', (c) => c.notNull())
        .addColumn('tags', 'text', (c) => c.notNull())
        .addColumn('cost_centre', 'text', (c) => c.notNull())
        .execute();
      await s.createIndex('usage_dims_by_payer').on('usage_dims').columns(['account', 'principal']).execute();
      await s.createIndex('usage_dims_by_owner').on('usage_dims').columns(['service_account', 'service']).execute();
      await s
        .createTable('usage_dim_tags')
        .addColumn('dim', 'text', (c) => c.notNull())
        .addColumn('tag', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('usage_dim_tags_pk', ['dim', 'tag'])
        .execute();
      let slots = s
        .createTable('usage_slots')
        .addColumn('dim', 'text', (c) => c.notNull())
        .addColumn('quarter', 'bigint', (c) => c.notNull());
      for (const amount of usageAmounts) slots = slots.addColumn(amount, 'bigint', (c) => c.notNull());
      await slots.addPrimaryKeyConstraint('usage_slots_pk', ['dim', 'quarter']).modifyEnd(clustered).execute();
      await s
        .createTable('usage_marks')
        .addColumn('log', 'text', (c) => c.primaryKey())
        .addColumn('idx', 'bigint', (c) => c.notNull())
        .execute();
    },
  },
  '0063_usage_cuts': {
    up: async (db: Kysely<unknown>) => {
      const s = db.schema;
      // All of it is added up anew from the calls.
      for (const table of ['usage_slots', 'usage_dim_tags', 'usage_marks', 'usage_dims'])
        await sql`delete from ${sql.ref(table)}`.execute(db);
      await s.dropTable('usage_slots').execute();
      await s
        .alterTable('usage_dims')
        .addColumn('cut', 'text', (c) => c.notNull().defaultTo('all'))
        .execute();
      await s.dropIndex('usage_dims_by_payer').execute();
      await s.dropIndex('usage_dims_by_owner').execute();
      for (const span of usageSpans) {
        let slots = s
          .createTable(span)
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('cut', 'text', (c) => c.notNull())
          .addColumn('dim', 'text', (c) => c.notNull())
          .addColumn('slot', 'bigint', (c) => c.notNull());
        for (const amount of usageAmounts) slots = slots.addColumn(amount, 'bigint', (c) => c.notNull());
        await slots
          .addPrimaryKeyConstraint(`${span}_pk`, ['account', 'cut', 'slot', 'dim'])
          .modifyEnd(clustered)
          .execute();
      }
    },
  },
});
