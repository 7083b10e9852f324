import type { Kysely } from 'kysely';
import type { Database, LogRow } from './schema.ts';

/** The committed state of a log, or undefined where it has no entry yet. */
export const readLog = (db: Kysely<Database>, id: string): Promise<LogRow | undefined> =>
  db.selectFrom('logs').selectAll().where('id', '=', id).executeTakeFirst();

/** Entries `from` (inclusive) to `to` (exclusive) of a log: 32 bytes each, in order. */
export const readEntries = async (
  db: Kysely<Database>,
  log: string,
  from: number,
  to: number,
): Promise<Uint8Array[]> => {
  const rows = await db
    .selectFrom('log_entries')
    .select('entry')
    .where('log', '=', log)
    .where('idx', '>=', from)
    .where('idx', '<', to)
    .orderBy('idx')
    .execute();
  return rows.map((row) => row.entry);
};
