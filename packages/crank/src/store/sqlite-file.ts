import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export interface SqliteOptions {
  /** Milliseconds to wait while another connection writes. */
  busyMs?: number;
  /** Pages of the write-ahead log after which a commit copies them into the file; 0: never, somebody else does. */
  checkpointAfter?: number;
  /** Pages kept in memory, KiB at most. */
  cache?: number;
}

/** Opens a SQLite file: write-ahead log, every commit synced to disk before it returns. */
export const openSqliteFile = (file: string, options: SqliteOptions = {}): DatabaseSync => {
  // A checkpoint copies pages and syncs within somebody's commit: every 8 MiB rather than every 4.
  const { busyMs = 10_000, checkpointAfter = 2_000, cache = 8_000 } = options;
  // Salts, key hashes and printed output are in it: nobody else's to read. WAL and shm files get the same mode.
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  const sqlite = new DatabaseSync(file);
  sqlite.exec(
    `pragma busy_timeout = ${busyMs}; pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -${cache}`,
  );
  sqlite.exec(`pragma wal_autocheckpoint = ${checkpointAfter}`);
  return sqlite;
};
