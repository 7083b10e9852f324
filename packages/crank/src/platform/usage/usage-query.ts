import { setImmediate as turn } from 'node:timers/promises';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from '#src/store/schema.ts';
import { usageAmounts } from '#src/store/schema-usage.ts';
import { QUARTER_MS } from '#src/store/sum-usage.ts';

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
  const keys = by.map((name) => sql.ref(name === 'tag' ? 't.tag' : `d.${columns[name]}`));
  const where = [
    ...conditions(filter),
    sql`s.quarter >= ${start / QUARTER_MS}`,
    sql`s.quarter < ${end / QUARTER_MS}`,
    ...(after === undefined || keys.length === 0 ? [] : [sql`(${sql.join(keys)}) > (${sql.join([...after])})`]),
  ];
  const chosen = [
    ...keys.map((key, at) => sql`${key} as ${sql.ref(`k${at}`)}`),
    // Text, since a sum may pass 2^53. SQLite's are 64 bits: 9.2 million dollars in one row, beyond which it raises an error.
    ...usageAmounts.map((name) => sql`cast(sum(${sql.ref(`s.${name}`)}) as text) as ${sql.ref(name)}`),
  ];
  const grouped = keys.length === 0 ? sql`` : sql`group by ${sql.join(keys)} order by ${sql.join(keys)}`;
  const tags = by.includes('tag') ? sql`join usage_dim_tags t on t.dim = d.id` : sql``;
  // SQLite answers without giving the thread back: others get their turn between the parts of a report.
  await turn();
  const { rows } = await sql<Record<string, string | null>>`
    select ${sql.join(chosen)} from usage_dims d join usage_slots s on s.dim = d.id ${tags}
    where ${sql.join(where, sql` and `)} ${grouped} limit ${limit}`.execute(db);
  // Without dimensions there is always one row, of nothing where nothing was used.
  return rows
    .filter((row) => row['calls'] !== null)
    .map((row) => ({
      key: by.map((_, at) => row[`k${at}`]!),
      amounts: Object.fromEntries(usageAmounts.map((name) => [name, BigInt(row[name]!)])) as Record<Amount, bigint>,
    }));
};

const conditions = ({ payer, owner, principal, service }: UsageFilter): RawBuilder<unknown>[] => [
  ...(payer === undefined ? [] : [sql`d.account = ${payer}`]),
  ...(owner === undefined ? [] : [sql`d.service_account = ${owner}`]),
  ...(principal === undefined ? [] : [sql`d.principal = ${principal}`]),
  ...(service === undefined ? [] : [sql`d.service = ${service}`]),
];

/** When the first and the last of it ended, milliseconds since 1970, to a quarter of an hour; undefined where there is none. */
export const usageSpan = async (
  db: Kysely<Database>,
  filter: UsageFilter,
  { from, to }: { from: number; to: number },
): Promise<{ first: number; last: number } | undefined> => {
  const where = [...conditions(filter), sql`s.quarter >= ${from / QUARTER_MS}`, sql`s.quarter < ${to / QUARTER_MS}`];
  const { rows } = await sql<{ first: number | null; last: number | null }>`
    select min(s.quarter) as first, max(s.quarter) as last from usage_dims d join usage_slots s on s.dim = d.id
    where ${sql.join(where, sql` and `)}`.execute(db);
  const { first, last } = rows[0]!;
  return first === null || last === null ? undefined : { first: first * QUARTER_MS, last: last * QUARTER_MS };
};
