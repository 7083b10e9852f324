import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Tables of what services charge. */
export const priceTables = (): Record<string, Migration> => ({
  '0062_prices': {
    up: async (db: Kysely<unknown>) => {
      const s = db.schema;
      await s
        .createTable('prices')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('account', 'text', (c) => c.notNull())
        .addColumn('service', 'text', (c) => c.notNull())
        .addColumn('version', 'text', (c) => c.notNull())
        .addColumn('payer', 'text', (c) => c.notNull())
        .addColumn('from_at', 'bigint', (c) => c.notNull())
        .addColumn('items', 'text')
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('created_by', 'text', (c) => c.notNull())
        .addUniqueConstraint('prices_once', ['account', 'service', 'version', 'payer', 'from_at'])
        .execute();
      await s
        .createTable('price_used')
        .addColumn('account', 'text', (c) => c.notNull())
        .addColumn('service', 'text', (c) => c.notNull())
        .addColumn('payer', 'text', (c) => c.notNull())
        .addColumn('unit', 'text', (c) => c.notNull())
        .addColumn('month', 'text', (c) => c.notNull())
        .addColumn('parts', 'bigint', (c) => c.notNull())
        .addPrimaryKeyConstraint('price_used_pk', ['account', 'service', 'payer', 'unit', 'month'])
        .execute();
      await s
        .createTable('quotes')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('payer', 'text', (c) => c.notNull())
        .addColumn('account', 'text', (c) => c.notNull())
        .addColumn('service', 'text', (c) => c.notNull())
        .addColumn('version', 'text', (c) => c.notNull())
        .addColumn('operation', 'text', (c) => c.notNull())
        .addColumn('price', 'text')
        .addColumn('most_pico', 'bigint', (c) => c.notNull())
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('created_by', 'text', (c) => c.notNull())
        .addColumn('expires_at', 'bigint', (c) => c.notNull())
        .execute();
      await s.alterTable('jobs').addColumn('quote', 'text').execute();
      await s.alterTable('charges').addColumn('quantity', 'bigint').execute();
    },
  },
});
