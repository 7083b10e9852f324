import { actorOf } from '#src/core/actor.ts';
import { CrankError } from '#src/core/error.ts';
import { readLog } from '#src/store/log-store.ts';
import { identify } from './admit.ts';
import { maySee } from './calls.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { entryAt, type ReceiptFilter, type ReceiptInfo, scanReceipts } from './receipt-scan.ts';

const PAGE = 100;
/** Entries looked at for one page: beyond them a shorter one is given, with the cursor to go on from. */
const LOOK = 2_500;

/** What may be asked of a list of receipts; times are RFC 3339 or dates. */
export interface ReceiptQuery {
  cursor?: string | undefined;
  kind?: string | undefined;
  service?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** Receipts of the account in this node's log, newest first: all, or the principal's own where it may see no others. */
export const listReceipts = async (
  platform: Platform,
  authorization: string | undefined,
  query: ReceiptQuery,
): Promise<{ receipts: ReceiptInfo[]; cursor: string | null }> => {
  const filter = await filterFor(platform, authorization, query);
  const log = await readLog(platform.store.db, platform.node);
  const bounds = await boundsOf(platform, filter, log?.size ?? 0);
  if (query.cursor !== undefined) bounds.end = Math.min(bounds.end, cursorOf(query.cursor));
  const last = Math.max(bounds.first, bounds.end - LOOK);
  const receipts: ReceiptInfo[] = [];
  for await (const rows of scanReceipts(
    platform.store,
    platform.node,
    filter,
    { first: last, end: bounds.end },
    true,
  )) {
    receipts.push(...rows.map(({ info }) => info));
    if (receipts.length > PAGE) return { receipts: receipts.slice(0, PAGE), cursor: String(receipts[PAGE - 1]!.index) };
  }
  return { receipts, cursor: last > bounds.first ? String(last) : null };
};

/** Whose receipts are looked at. @throws CrankError as `identify` and `permit` do, `malformed-request` */
export const filterFor = async (
  platform: Platform,
  authorization: string | undefined,
  query: ReceiptQuery,
): Promise<ReceiptFilter> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  const actor = actorOf(principal);
  await permit(platform, principal, 'receipt.read', { type: 'receipt', account, principal: actor });
  const everyones = await maySee(platform, principal, { account, principal: '' }, 'receipt.read');
  const from = timeOf('from', query.from);
  const to = timeOf('to', query.to);
  return { account, principal: everyones ? undefined : actor, kind: query.kind, service: query.service, from, to };
};

/** The entries of this node's log within which the filter's times lie. */
export const boundsOf = async (
  platform: Platform,
  { from, to }: Pick<ReceiptFilter, 'from' | 'to'>,
  size: number,
): Promise<{ first: number; end: number }> => ({
  first: from === undefined ? 0 : await entryAt(platform.store, platform.node, size, from),
  end: to === undefined ? size : await entryAt(platform.store, platform.node, size, to),
});

const timeOf = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const form = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text);
  const time = form ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new CrankError(
    'malformed-request',
    `"${name}" is no time: write it like 2026-07-01 or 2026-07-01T10:00:00Z (RFC 3339).`,
  );
};

const cursorOf = (text: string): number => {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new CrankError('malformed-request', 'The cursor is not one that a page before gave: leave it out to begin.');
};
