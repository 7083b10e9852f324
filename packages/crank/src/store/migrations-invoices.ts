import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Invoices of accounts. */
export const invoiceTables = (): Record<string, Migration> => ({
  '0064_invoices': {
    up: async (db: Kysely<unknown>) => {
      await db.schema
        .createTable('invoices')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('account', 'text', (c) => c.notNull())
        .addColumn('number', 'bigint', (c) => c.notNull())
        .addColumn('month', 'text', (c) => c.notNull())
        .addColumn('lines', 'text', (c) => c.notNull())
        .addColumn('pico_usd', 'text', (c) => c.notNull())
        .addColumn('calls', 'bigint', (c) => c.notNull())
        .addColumn('issued_at', 'bigint', (c) => c.notNull())
        .addColumn('issued_by', 'text', (c) => c.notNull())
        .addUniqueConstraint('invoices_by_number', ['account', 'number'])
        .addUniqueConstraint('invoices_once', ['account', 'month'])
        .execute();
    },
  },
});
