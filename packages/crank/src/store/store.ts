import type { Kysely } from 'kysely';
import { type Flavour, migrate } from './migrations.ts';
import type { Database } from './schema.ts';
import { openSqlite } from './sqlite.ts';

/** Where the relational state lives: a SQLite file's path, or a PostgreSQL URL. */
export type StoreLocation = { sqlite: string } | { postgres: string };

export interface Store {
  readonly db: Kysely<Database>;
  readonly flavour: Flavour;
  close(): Promise<void>;
}

/** Opens a store, and unless told otherwise brings its schema to the newest version first. */
export const openStore = async (location: StoreLocation, options: { migrate?: boolean } = {}): Promise<Store> => {
  const flavour = 'sqlite' in location ? 'sqlite' : 'postgres';
  // Its client is loaded only where there is such a database.
  const db =
    'sqlite' in location
      ? openSqlite(location.sqlite)
      : (await import('./postgres.ts')).openPostgres(location.postgres);
  const store = { db, flavour, close: () => db.destroy() } as const;
  if (options.migrate ?? true) {
    try {
      await migrate(db, flavour);
    } catch (error) {
      await store.close();
      throw error;
    }
  }
  return store;
};
