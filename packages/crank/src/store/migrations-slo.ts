import type { Kysely, RawBuilder } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Tables of what is promised of services, and how that is kept. @param bytes the byte string's type @param real that of a number with a fraction */
export const sloTables = (bytes: RawBuilder<unknown>, real: RawBuilder<unknown>): Record<string, Migration> => ({
  '0061_slo': {
    up: async (db: Kysely<unknown>) => {
      const s = db.schema;
      await s
        .createTable('slos')
        .addColumn('account', 'text', (c) => c.notNull())
        .addColumn('service', 'text', (c) => c.notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('target', real, (c) => c.notNull())
        .addColumn('threshold', real)
        .addColumn('webhook', 'text')
        .addColumn('wrapped_by', 'bigint')
        .addColumn('wrapped', bytes)
        .addColumn('sealed', bytes)
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('created_by', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('slos_pk', ['account', 'service', 'kind'])
        .execute();
      await s
        .createTable('slo_quarters')
        .addColumn('account', 'text', (c) => c.notNull())
        .addColumn('service', 'text', (c) => c.notNull())
        .addColumn('quarter', 'bigint', (c) => c.notNull())
        .addColumn('node', 'text', (c) => c.notNull())
        .addColumn('slot', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('slo_quarters_pk', ['account', 'service', 'quarter', 'node'])
        .execute();
      await s
        .createTable('slo_alerts')
        .addColumn('node', 'text', (c) => c.notNull())
        .addColumn('account', 'text', (c) => c.notNull())
        .addColumn('service', 'text', (c) => c.notNull())
        .addColumn('objective', 'text', (c) => c.notNull())
        .addColumn('severity', 'text', (c) => c.notNull())
        .addColumn('since', 'bigint', (c) => c.notNull())
        .addPrimaryKeyConstraint('slo_alerts_pk', ['node', 'account', 'service', 'objective'])
        .execute();
      // Milliseconds from the source's coming to the version's being there.
      await s.alterTable('versions').addColumn('deploy_ms', 'bigint').execute();
    },
  },
});
