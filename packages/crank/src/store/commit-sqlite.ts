import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { addUsage, usageWrites } from './add-usage.ts';
import { columns, columnsOf, type Written } from './columns.ts';
import type { CommitGroup } from './committer.ts';
import { LogConflict } from './log-conflict.ts';
import type { Database, LogRow } from './schema.ts';
import { openSqliteFile, type SqliteOptions } from './sqlite-file.ts';

/** A `Committer` that does everything at once, so that it can also be asked where nothing may come in between. */
export interface SqliteCommitter {
  commit(group: CommitGroup): boolean;
  readLog(id: string): LogRow | undefined;
  tidy(): void;
  close(): void;
}

const SQLITE_BUSY = 5;
/** Statements of administrative acts that are kept; there are a dozen. */
const KEPT = 64;
/** Dims that are remembered to be there. */
const KEPT_DIMS = 50_000;

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

  const findMark = sqlite.prepare('select idx from usage_marks where log = ?');
  const setMark = sqlite.prepare(
    'insert into usage_marks (log, idx) values (?, ?) on conflict (log) do update set idx = excluded.idx',
  );
  const isKnown = (id: string): boolean => known.has(id);
  /** Rows of `usage_dims` that are there for certain. */
  const known = new Set<string>();

  /** @returns the dims that are there once this is committed; undefined where it was not done, since something before it is not in usage */
  const sum = (group: CommitGroup): readonly string[] | undefined => {
    const { log, previousSize } = group;
    if (((findMark.get(log.id) as { idx: number } | undefined)?.idx ?? 0) !== previousSize) return undefined;
    const addition = addUsage(log.id, group);
    for (const { table, columns: names, conflict, rows } of usageWrites(addition, isKnown)) {
      if (rows.length === 0) continue;
      const text = `insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')}) ${conflict}`;
      const statement = prepareAct(text);
      for (const row of rows) statement.run(...row);
    }
    setMark.run(log.id, log.size);
    return addition.dims.map(({ id }) => id);
  };

  const write = (group: CommitGroup): readonly string[] | undefined => {
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
    return group.sums === true ? sum(group) : undefined;
  };

  return {
    commit: (group) => {
      begin.run();
      try {
        const dims = write(group);
        end.run();
        if (dims === undefined) return false;
        if (known.size > KEPT_DIMS) known.clear();
        for (const id of dims) known.add(id);
        return true;
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
