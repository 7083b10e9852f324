import { actorOf } from '#src/core/actor.ts';
import { CrankError } from '#src/core/error.ts';
import type { Principal } from '#src/core/service.ts';
import type { Calendar, Grain } from '#src/engines/metering/calendar.ts';
import { QUARTER_MS } from '#src/store/add-usage.ts';
import { identify } from '../admit.ts';
import { permit } from '../permit.ts';
import type { Platform } from '../platform.ts';
import { sumAll } from './sum-all.ts';
import { periodOf } from './usage-period.ts';
import {
  type Dimension,
  noAmounts,
  sumParts,
  sumUsage,
  type UsageFilter,
  type UsageSum,
  usageSpan,
} from './usage-query.ts';
import { type UsedAmounts, viewOf } from './usage-view.ts';

export { grains } from '#src/engines/metering/calendar.ts';
export { chargeKinds } from '#src/engines/metering/price.ts';
export { dimensions } from './usage-query.ts';
export type { UsedAmounts } from './usage-view.ts';

const PAGE = 1_000;
/** Parts of the period looked at for one page: beyond them a shorter one is given, with the cursor to go on from. */
const LOOK = 1_000;

/** `caller`: what those of the account called, and pay for. `owner`: calls of the account's services, whoever made them. */
export const sides = ['caller', 'owner'] as const;
export type Side = (typeof sides)[number];

export interface UsageQuestion {
  by: readonly Dimension[];
  /** Undefined: the period as a whole. */
  grain: Grain | undefined;
  side: Side;
  from?: string | undefined;
  to?: string | undefined;
  /** IANA time zone; UTC where absent. */
  zone?: string | undefined;
  principal?: string | undefined;
  service?: string | undefined;
  cursor?: string | undefined;
}

export type UsageItem = { start: string; end: string; key: Partial<Record<Dimension, string>> } & UsedAmounts;

export interface UsageReport {
  from: string;
  to: string;
  zone: string;
  side: Side;
  by: readonly Dimension[];
  grain: Grain | null;
  usage: UsageItem[];
  /** Of the whole period, on the first page; each call counts once, however many tags it has. */
  total: UsedAmounts | null;
  cursor: string | null;
}

/**
 * Usage of the account, told apart by dimensions and parts of the period.
 *
 * @throws CrankError `forbidden`; `malformed-request`
 */
export const reportUsage = async (
  platform: Platform,
  authorization: string | undefined,
  question: UsageQuestion,
): Promise<UsageReport> => {
  const principal = await identify(platform, authorization);
  const filter = await filterOf(platform, principal, question);
  return report(platform, filter, question);
};

/** Totals of the node's accounts, for those who run it: nothing of what was called within them. @throws CrankError `forbidden`; `malformed-request` */
export const reportAccounts = async (
  platform: Platform,
  authorization: string | undefined,
  question: Pick<UsageQuestion, 'grain' | 'from' | 'to' | 'zone' | 'cursor'>,
): Promise<UsageReport> => {
  const principal = await identify(platform, authorization);
  await permit(platform, principal, 'account.usage', { type: 'account', account: platform.account });
  return report(platform, {}, { ...question, by: ['account'], side: 'caller' });
};

/** Whose usage a principal is shown: all of the account's, or its own where it may see no others'. @throws CrankError `forbidden` */
export const filterOf = async (
  platform: Platform,
  principal: Principal,
  { side, principal: wanted, service }: Pick<UsageQuestion, 'side' | 'principal' | 'service'>,
): Promise<UsageFilter> => {
  const { account } = principal;
  const actor = actorOf(principal);
  await permit(platform, principal, 'usage.read', { type: 'usage', account, principal: actor });
  const all = await platform.policy.authorise({
    ...{ action: 'usage.read', principal },
    resource: { type: 'usage', account, principal: '' },
  });
  if (all.allow) return { ...(side === 'owner' ? { owner: account } : { payer: account }), principal: wanted, service };
  if (side === 'owner' || (wanted !== undefined && wanted !== actor))
    throw new CrankError('forbidden', 'This key sees its own usage only: leave out "side" and "principal".');
  return { payer: account, principal: actor, service };
};

