import type { CompiledQuery } from 'kysely';
import { openSqliteCommitter } from './commit-sqlite.ts';
import type {
  CallRow,
  ChargeRow,
  EgressRow,
  IdempotencyRow,
  KeptRow,
  LogEntryRow,
  LogRow,
  ReceiptRow,
  UsageRow,
} from './schema.ts';
import type { StoreLocation } from './store.ts';

/** Rows of one commit group: everything of it becomes durable, or nothing. */
export interface CommitGroup {
  calls: CallRow[];
  usage: UsageRow[];
  charges: ChargeRow[];
  egress: EgressRow[];
  idempotency: IdempotencyRow[];
  kept: KeptRow[];
  receipts: ReceiptRow[];
  log_entries: LogEntryRow[];
  /** What administrative acts write, compiled where the act was decided. */
  queries: Pick<CompiledQuery, 'sql' | 'parameters'>[];
  log: LogRow;
  /** Whether what its calls took and cost is to be added to usage as well, where all before them is. */
  sums?: boolean;
  /** Size of the log before this group; another size in the database means that a second writer is at work. */
  previousSize: number;
}

/** Port: the one commit point of calls and acts. Every adapter passes `store.contract.ts`. */
export interface Committer {
  /**
   * One transaction, durable when it returns or resolves.
   *
   * @returns whether its calls are in usage now
   * @throws LogConflict where the log grew behind our back; the database's error otherwise. Nothing is written then.
   */
  commit(group: CommitGroup): boolean | Promise<boolean>;
  /** The committed state of a log, or undefined where it has no entry yet. */
  readLog(id: string): LogRow | undefined | Promise<LogRow | undefined>;
  /** Does what others' commits have left to be done; holds up nobody who commits meanwhile. */
  tidy?(): void;
  close(): void | Promise<void>;
}

/** Opens what commits to a database that has the schema already. */
export const openCommitter = async (location: StoreLocation): Promise<Committer> =>
  'sqlite' in location
    ? openSqliteCommitter(location.sqlite)
    : (await import('./commit-postgres.ts')).openPostgresCommitter(location.postgres);
