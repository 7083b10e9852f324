import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The trace of what led to a call that comes later, as a `traceparent`. */
export const traceColumns = (): Record<string, Migration> => ({
  '0060_traces': {
    up: async (db: Kysely<unknown>) => {
      for (const table of ['jobs', 'webhook_deliveries'])
        await db.schema.alterTable(table).addColumn('trace', 'text').execute();
    },
  },
});
