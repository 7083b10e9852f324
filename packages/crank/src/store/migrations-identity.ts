import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Tables of who may ask: accounts, and issuers of tokens that they trust. */
export const identityTables = (): Record<string, Migration> => ({
  '0030_identity': {
    up: async (db: Kysely<unknown>) => {
      const s = db.schema;
      await s
        .createTable('accounts')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('created_by', 'text', (c) => c.notNull())
        .execute();
      // Until now an account was there once it had a key.
      await sql`insert into accounts (name, created_at, created_by)
        select account, min(created_at), 'node' from keys group by account`.execute(db);
      await s
        .createTable('issuers')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('account', 'text', (c) => c.notNull())
        .addColumn('url', 'text', (c) => c.notNull())
        .addColumn('audience', 'text', (c) => c.notNull())
        .addColumn('role', 'text', (c) => c.notNull())
        .addColumn('claims', 'text', (c) => c.notNull())
        .addColumn('listed', 'bigint', (c) => c.notNull())
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('created_by', 'text', (c) => c.notNull())
        .execute();
      await s.createIndex('issuers_by_url').on('issuers').columns(['url', 'audience']).execute();
      await s.createIndex('issuers_by_account').on('issuers').column('account').execute();
      await s.alterTable('jobs').addColumn('acting', 'text').execute();
    },
  },
});
