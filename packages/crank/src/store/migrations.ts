import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { budgetTables } from './migrations-budgets.ts';
import { energySource } from './migrations-energy.ts';
import { identityTables } from './migrations-identity.ts';
import { invoiceTables } from './migrations-invoices.ts';
import { priceTables } from './migrations-prices.ts';
import { serviceLife } from './migrations-service-life.ts';
import { sloTables } from './migrations-slo.ts';
import { traceColumns } from './migrations-traces.ts';
import { usageTables } from './migrations-usage.ts';
import type { Database } from './schema.ts';

export type Flavour = 'sqlite' | 'postgres';

/** One set of migrations for both databases; only the name of the byte string's type differs. */
const migrations = (flavour: Flavour): Record<string, Migration> => {
  const bytes = flavour === 'sqlite' ? sql`blob` : sql`bytea`;
  // Rows in the order of their key, in one tree instead of two: half the pages that a call's commit has to write.
  const clustered = flavour === 'sqlite' ? sql`without rowid` : sql``;
  const real = flavour === 'sqlite' ? sql`real` : sql`double precision`;
  return {
    '0001_first': {
      up: async (db: Kysely<unknown>) => {
        const s = db.schema;
        await s
          .createTable('keys')
          .addColumn('id', 'text', (c) => c.primaryKey())
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('name', 'text', (c) => c.notNull())
          .addColumn('kind', 'text', (c) => c.notNull())
          .addColumn('role', 'text', (c) => c.notNull())
          .addColumn('secret_hash', 'text', (c) => c.notNull().unique())
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .addColumn('revoked_at', 'bigint')
          .execute();
        await s
          .createTable('services')
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('name', 'text', (c) => c.notNull())
          .addColumn('description', 'text', (c) => c.notNull())
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .addPrimaryKeyConstraint('services_pk', ['account', 'name'])
          .execute();
        await s
          .createTable('versions')
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('service', 'text', (c) => c.notNull())
          .addColumn('digest', 'text', (c) => c.notNull())
          .addColumn('manifest', 'text', (c) => c.notNull())
          .addColumn('findings', 'text', (c) => c.notNull())
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .addColumn('created_by', 'text', (c) => c.notNull())
          .addPrimaryKeyConstraint('versions_pk', ['account', 'service', 'digest'])
          .execute();
        await s
          .createTable('aliases')
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('service', 'text', (c) => c.notNull())
          .addColumn('alias', 'text', (c) => c.notNull())
          .addColumn('digest', 'text', (c) => c.notNull())
          .addPrimaryKeyConstraint('aliases_pk', ['account', 'service', 'alias'])
          .execute();
        await s
          .createTable('policies')
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('layer', 'text', (c) => c.notNull())
          .addColumn('name', 'text', (c) => c.notNull())
          .addColumn('digest', 'text', (c) => c.notNull())
          .addColumn('bundle', 'text', (c) => c.notNull())
          .addColumn('wasm', bytes, (c) => c.notNull())
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .addPrimaryKeyConstraint('policies_pk', ['account', 'layer', 'name'])
          .execute();
        await s
          .createTable('calls')
          .addColumn('id', 'text', (c) => c.primaryKey())
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('principal', 'text', (c) => c.notNull())
          .addColumn('service', 'text', (c) => c.notNull())
          .addColumn('version', 'text', (c) => c.notNull())
          .addColumn('operation', 'text', (c) => c.notNull())
          .addColumn('received_at', 'bigint', (c) => c.notNull())
          .addColumn('finished_at', 'bigint', (c) => c.notNull())
          .addColumn('outcome', 'text', (c) => c.notNull())
          .addColumn('problem', 'text')
          .addColumn('stdout', 'text', (c) => c.notNull())
          .addColumn('stderr', 'text', (c) => c.notNull())
          .addColumn('truncated_bytes', 'bigint', (c) => c.notNull())
          .addColumn('tags', 'text')
          .execute();
        // Ids sort by time, so the history of an account is a range of this index.
        await s.createIndex('calls_by_account').on('calls').columns(['account', 'id']).execute();
        await s
          .createTable('usage')
          .addColumn('call', 'text', (c) => c.primaryKey())
          .addColumn('cpu_ns', 'bigint', (c) => c.notNull())
          .addColumn('cpu_source', 'text', (c) => c.notNull())
          .addColumn('wall_ns', 'bigint', (c) => c.notNull())
          .addColumn('peak_memory_bytes', 'bigint', (c) => c.notNull())
          .addColumn('joules', real, (c) => c.notNull())
          .addColumn('energy_grade', 'text', (c) => c.notNull())
          .addColumn('energy_uncertainty', 'text', (c) => c.notNull())
          .addColumn('grams', real, (c) => c.notNull())
          .addColumn('grid_grams_per_kwh', real, (c) => c.notNull())
          .addColumn('grid_source', 'text', (c) => c.notNull())
          .modifyEnd(clustered)
          .execute();
        await s
          .createTable('charges')
          .addColumn('call', 'text', (c) => c.notNull())
          .addColumn('kind', 'text', (c) => c.notNull())
          .addColumn('pico_usd', 'bigint', (c) => c.notNull())
          .addPrimaryKeyConstraint('charges_pk', ['call', 'kind'])
          .modifyEnd(clustered)
          .execute();
        await s
          .createTable('idempotency')
          .addColumn('scope', 'text', (c) => c.notNull())
          .addColumn('key', 'text', (c) => c.notNull())
          .addColumn('fingerprint', 'text', (c) => c.notNull())
          .addColumn('call', 'text', (c) => c.notNull())
          .addColumn('answer', bytes, (c) => c.notNull())
          .addColumn('expires_at', 'bigint', (c) => c.notNull())
          .addPrimaryKeyConstraint('idempotency_pk', ['scope', 'key'])
          .execute();
        await s.createIndex('idempotency_by_expiry').on('idempotency').column('expires_at').execute();
        await s
          .createTable('receipts')
          .addColumn('id', 'text', (c) => c.primaryKey())
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('principal', 'text', (c) => c.notNull())
          .addColumn('kind', 'text', (c) => c.notNull())
          .addColumn('envelope', bytes, (c) => c.notNull())
          .addColumn('openings', 'text')
          .addColumn('log', 'text', (c) => c.notNull())
          .addColumn('idx', 'bigint', (c) => c.notNull())
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .addUniqueConstraint('receipts_by_index', ['log', 'idx'])
          .execute();
        await s
          .createTable('log_entries')
          .addColumn('log', 'text', (c) => c.notNull())
          .addColumn('idx', 'bigint', (c) => c.notNull())
          .addColumn('entry', bytes, (c) => c.notNull())
          .addPrimaryKeyConstraint('log_entries_pk', ['log', 'idx'])
          .modifyEnd(clustered)
          .execute();
        await s
          .createTable('logs')
          .addColumn('id', 'text', (c) => c.primaryKey())
          .addColumn('size', 'bigint', (c) => c.notNull())
          .addColumn('frontier', bytes, (c) => c.notNull())
          .addColumn('checkpoint', 'text', (c) => c.notNull())
          .execute();
      },
    },
    '0003_quarantine': {
      up: async (db: Kysely<unknown>) => {
        await db.schema.alterTable('versions').addColumn('quarantined_at', 'bigint').execute();
        await db.schema.alterTable('versions').addColumn('quarantine', 'text').execute();
      },
    },
    '0004_egress': {
      up: async (db: Kysely<unknown>) => {
        await db.schema
          .createTable('egress')
          .addColumn('call', 'text', (c) => c.notNull())
          .addColumn('destination', 'text', (c) => c.notNull())
          .addColumn('connections', 'bigint', (c) => c.notNull())
          .addColumn('sent_bytes', 'bigint', (c) => c.notNull())
          .addColumn('received_bytes', 'bigint', (c) => c.notNull())
          .addPrimaryKeyConstraint('egress_pk', ['call', 'destination'])
          .modifyEnd(clustered)
          .execute();
      },
    },
    '0006_evidence': {
      up: async (db: Kysely<unknown>) => {
        const s = db.schema;
        await s.alterTable('receipts').addColumn('subject', 'text').execute();
        // Calls that name no subject are not in it, so it costs them nothing.
        await sql`create index receipts_by_subject on receipts (subject) where subject is not null`.execute(db);
        await s
          .createTable('subject_keys')
          .addColumn('id', 'text', (c) => c.primaryKey())
          .addColumn('node', 'text', (c) => c.notNull())
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('name', 'text', (c) => c.notNull())
          .addColumn('wrapped_by', 'bigint', (c) => c.notNull())
          .addColumn('wrapped', bytes, (c) => c.notNull())
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .addUniqueConstraint('subject_keys_by_name', ['node', 'account', 'name'])
          .execute();
        await s
          .createTable('kept')
          .addColumn('call', 'text', (c) => c.notNull())
          .addColumn('part', 'text', (c) => c.notNull())
          .addColumn('subject', 'text', (c) => c.notNull())
          .addColumn('sealed', bytes, (c) => c.notNull())
          .addColumn('expires_at', 'bigint', (c) => c.notNull())
          .addPrimaryKeyConstraint('kept_pk', ['call', 'part'])
          .execute();
        await s.createIndex('kept_by_subject').on('kept').column('subject').execute();
        await s.createIndex('kept_by_expiry').on('kept').column('expires_at').execute();
        await s
          .createTable('bundles')
          .addColumn('digest', 'text', (c) => c.primaryKey())
          .addColumn('name', 'text', (c) => c.notNull())
          .addColumn('bundle', 'text', (c) => c.notNull())
          .addColumn('wasm', bytes, (c) => c.notNull())
          .execute();
        await sql`insert into bundles (digest, name, bundle, wasm) select digest, min(name), min(bundle), wasm from policies group by digest, wasm`.execute(
          db,
        );
      },
    },
    '0010_log': {
      up: async (db: Kysely<unknown>) => {
        const s = db.schema;
        await s
          .createTable('handovers')
          .addColumn('log', 'text', (c) => c.notNull())
          .addColumn('idx', 'bigint', (c) => c.notNull())
          .addColumn('from_vkey', 'text', (c) => c.notNull())
          .addColumn('to_vkey', 'text', (c) => c.notNull())
          .addColumn('checkpoint', 'text', (c) => c.notNull())
          .addPrimaryKeyConstraint('handovers_pk', ['log', 'idx'])
          .execute();
        await s
          .createTable('witnesses')
          .addColumn('log', 'text', (c) => c.notNull())
          .addColumn('vkey', 'text', (c) => c.notNull())
          .addColumn('url', 'text', (c) => c.notNull())
          .addColumn('added_at', 'bigint', (c) => c.notNull())
          .addPrimaryKeyConstraint('witnesses_pk', ['log', 'vkey'])
          .execute();
        await s
          .createTable('cosigned')
          .addColumn('log', 'text', (c) => c.primaryKey())
          .addColumn('size', 'bigint', (c) => c.notNull())
          .addColumn('note', 'text', (c) => c.notNull())
          .execute();
        await s
          .createTable('witnessed')
          .addColumn('node', 'text', (c) => c.notNull())
          .addColumn('origin', 'text', (c) => c.notNull())
          .addColumn('vkeys', 'text', (c) => c.notNull())
          .addColumn('size', 'bigint', (c) => c.notNull())
          .addColumn('root', 'text', (c) => c.notNull())
          .addColumn('note', 'text')
          .addColumn('added_at', 'bigint', (c) => c.notNull())
          .addPrimaryKeyConstraint('witnessed_pk', ['node', 'origin'])
          .execute();
        await s
          .createTable('log_alarms')
          .addColumn('id', 'text', (c) => c.primaryKey())
          .addColumn('node', 'text', (c) => c.notNull())
          .addColumn('log', 'text', (c) => c.notNull())
          .addColumn('what', 'text', (c) => c.notNull())
          .addColumn('evidence', 'text', (c) => c.notNull())
          .addColumn('raised_at', 'bigint', (c) => c.notNull())
          .execute();
      },
    },
    ...serviceLife(bytes),
    ...identityTables(),
    ...budgetTables(bytes, real),
    ...energySource(),
    ...usageTables(clustered),
    ...traceColumns(),
    ...sloTables(bytes, real),
    ...priceTables(),
    ...invoiceTables(),
  };
};

/** Brings the schema to the newest version. @throws the database's error, nothing half-done staying (both have transactional DDL). */
export const migrate = async (db: Kysely<Database>, flavour: Flavour): Promise<void> => {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations(flavour) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
};
