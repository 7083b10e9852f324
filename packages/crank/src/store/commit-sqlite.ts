import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { columns, columnsOf, type Written } from './columns.ts';
import type { CommitGroup } from './committer.ts';
import { LogConflict } from './log-conflict.ts';
import type { Database, LogRow } from './schema.ts';
import { openSqliteFile, type SqliteOptions } from './sqlite-file.ts';

/** A `Committer` that does everything at once, so that it can also be asked where nothing may come in between. */
export interface SqliteCommitter {
  commit(group: CommitGroup): void;
  readLog(id: string): LogRow | undefined;
  tidy(): void;
  close(): void;
}

const SQLITE_BUSY = 5;
/** Statements of administrative acts that are kept; there are a dozen. */
const KEPT = 64;

/** Whether a commit failed before it began, since somebody else was writing. */
export const isBusy = (error: unknown): boolean => (error as { errcode?: number }).errcode === SQLITE_BUSY;

/** Commits to a SQLite file over a connection of its own, with statements prepared once: the query builder would take longer than the database. */
export const openSqliteCommitter = (file: string, options: SqliteOptions = {}): SqliteCommitter => {
  // Rows come in the order of their keys: only the right edge of each tree is ever needed.
  const sqlite = openSqliteFile(file, { cache: 2_000, ...options });
  const insert = (table: Written, more = ''): StatementSync =>
    sqlite.prepare(
      `insert into "${table}" (${columns[table].map((name) => `"${name}"`).join(', ')}) values (${columns[table].map(() => '?').join(', ')}) ${more}`,
    );
  // A deferred transaction that turns into a writer can meet SQLITE_BUSY halfway; an immediate one waits.
  const begin = sqlite.prepare('begin immediate');
  const end = sqlite.prepare('commit');
  const undo = sqlite.prepare('rollback');
  const makeLog = sqlite.prepare(
    'insert into logs (id, size, frontier, checkpoint) values (?, ?, ?, ?) on conflict (id) do nothing',
  );
  const growLog = sqlite.prepare('update logs set size = ?, frontier = ?, checkpoint = ? where id = ? and size = ?');
  const findLog = sqlite.prepare('select id, size, frontier, checkpoint from logs where id = ?');
  const inserts: Record<Written, StatementSync> = {
    log_entries: insert('log_entries'),
    receipts: insert('receipts'),
    calls: insert('calls'),
    usage: insert('usage'),
    charges: insert('charges'),
    egress: insert('egress'),
    kept: insert('kept'),
    idempotency: insert(
      'idempotency',
      `on conflict (scope, key) do update set ${columns.idempotency.map((name) => `"${name}" = excluded."${name}"`).join(', ')}`,
    ),
  };
  const acts = new Map<string, StatementSync>();

  const prepareAct = (text: string): StatementSync => {
    const known = acts.get(text);
    if (known !== undefined) return known;
    if (acts.size >= KEPT) acts.clear();
    const statement = sqlite.prepare(text);
    acts.set(text, statement);
    return statement;
  };

  const insertRows = <T extends Written>(table: T, rows: readonly Database[T][]): void => {
    const names: readonly (keyof Database[T])[] = columnsOf(table);
    const statement = inserts[table];
    for (const row of rows) statement.run(...names.map((name) => row[name] as SQLInputValue));
  };

  const write = (group: CommitGroup): void => {
    const { log, previousSize } = group;
    const { changes } =
      previousSize === 0
        ? makeLog.run(log.id, log.size, log.frontier, log.checkpoint)
        : growLog.run(log.size, log.frontier, log.checkpoint, log.id, previousSize);
    if (changes !== 1) throw new LogConflict(log.id);
    insertRows('log_entries', group.log_entries);
    insertRows('receipts', group.receipts);
    insertRows('calls', group.calls);
    insertRows('usage', group.usage);
    insertRows('charges', group.charges);
    insertRows('egress', group.egress);
    insertRows('kept', group.kept);
    insertRows('idempotency', group.idempotency);
    for (const { sql, parameters } of group.queries) prepareAct(sql).run(...(parameters as SQLInputValue[]));
  };

  return {
    commit: (group) => {
      begin.run();
      try {
        write(group);
        end.run();
      } catch (error) {
        // Some errors, such as a full disk, have undone it already.
        if (sqlite.isTransaction) undo.run();
        throw error;
      }
    },
    readLog: (id) => findLog.get(id) as LogRow | undefined,
    tidy: () => sqlite.exec('pragma wal_checkpoint(passive)'),
    close: () => sqlite.close(),
  };
};
