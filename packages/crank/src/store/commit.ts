import type { CompiledQuery, Kysely } from 'kysely';
import { insertRows } from './insert-rows.ts';
import type {
  CallRow,
  ChargeRow,
  Database,
  IdempotencyRow,
  LogEntryRow,
  LogRow,
  ReceiptRow,
  UsageRow,
} from './schema.ts';

/** Rows of one commit group: everything of it becomes durable, or nothing. */
export interface CommitGroup {
  calls: CallRow[];
  usage: UsageRow[];
  charges: ChargeRow[];
  idempotency: IdempotencyRow[];
  receipts: ReceiptRow[];
  entries: LogEntryRow[];
  /** What administrative acts write, compiled where the act was decided. */
  queries: Pick<CompiledQuery, 'sql' | 'parameters'>[];
  log: LogRow;
  /** Size of the log before this group; another size in the database means that a second writer is at work. */
  previousSize: number;
}

/**
 * The one commit point of calls and acts: a single transaction.
 *
 * @throws LogConflict where the log grew behind our back; the database's error otherwise. Nothing is written then.
 */
export const commit = async (db: Kysely<Database>, group: CommitGroup): Promise<void> => {
  await db.transaction().execute(async (tx) => {
    const { log } = group;
    if (group.previousSize === 0) {
      const made = await tx
        .insertInto('logs')
        .values(log)
        .onConflict((c) => c.column('id').doNothing())
        .executeTakeFirst();
      if (made.numInsertedOrUpdatedRows !== 1n) throw new LogConflict(log.id);
    } else {
      const grown = await tx
        .updateTable('logs')
        .set({ size: log.size, frontier: log.frontier, checkpoint: log.checkpoint })
        .where('id', '=', log.id)
        .where('size', '=', group.previousSize)
        .executeTakeFirst();
      if (grown.numUpdatedRows !== 1n) throw new LogConflict(log.id);
    }
    await insertRows(tx, 'log_entries', group.entries);
    await insertRows(tx, 'receipts', group.receipts);
    await insertRows(tx, 'calls', group.calls);
    await insertRows(tx, 'usage', group.usage);
    await insertRows(tx, 'charges', group.charges);
    for (const row of group.idempotency) {
      await tx
        .insertInto('idempotency')
        .values(row)
        .onConflict((c) => c.columns(['scope', 'key']).doUpdateSet(row))
        .execute();
    }
    for (const query of group.queries) await tx.executeQuery(query as CompiledQuery);
  });
};

/** Two processes append to the same log: the second must stop, or the log would fork. */
export class LogConflict extends Error {
  override readonly name = 'LogConflict';
  constructor(log: string) {
    super(`the log ${log} was extended by another process: stop one of the two nodes that use this data`);
  }
}
