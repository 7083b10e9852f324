import { CompiledQuery, type Kysely } from 'kysely';
import { addUsage } from './add-usage.ts';
import { columns, columnsOf, type Written } from './columns.ts';
import type { CommitGroup, Committer } from './committer.ts';
import { LogConflict } from './log-conflict.ts';
import { readLog } from './log-store.ts';
import { openPostgres } from './postgres.ts';
import type { Database } from './schema.ts';
import { writeUsage } from './sum-usage.ts';

/** Parameters of one statement at most: PostgreSQL takes 65,535. */
const PARAMETERS = 8_000;
/** Statements kept as text, one for each table and number of rows. */
const KEPT = 1_000;

const texts = new Map<string, string>();

const statement = (table: Written, rows: number): string => {
  const key = `${table} ${rows}`;
  const known = texts.get(key);
  if (known !== undefined) return known;
  let parameter = 0;
  const values = Array.from({ length: rows }, () => `(${columns[table].map(() => `$${++parameter}`).join(', ')})`);
  const names = columns[table].map((name) => `"${name}"`).join(', ');
  const text = `insert into "${table}" (${names}) values ${values.join(', ')}`;
  if (texts.size >= KEPT) texts.clear();
  texts.set(key, text);
  return text;
};

/** Kysely would compile the same few statements anew for every commit; here their text is kept. */
const insertRows = async <T extends Written>(
  db: Kysely<Database>,
  table: T,
  rows: readonly Database[T][],
): Promise<void> => {
  const names: readonly (keyof Database[T])[] = columnsOf(table);
  const most = Math.floor(PARAMETERS / names.length);
  for (let at = 0; at < rows.length; at += most) {
    const some = rows.slice(at, at + most);
    const parameters = some.flatMap((row) => names.map((name) => row[name]));
    await db.executeQuery(CompiledQuery.raw(statement(table, some.length), parameters));
  }
};

/** Writes the log's row. @throws LogConflict where its size is not what it was */
const growLog = async (db: Kysely<Database>, { log, previousSize }: CommitGroup): Promise<void> => {
  if (previousSize === 0) {
    const made = await db
      .insertInto('logs')
      .values(log)
      .onConflict((c) => c.column('id').doNothing())
      .executeTakeFirst();
    if (made.numInsertedOrUpdatedRows !== 1n) throw new LogConflict(log.id);
    return;
  }
  const grown = await db
    .updateTable('logs')
    .set({ size: log.size, frontier: log.frontier, checkpoint: log.checkpoint })
    .where('id', '=', log.id)
    .where('size', '=', previousSize)
    .executeTakeFirst();
  if (grown.numUpdatedRows !== 1n) throw new LogConflict(log.id);
};

/** Adds calls to usage. @returns whether it was done: not where something before them is not in usage */
const sum = async (tx: Kysely<Database>, group: CommitGroup): Promise<boolean> => {
  const { log, previousSize } = group;
  await tx
    .insertInto('usage_marks')
    .values({ log: log.id, idx: 0 })
    .onConflict((c) => c.doNothing())
    .execute();
  const moved = await tx
    .updateTable('usage_marks')
    .set({ idx: log.size })
    .where('log', '=', log.id)
    .where('idx', '=', previousSize)
    .executeTakeFirst();
  if (moved.numUpdatedRows !== 1n) return false;
  await writeUsage(tx, 'postgres', addUsage(log.id, group), () => false);
  return true;
};

/** Commits to PostgreSQL over a connection of its own. */
export const openPostgresCommitter = (url: string): Committer => {
  const db = openPostgres(url, 1);
  return {
    commit: (group) =>
      db.transaction().execute(async (tx) => {
        await growLog(tx, group);
        await insertRows(tx, 'log_entries', group.log_entries);
        await insertRows(tx, 'receipts', group.receipts);
        await insertRows(tx, 'calls', group.calls);
        await insertRows(tx, 'usage', group.usage);
        await insertRows(tx, 'charges', group.charges);
        await insertRows(tx, 'egress', group.egress);
        await insertRows(tx, 'kept', group.kept);
        for (const row of group.idempotency) {
          await tx
            .insertInto('idempotency')
            .values(row)
            .onConflict((c) => c.columns(['scope', 'key']).doUpdateSet(row))
            .execute();
        }
        for (const query of group.queries) await tx.executeQuery(query as CompiledQuery);
        return group.sums === true && (await sum(tx, group));
      }),
    readLog: (id) => readLog(db, id),
    close: () => db.destroy(),
  };
};
