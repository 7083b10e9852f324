import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { Kysely, SqliteAdapter, SqliteDialect } from 'kysely';
import type { Database } from './schema.ts';
import { openSqliteFile } from './sqlite-file.ts';

/** Prepared statements kept; the platform uses a few dozen shapes. */
const STATEMENTS = 128;

/** SQLite's DDL is transactional, although Kysely does without: a crash in the middle must not leave half a migration. */
class Adapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class Dialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new Adapter();
  }
}

/**
 * Opens a SQLite file for everything but the commits of calls and acts.
 * Kysely's dialect expects better-sqlite3's shape; node:sqlite differs in a few names only.
 */
export const openSqlite = (file: string): Kysely<Database> => {
  const sqlite = openSqliteFile(file);
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
    dialect: new Dialect({
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
