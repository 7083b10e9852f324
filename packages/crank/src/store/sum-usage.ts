import { CompiledQuery, type Kysely, sql } from 'kysely';
import { addUsage, type UsedRows, usageWrites } from './add-usage.ts';
import type { Flavour } from './migrations.ts';
import type { Database } from './schema.ts';
import type { Store } from './store.ts';

/** Parameters of one statement at most. */
const PARAMETERS = 2_000;

/**
 * Adds to usage what calls in a log took and cost, once each: the mark, which says how far that is, moves in the same
 * transaction. Any node may do it for any log.
 *
 * @param most entries of the log at one time
 * @returns how many entries are left
 */
export const sumLog = ({ db, flavour }: Pick<Store, 'db' | 'flavour'>, log: string, most: number): Promise<number> =>
  db.transaction().execute(async (tx) => {
    await tx
      .insertInto('usage_marks')
      .values({ log, idx: 0 })
      .onConflict((c) => c.doNothing())
      .execute();
    // Whoever else sums this log waits here; SQLite has one writer anyway.
    const marked = tx.selectFrom('usage_marks').select('idx').where('log', '=', log);
    const { idx } = await (flavour === 'postgres' ? marked.forUpdate() : marked).executeTakeFirstOrThrow();
    const grown = await tx.selectFrom('logs').select('size').where('id', '=', log).executeTakeFirst();
    const size = grown?.size ?? 0;
    const end = Math.min(size, idx + most);
    if (end === idx) return 0;
    await writeUsage(tx, flavour, addUsage(log, await rowsOf(tx, log, idx, end)), () => false);
    await tx.updateTable('usage_marks').set({ idx: end }).where('log', '=', log).execute();
    return size - end;
  });

/** The rows of calls in a part of a log. */
const rowsOf = async (tx: Kysely<Database>, log: string, from: number, to: number): Promise<UsedRows> => {
  const inLog = <T>(columns: string, table: string, key: string) =>
    sql<T>`select ${sql.raw(columns)} from receipts r join ${sql.raw(table)} c on c.${sql.raw(key)} = r.id
      where r.log = ${log} and r.idx >= ${from} and r.idx < ${to}`
      .execute(tx)
      .then(({ rows }) => rows);
  return {
    calls: await inLog(
      'c.id, c.account, c.principal, c.service, c.version, c.operation, c.outcome, c.finished_at, c.tags, c.payer',
      ...(['calls', 'id'] as const),
    ),
    usage: await inLog(
      'c.call, c.cpu_ns, c.wall_ns, c.peak_memory_bytes, c.joules, c.grams',
      ...(['usage', 'call'] as const),
    ),
    charges: await inLog('c.call, c.kind, c.pico_usd, c.quantity', 'charges', 'call'),
    egress: await inLog('c.call, c.sent_bytes, c.received_bytes', 'egress', 'call'),
  };
};

/** Writes an addition within a transaction. @param isKnown whether a dim is there for certain */
export const writeUsage = async (
  tx: Kysely<Database>,
  flavour: Flavour,
  addition: ReturnType<typeof addUsage>,
  isKnown: (id: string) => boolean,
): Promise<void> => {
  for (const { table, columns, conflict, rows } of usageWrites(addition, isKnown)) {
    const most = Math.floor(PARAMETERS / columns.length);
    for (let at = 0; at < rows.length; at += most) {
      const some = rows.slice(at, at + most);
      let parameter = 0;
      const next = (): string => (flavour === 'postgres' ? `$${++parameter}` : '?');
      const values = some.map((row) => `(${row.map(next).join(', ')})`).join(', ');
      const text = `insert into ${table} (${columns.join(', ')}) values ${values} ${conflict}`;
      await tx.executeQuery(CompiledQuery.raw(text, some.flat()));
    }
  }
};

/** The logs of the database of which entries are not in usage yet, with how many. */
export const unsummed = async (db: Kysely<Database>): Promise<{ log: string; entries: number }[]> => {
  const { rows } = await sql<{ log: string; entries: number }>`
    select logs.id as log, logs.size - coalesce(usage_marks.idx, 0) as entries
    from logs left join usage_marks on usage_marks.log = logs.id
    where logs.size > coalesce(usage_marks.idx, 0)`.execute(db);
  return rows;
};