const report = async (platform: Platform, filter: UsageFilter, question: UsageQuestion): Promise<UsageReport> => {
  const { db } = platform.store;
  await sumAll(platform.store);
  const { by, grain, side } = question;
  const place = question.cursor === undefined ? undefined : placeOf(question.cursor, by);
  const { calendar, from, to } = { ...periodOf(question), ...place?.period };
  const usage: UsageItem[] = [];
  let next: Place['next'] | undefined;
  const put = (start: number, end: number, sums: readonly UsageSum[]): void => {
    const room = PAGE - usage.length;
    for (const { key, amounts } of sums.slice(0, room))
      usage.push({ start: timeText(start), end: timeText(end), key: named(by, key), ...viewOf(amounts) });
    if (sums.length > room) next = room === 0 ? { start } : { start, key: sums[room - 1]!.key };
  };
  let after = place?.next.key;
  const span = await usageSpan(db, filter, { from, to });
  const parts = span === undefined ? [] : partsWithin(partsOf(calendar, grain, place?.next.start ?? from, to), span);
  /** Lines of the longest part so far: as many parts as then fit into the page are asked for at once. */
  let longest: number | undefined;
  for (let at = 0; at < parts.length && next === undefined; ) {
    const { start, end } = parts[at]!;
    const room = PAGE - usage.length;
    if (room === 0 || at === LOOK) {
      next = { start };
      break;
    }
    const fitting = longest === undefined ? 1 : Math.floor(room / Math.max(1, longest));
    const count = Math.min(fitting, LOOK - at, alike(parts, at));
    if (count < 2 || after !== undefined) {
      const sums = await sumUsage(db, filter, by, { start, end, after, limit: room + 1 });
      if (after === undefined) longest = Math.max(longest ?? 0, sums.length);
      after = undefined;
      put(start, end, sums);
      at++;
      continue;
    }
    const several = await sumParts(db, filter, by, { start, length: end - start, count });
    for (let n = 0; n < count && next === undefined; n++) {
      const sums = several.get(n) ?? [];
      longest = Math.max(longest ?? 0, sums.length);
      put(parts[at + n]!.start, parts[at + n]!.end, sums);
    }
    at += count;
  }
  const whole = place === undefined ? await sumUsage(db, filter, [], { start: from, end: to, limit: 1 }) : undefined;
  return {
    ...{ from: timeText(from), to: timeText(to), zone: calendar.zone, side, by, grain: grain ?? null, usage },
    total: whole === undefined ? null : viewOf(whole[0]?.amounts ?? noAmounts),
    cursor: next === undefined ? null : cursorOf({ period: { from, to }, next }),
  };
};

/** Those that may have usage; one more than is looked at for a page. */
const partsWithin = (
  all: Iterable<{ start: number; end: number }>,
  span: { first: number; last: number },
): { start: number; end: number }[] => {
  const parts: { start: number; end: number }[] = [];
  for (const part of all) {
    if (part.start > span.last || parts.length > LOOK) break;
    if (part.end > span.first) parts.push(part);
  }
  return parts;
};

/** How many parts from one on are as long as that one. */
const alike = (parts: readonly { start: number; end: number }[], from: number): number => {
  const length = parts[from]!.end - parts[from]!.start;
  let at = from;
  while (at < parts.length && parts[at]!.end - parts[at]!.start === length) at++;
  return at - from;
};

const timeText = (ms: number): string => new Date(ms).toISOString();

const named = (by: readonly Dimension[], key: readonly string[]): UsageItem['key'] =>
  Object.fromEntries(by.map((name, at) => [name, key[at]]));

const partsOf = (calendar: Calendar, grain: Grain | undefined, from: number, to: number) =>
  grain === undefined ? [{ start: from, end: to }] : calendar.parts(grain, from, to);

/** Where a page ends. The period goes with it, since "now" is another time with the next page. */
interface Place {
  period: { from: number; to: number };
  /** The part that goes on, behind a key where that is there. */
  next: { start: number; key?: readonly string[] };
}

const cursorOf = ({ period: { from, to }, next: { start, key } }: Place): string =>
  Buffer.from(JSON.stringify([from, to, start, ...(key ?? [])].map(String))).toString('base64url');

const placeOf = (cursor: string, by: readonly Dimension[]): Place => {
  const parts = partsIn(cursor);
  const [from, to, start] = parts.slice(0, 3).map(Number) as [number, number, number];
  const key = parts.slice(3);
  const isTime = (ms: number): boolean => Number.isInteger(ms / QUARTER_MS) && ms >= 0;
  if (![from, to, start].every(isTime) || start < from || start >= to || (key.length > 0 && key.length !== by.length))
    throw badCursor();
  return { period: { from, to }, next: { start, ...(key.length > 0 && { key }) } };
};

const partsIn = (cursor: string): string[] => {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(parts) && parts.every((part) => typeof part === 'string')) return parts;
  } catch {
    // Not even JSON.
  }
  throw badCursor();
};

const badCursor = (): CrankError =>
  new CrankError('malformed-request', 'The cursor is not from the page before: ask for the first page again.');
