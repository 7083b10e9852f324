import { setImmediate as turn } from 'node:timers/promises';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { slotAt, slotStart } from '#src/store/add-usage.ts';
import type { Database } from '#src/store/schema.ts';
import { type UsageCut, type UsageSpan, usageAmounts, usageCuts } from '#src/store/schema-usage.ts';

/** What usage is told apart by, with its column. */
const columns = {
  account: 'account',
  principal: 'principal',
  'service-account': 'service_account',
  service: 'service',
  version: 'version',
  operation: 'operation',
  outcome: 'outcome',
  node: 'node',
  tag: 'tag',
  tags: 'tags',
  'cost-centre': 'cost_centre',
} as const;

export type Dimension = keyof typeof columns;
export const dimensions = Object.keys(columns) as Dimension[];
export type Amount = (typeof usageAmounts)[number];

export const noAmounts = Object.fromEntries(usageAmounts.map((name) => [name, 0n])) as Record<Amount, bigint>;

/** Whose usage: of who called (and pays), of whose service was called; all accounts' where both are absent. */
export interface UsageFilter {
  payer?: string;
  owner?: string;
  principal?: string | undefined;
  service?: string | undefined;
}

/** Whole numbers that may be too large for a number; dimensions in the order asked for. */
export interface UsageSum {
  key: readonly string[];
  amounts: Readonly<Record<Amount, bigint>>;
}

/** Slots of one table, to be added or taken off. */
interface Piece {
  span: UsageSpan;
  from: number;
  to: number;
  sign: 1 | -1;
}

/**
 * A period as few slots as can be: whole months of UTC, then days and quarters of an hour at both ends, which are taken off where that is
 * nearer. Sums are whole numbers, so that nothing is lost by it.
 *
 * @param spans those that there are, from the longest to the shortest
 */
const piecesOf = (start: number, end: number, [span, ...shorter]: readonly UsageSpan[]): Piece[] => {
  if (start === end) return [];
  if (start > end)
    return piecesOf(end, start, [span!, ...shorter]).map((piece) => ({ ...piece, sign: piece.sign === 1 ? -1 : 1 }));
  if (shorter.length === 0) return [{ span: span!, from: slotAt(span!, start), to: slotAt(span!, end), sign: 1 }];
  const [from, to] = [nearest(span!, start), nearest(span!, end)];
  if (from >= to) return piecesOf(start, end, shorter);
  return [
    { span: span!, from, to, sign: 1 },
    ...piecesOf(start, slotStart(span!, from), shorter),
    ...piecesOf(slotStart(span!, to), end, shorter),
  ];
};

/** The slot whose beginning is nearest to a time. */
const nearest = (span: UsageSpan, ms: number): number => {
  const slot = slotAt(span, ms);
  return ms - slotStart(span, slot) <= slotStart(span, slot + 1) - ms ? slot : slot + 1;
};

/** The cut that tells just enough apart. */
const cutFor = (filter: UsageFilter, by: readonly Dimension[]): UsageCut => {
  const needed: string[] = [
    ...by.map((name) => (name === 'tag' ? 'tags' : columns[name])),
    ...(filter.payer === undefined ? [] : ['account']),
    ...(filter.owner === undefined ? [] : ['service_account']),
    ...(filter.principal === undefined ? [] : ['principal']),
    ...(filter.service === undefined ? [] : ['service']),
  ];
  const fits = (cut: UsageCut): boolean =>
    needed.every((name) => (usageCuts[cut].columns as readonly string[]).includes(name));
  return (['service', 'principal', 'tags'] as const).find(fits) ?? 'all';
};

const sumsOf = (sign: 1 | -1) =>
  usageAmounts.map(
    (name) => sql`sum(${sql.ref(`s.${name}`)})${sql.raw(sign === 1 ? '' : ' * -1')} as ${sql.ref(name)}`,
  );

/**
 * What was used from `start` up to `end`, told apart by dimensions and in their order.
 *
 * By `tag`, a call counts once for each of its tags.
 *
 * @param start and `end`: milliseconds since 1970, at quarters of an hour
 * @param after goes on behind this key
 */
export const sumUsage = async (
  db: Kysely<Database>,
  filter: UsageFilter,
  by: readonly Dimension[],
  { start, end, after, limit }: { start: number; end: number; after?: readonly string[] | undefined; limit: number },
): Promise<UsageSum[]> => {
  const keys = keysOf(by);
  const names = keys.map((_, at) => sql.ref(`k${at}`));
  const from = sourceOf(filter, by);
  const conditions = [
    ...from.where,
    ...(after === undefined || keys.length === 0 ? [] : [sql`(${sql.join(keys)}) > (${sql.join([...after])})`]),
  ];
  const arms = piecesOf(start, end, [...from.spans].reverse()).map(({ span, from: first, to, sign }) => {
    const chosen = [...keys.map((key, at) => sql`${key} as ${names[at]}`), ...sumsOf(sign)];
    const where = [...conditions, sql`s.slot >= ${first}`, sql`s.slot < ${to}`];
    const grouped = keys.length === 0 ? sql`` : sql`group by ${sql.join(keys)}`;
    return sql`select ${sql.join(chosen)} from ${sql.ref(span)} s join usage_dims d on d.id = s.dim ${from.tags}
      where ${sql.join(where, sql` and `)} ${grouped}`;
  });
  // Text, since a sum may pass 2^53. SQLite's are 64 bits: 9.2 million dollars in one row, beyond which it raises an error.
  const texts = usageAmounts.map((name) => sql`cast(sum(${sql.ref(`x.${name}`)}) as text) as ${sql.ref(name)}`);
  const grouped =
    keys.length === 0 ? sql`` : sql`group by ${sql.join(names)} having sum(x.calls) > 0 order by ${sql.join(names)}`;
  // SQLite answers without giving the thread back: others get their turn between the parts of a report.
  await turn();
  const { rows } = await sql<Record<string, string | null>>`
    select ${sql.join([...names, ...texts])} from (${sql.join(arms, sql` union all `)}) x ${grouped} limit ${limit}`.execute(
    db,
  );
  // Without dimensions there is always one row, of nothing where nothing was used.
  return rows.filter((row) => row['calls'] !== null).map((row) => sumIn(row, by));
};

