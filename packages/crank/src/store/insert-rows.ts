import { CompiledQuery, type Kysely, PostgresAdapter } from 'kysely';
import type { Database } from './schema.ts';

/** Parameters of one statement at most: SQLite takes 32,766, PostgreSQL 65,535. */
const PARAMETERS = 8_000;
/** Statements kept as text, one for each table and number of rows. */
const KEPT = 1_000;

const texts = new Map<string, string>();

const statement = (postgres: boolean, table: string, columns: readonly string[], rows: number): string => {
  const key = `${postgres} ${table} ${columns.length} ${rows}`;
  const known = texts.get(key);
  if (known !== undefined) return known;
  let parameter = 0;
  const values = Array.from(
    { length: rows },
    () => `(${columns.map(() => (postgres ? `$${++parameter}` : '?')).join(', ')})`,
  );
  const names = columns.map((name) => `"${name}"`).join(', ');
  const text = `insert into "${table}" (${names}) values ${values.join(', ')}`;
  if (texts.size >= KEPT) texts.clear();
  texts.set(key, text);
  return text;
};

/**
 * Inserts rows that all have the same columns. The query builder would compile the same few statements anew for every
 * commit, a third of the recorder's time; here their text is kept.
 */
export const insertRows = async <T extends keyof Database>(
  db: Kysely<Database>,
  table: T,
  rows: readonly Database[T][],
): Promise<void> => {
  if (rows.length === 0) return;
  const columns = Object.keys(rows[0]!).sort();
  const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
  const most = Math.floor(PARAMETERS / columns.length);
  for (let at = 0; at < rows.length; at += most) {
    const some = rows.slice(at, at + most);
    const parameters = some.flatMap((row) => columns.map((name) => row[name as keyof typeof row]));
    await db.executeQuery(CompiledQuery.raw(statement(postgres, table, columns, some.length), parameters));
  }
};
