import type { ActPredicate, CallPredicate } from '#src/engines/audit/statement.ts';
import type { ReceiptRow } from '#src/store/schema.ts';
import type { Store } from '#src/store/store.ts';
import { payloadOf } from './receipt-payload.ts';

/** Which receipts of an account are asked for. */
export interface ReceiptFilter {
  account: string;
  /** Only what this principal did. */
  principal?: string | undefined;
  /** `call`, `opening` or `act`, or what an act did, such as `service.deploy`. */
  kind?: string | undefined;
  service?: string | undefined;
  /** Committed at or after, and before: milliseconds. */
  from?: number | undefined;
  to?: number | undefined;
}

/** A receipt in a list. */
export interface ReceiptInfo {
  id: string;
  /** `call`, `opening` or `act`. */
  kind: string;
  /** Position in the log. */
  index: number;
  time: string;
  account: string;
  principal: string;
  /** Of an act: what was done. */
  act?: string;
  service?: string;
  operation?: string;
  outcome?: string;
}

const KINDS: ReadonlySet<string> = new Set(['call', 'opening', 'act']);
/** Rows read at a time. */
const STEP = 250;

const infoOf = (row: ReceiptRow): ReceiptInfo => {
  const { predicate } = payloadOf(row.envelope);
  const head = { id: row.id, kind: row.kind, index: row.idx };
  const { account, principal } = row;
  if ('act' in predicate) {
    const { kind: act, time, object } = predicate satisfies ActPredicate;
    const { service } = object;
    return { ...head, time, account, principal, act, ...(typeof service === 'string' && { service }) };
  }
  const { service, operation, outcome, finished: time } = predicate satisfies CallPredicate;
  return { ...head, time, account, principal, service, operation, outcome };
};

/**
 * Receipts of a log in the order of its entries, or against it, a few at a time: neither memory nor an index of the
 * database grows with them.
 *
 * @param bounds entries `first` (inclusive) to `end` (exclusive)
 */
export async function* scanReceipts(
  { db }: Pick<Store, 'db'>,
  log: string,
  filter: ReceiptFilter,
  bounds: { first: number; end: number },
  newestFirst = false,
): AsyncGenerator<{ row: ReceiptRow; info: ReceiptInfo }[], void, undefined> {
  let { first, end } = bounds;
  while (first < end) {
    const from = newestFirst ? Math.max(first, end - STEP) : first;
    const to = newestFirst ? end : Math.min(end, first + STEP);
    let query = db
      .selectFrom('receipts')
      .selectAll()
      .where('log', '=', log)
      .where('idx', '>=', from)
      .where('idx', '<', to)
      .where('account', '=', filter.account)
      .orderBy('idx', newestFirst ? 'desc' : 'asc');
    if (filter.principal !== undefined) query = query.where('principal', '=', filter.principal);
    if (filter.from !== undefined) query = query.where('created_at', '>=', filter.from);
    if (filter.to !== undefined) query = query.where('created_at', '<', filter.to);
    if (filter.kind !== undefined) query = query.where('kind', '=', KINDS.has(filter.kind) ? filter.kind : 'act');
    const rows = (await query.execute()).map((row) => ({ row, info: infoOf(row) }));
    yield rows.filter(
      ({ info }) =>
        (filter.kind === undefined || KINDS.has(filter.kind) || info.act === filter.kind) &&
        (filter.service === undefined || info.service === filter.service),
    );
    if (newestFirst) end = from;
    else first = to;
  }
}

/** The first entry of a log that was committed at or after a time: entries are in the order of their commits. */
export const entryAt = async ({ db }: Pick<Store, 'db'>, log: string, size: number, time: number): Promise<number> => {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = await db
      .selectFrom('receipts')
      .select('created_at')
      .where('log', '=', log)
      .where('idx', '=', middle)
      .executeTakeFirstOrThrow();
    if (row.created_at < time) low = middle + 1;
    else high = middle;
  }
  return low;
};
