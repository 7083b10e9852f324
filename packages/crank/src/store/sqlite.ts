import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import type { Database } from './schema.ts';

/** Prepared statements kept; the platform uses a few dozen shapes, group commits add one for each group size. */
const STATEMENTS = 256;

/**
 * Opens a SQLite file: write-ahead log, every commit synced to disk before it returns.
 * Kysely's dialect expects better-sqlite3's shape; node:sqlite differs in a few names only.
 */
export const openSqlite = (file: string): Kysely<Database> => {
  // Salts, key hashes and printed output are in it: nobody else's to read. WAL and shm files get the same mode.
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  const sqlite = new DatabaseSync(file);
  sqlite.exec(
    'pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 10000; pragma cache_size = -8000',
  );
  // A checkpoint copies pages and syncs within somebody's commit: every 8 MiB rather than every 4.
  sqlite.exec('pragma wal_autocheckpoint = 2000');
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    if (statements.size >= STATEMENTS) statements.delete(statements.keys().next().value!);
    const statement = sqlite.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return new Kysely<Database>({
    dialect: new SqliteDialect({
      database: {
        close: () => sqlite.close(),
        prepare: (text) => {
          // A deferred transaction that turns into a writer can meet SQLITE_BUSY halfway; an immediate one waits.
          const statement = prepare(text === 'begin' ? 'begin immediate' : text);
          const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
          return {
            reader: statement.columns().length > 0,
            all: (parameters) => statement.all(...values(parameters)),
            run: (parameters) => statement.run(...values(parameters)),
            iterate: (parameters) => statement.iterate(...values(parameters)) as IterableIterator<unknown>,
          };
        },
      },
    }),
  });
};
