import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Tables of what a service has beside its calls: names of its versions, secrets, schedules, webhooks. @param bytes the byte string's type */
export const serviceLife = (bytes: RawBuilder<unknown>): Record<string, Migration> => {
  return {
    '0021_versions': {
      up: async (db: Kysely<unknown>) => {
        const s = db.schema;
        await s.alterTable('versions').addColumn('size_bytes', 'bigint').execute();
        await s.alterTable('versions').addColumn('passing', 'bigint').execute();
        await s.alterTable('aliases').addColumn('set_at', 'bigint').execute();
        await s.alterTable('aliases').addColumn('set_by', 'text').execute();
        await s
          .createTable('moves')
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('service', 'text', (c) => c.notNull())
          .addColumn('seq', 'bigint', (c) => c.notNull())
          .addColumn('kind', 'text', (c) => c.notNull())
          .addColumn('alias', 'text', (c) => c.notNull())
          .addColumn('digest', 'text')
          .addColumn('previous', 'text')
          .addColumn('moved_at', 'bigint', (c) => c.notNull())
          .addColumn('moved_by', 'text', (c) => c.notNull())
          .addColumn('receipt', 'text', (c) => c.notNull())
          .addPrimaryKeyConstraint('moves_pk', ['account', 'service', 'seq'])
          .execute();
        await s
          .createTable('canaries')
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('service', 'text', (c) => c.notNull())
          .addColumn('digest', 'text', (c) => c.notNull())
          .addColumn('share', 'bigint', (c) => c.notNull())
          .addColumn('chosen_by', 'text', (c) => c.notNull())
          .addColumn('salt', 'text', (c) => c.notNull())
          .addColumn('auto_abort', 'bigint', (c) => c.notNull())
          .addColumn('looks', 'bigint', (c) => c.notNull())
          .addColumn('started_at', 'bigint', (c) => c.notNull())
          .addColumn('started_by', 'text', (c) => c.notNull())
          .addPrimaryKeyConstraint('canaries_pk', ['account', 'service'])
          .execute();
      },
    },
    '0022_secrets': {
      up: async (db: Kysely<unknown>) => {
        await db.schema
          .createTable('secrets')
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('name', 'text', (c) => c.notNull())
          .addColumn('version', 'bigint', (c) => c.notNull())
          .addColumn('value_id', 'text', (c) => c.notNull())
          .addColumn('wrapped_by', 'bigint', (c) => c.notNull())
          .addColumn('wrapped', bytes, (c) => c.notNull())
          .addColumn('sealed', bytes)
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .addColumn('created_by', 'text', (c) => c.notNull())
          .addColumn('rotated_at', 'bigint', (c) => c.notNull())
          .addColumn('rotated_by', 'text', (c) => c.notNull())
          .addPrimaryKeyConstraint('secrets_pk', ['account', 'name'])
          .execute();
      },
    },
    '0023_schedules': {
      up: async (db: Kysely<unknown>) => {
        const s = db.schema;
        await s
          .createTable('schedules')
          .addColumn('id', 'text', (c) => c.primaryKey())
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('service', 'text', (c) => c.notNull())
          .addColumn('version', 'text')
          .addColumn('operation', 'text', (c) => c.notNull())
          .addColumn('cron', 'text', (c) => c.notNull())
          .addColumn('zone', 'text', (c) => c.notNull())
          .addColumn('input', 'text', (c) => c.notNull())
          .addColumn('principal', 'text', (c) => c.notNull())
          .addColumn('grace_ms', 'bigint', (c) => c.notNull())
          .addColumn('overlap', 'text', (c) => c.notNull())
          .addColumn('jitter_ms', 'bigint', (c) => c.notNull())
          .addColumn('state', 'text', (c) => c.notNull())
          .addColumn('reason', 'text')
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .addColumn('next_at', 'bigint')
          .addColumn('due_at', 'bigint')
          .execute();
        await s.createIndex('schedules_by_due').on('schedules').columns(['state', 'due_at']).execute();
        await s.createIndex('schedules_by_account').on('schedules').column('account').execute();
        await s
          .createTable('schedule_runs')
          .addColumn('schedule', 'text', (c) => c.notNull())
          .addColumn('instant', 'bigint', (c) => c.notNull())
          .addColumn('trigger', 'text', (c) => c.notNull())
          .addColumn('state', 'text', (c) => c.notNull())
          .addColumn('call', 'text')
          .addColumn('outcome', 'text')
          .addColumn('reason', 'text')
          .addColumn('node', 'text', (c) => c.notNull())
          .addColumn('lease_until', 'bigint', (c) => c.notNull())
          .addColumn('claimed_at', 'bigint', (c) => c.notNull())
          .addColumn('ended_at', 'bigint')
          .addPrimaryKeyConstraint('schedule_runs_pk', ['schedule', 'instant'])
          .execute();
        await sql`create index schedule_runs_open on schedule_runs (state, schedule) where state in ('running', 'queued')`.execute(
          db,
        );
      },
    },
    '0023_webhooks': {
      up: async (db: Kysely<unknown>) => {
        const s = db.schema;
        await s
          .createTable('webhooks')
          .addColumn('id', 'text', (c) => c.primaryKey())
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('service', 'text', (c) => c.notNull())
          .addColumn('version', 'text')
          .addColumn('operation', 'text', (c) => c.notNull())
          .addColumn('verify', 'text', (c) => c.notNull())
          .addColumn('map', 'text')
          .addColumn('tolerance_ms', 'bigint', (c) => c.notNull())
          .addColumn('wrapped_by', 'bigint', (c) => c.notNull())
          .addColumn('wrapped', bytes, (c) => c.notNull())
          .addColumn('sealed', bytes, (c) => c.notNull())
          .addColumn('principal', 'text', (c) => c.notNull())
          .addColumn('state', 'text', (c) => c.notNull())
          .addColumn('reason', 'text')
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .execute();
        await s.createIndex('webhooks_by_account').on('webhooks').column('account').execute();
        await s
          .createTable('webhook_deliveries')
          .addColumn('webhook', 'text', (c) => c.notNull())
          .addColumn('delivery', 'text', (c) => c.notNull())
          .addColumn('state', 'text', (c) => c.notNull())
          .addColumn('call', 'text')
          .addColumn('outcome', 'text')
          .addColumn('reason', 'text')
          .addColumn('input', bytes)
          .addColumn('node', 'text', (c) => c.notNull())
          .addColumn('lease_until', 'bigint', (c) => c.notNull())
          .addColumn('received_at', 'bigint', (c) => c.notNull())
          .addColumn('ended_at', 'bigint')
          .addPrimaryKeyConstraint('webhook_deliveries_pk', ['webhook', 'delivery'])
          .execute();
        await sql`create index webhook_deliveries_open on webhook_deliveries (state) where state = 'running'`.execute(
          db,
        );
      },
    },
    '0025_jobs': {
      up: async (db: Kysely<unknown>) => {
        const s = db.schema;
        await s
          .createTable('jobs')
          .addColumn('id', 'text', (c) => c.primaryKey())
          .addColumn('node', 'text', (c) => c.notNull())
          .addColumn('account', 'text', (c) => c.notNull())
          .addColumn('caller', 'text', (c) => c.notNull())
          .addColumn('principal', 'text', (c) => c.notNull())
          .addColumn('service', 'text', (c) => c.notNull())
          .addColumn('version', 'text', (c) => c.notNull())
          .addColumn('operation', 'text', (c) => c.notNull())
          .addColumn('opening', 'text', (c) => c.notNull())
          .addColumn('subject', 'text', (c) => c.notNull())
          .addColumn('named', 'bigint', (c) => c.notNull())
          .addColumn('tags', 'text')
          .addColumn('state', 'text', (c) => c.notNull())
          .addColumn('approval', 'text')
          .addColumn('approved_by', 'text')
          .addColumn('attempts', 'bigint', (c) => c.notNull())
          .addColumn('received_at', 'bigint', (c) => c.notNull())
          .addColumn('deadline_at', 'bigint')
          .addColumn('not_before', 'bigint')
          .addColumn('started_at', 'bigint')
          .addColumn('ended_at', 'bigint')
          .addColumn('outcome', 'text')
          .addColumn('fraction', 'double precision')
          .addColumn('message', 'text', (c) => c.notNull())
          .addColumn('progress_at', 'bigint')
          .addColumn('cancelled_at', 'bigint')
          .addColumn('input_bytes', 'bigint', (c) => c.notNull())
          .addColumn('result', 'text')
          .addColumn('result_name', 'text')
          .addColumn('result_content_type', 'text')
          .addColumn('result_bytes', 'bigint', (c) => c.notNull())
          .addColumn('expires_at', 'bigint')
          .execute();
        await s.createIndex('jobs_by_account').on('jobs').columns(['account', 'id']).execute();
        await sql`create index jobs_open on jobs (node, state) where state <> 'ended'`.execute(db);
        await sql`create index jobs_kept on jobs (node, expires_at) where expires_at is not null`.execute(db);
        await s
          .createTable('job_parts')
          .addColumn('job', 'text', (c) => c.notNull())
          .addColumn('kind', 'text', (c) => c.notNull())
          .addColumn('seq', 'bigint', (c) => c.notNull())
          .addColumn('sealed', bytes, (c) => c.notNull())
          .addPrimaryKeyConstraint('job_parts_pk', ['job', 'kind', 'seq'])
          .execute();
      },
    },
    '0029_privacy': {
      up: async (db: Kysely<unknown>) => {
        await db.schema.alterTable('jobs').addColumn('classification', 'text').execute();
        await db.schema
          .createTable('privacy_keys')
          .addColumn('account', 'text', (c) => c.primaryKey())
          .addColumn('wrapped_by', 'bigint', (c) => c.notNull())
          .addColumn('wrapped', bytes, (c) => c.notNull())
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .execute();
      },
    },
  };
};