/**
 * The same for several parts at once that follow one another and are of one length.
 *
 * @param length of each, milliseconds: a multiple of a quarter of an hour
 * @returns sums by the number of the part
 */
export const sumParts = async (
  db: Kysely<Database>,
  filter: UsageFilter,
  by: readonly Dimension[],
  { start, length, count }: { start: number; length: number; count: number },
): Promise<Map<number, UsageSum[]>> => {
  const keys = keysOf(by);
  const from = sourceOf(filter, by);
  const isDays = [start, length].every((ms) => slotStart('usage_days', slotAt('usage_days', ms)) === ms);
  const span = isDays && from.spans.includes('usage_days') ? 'usage_days' : 'usage_slots';
  const first = slotAt(span, start);
  const each = slotAt(span, length);
  const part = sql`(s.slot - ${sql.lit(first)}) / ${sql.lit(each)}`;
  const chosen = [
    sql`${part} as part`,
    ...keys.map((key, at) => sql`${key} as ${sql.ref(`k${at}`)}`),
    ...usageAmounts.map((name) => sql`cast(sum(${sql.ref(`s.${name}`)}) as text) as ${sql.ref(name)}`),
  ];
  const where = [...from.where, sql`s.slot >= ${first}`, sql`s.slot < ${first + count * each}`];
  const groups = [part, ...keys];
  await turn();
  const { rows } = await sql<Record<string, string | null> & { part: string | number }>`
    select ${sql.join(chosen)} from ${sql.ref(span)} s join usage_dims d on d.id = s.dim ${from.tags}
    where ${sql.join(where, sql` and `)} group by ${sql.join(groups)} order by ${sql.join(groups)}`.execute(db);
  const parts = new Map<number, UsageSum[]>();
  for (const row of rows) {
    const at = Number(row.part);
    parts.set(at, [...(parts.get(at) ?? []), sumIn(row, by)]);
  }
  return parts;
};

const keysOf = (by: readonly Dimension[]) => by.map((name) => sql.ref(name === 'tag' ? 't.tag' : `d.${columns[name]}`));

const sourceOf = (filter: UsageFilter, by: readonly Dimension[]) => {
  const cut = cutFor(filter, by);
  return {
    spans: usageCuts[cut].spans as readonly UsageSpan[],
    tags: by.includes('tag') ? sql`join usage_dim_tags t on t.dim = d.id` : sql``,
    where: conditionsOf(filter, cut),
  };
};

const sumIn = (row: Record<string, string | number | null>, by: readonly Dimension[]): UsageSum => ({
  key: by.map((_, at) => row[`k${at}`] as string),
  amounts: Object.fromEntries(usageAmounts.map((name) => [name, BigInt(row[name]!)])) as Record<Amount, bigint>,
});

const conditionsOf = ({ payer, owner, principal, service }: UsageFilter, cut: UsageCut): RawBuilder<unknown>[] => [
  // A call of another account's service is there twice, under either's name.
  payer === undefined && owner === undefined ? sql`s.account = d.account` : sql`s.account = ${payer ?? owner}`,
  sql`s.cut = ${cut}`,
  ...(payer === undefined ? [] : [sql`d.account = ${payer}`]),
  ...(owner === undefined ? [] : [sql`d.service_account = ${owner}`]),
  ...(principal === undefined ? [] : [sql`d.principal = ${principal}`]),
  ...(service === undefined ? [] : [sql`d.service = ${service}`]),
];

/** When the first and the last of it ended, milliseconds since 1970, to a day of UTC; undefined where there is none. */
export const usageSpan = async (
  db: Kysely<Database>,
  filter: UsageFilter,
  { from, to }: { from: number; to: number },
): Promise<{ first: number; last: number } | undefined> => {
  const where = [
    ...conditionsOf(filter, cutFor(filter, [])),
    sql`s.slot >= ${slotAt('usage_days', from)}`,
    sql`s.slot <= ${slotAt('usage_days', to - 1)}`,
  ];
  const { rows } = await sql<{ first: number | null; last: number | null }>`
    select min(s.slot) as first, max(s.slot) as last from usage_days s join usage_dims d on d.id = s.dim
    where ${sql.join(where, sql` and `)}`.execute(db);
  const { first, last } = rows[0]!;
  return first === null || last === null
    ? undefined
    : { first: slotStart('usage_days', first), last: slotStart('usage_days', last + 1) - 1 };
};
