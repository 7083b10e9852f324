import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { costCentreIn, tagSet } from '#src/core/tags.ts';
import type { Database } from './schema.ts';
import { type UsageDimRow, type UsageSlotRow, usageAmounts } from './schema-usage.ts';
import type { Store } from './store.ts';

export const QUARTER_MS = 900_000;

type Named = Pick<
  UsageDimRow,
  'account' | 'principal' | 'service_account' | 'service' | 'version' | 'operation' | 'outcome'
>;
type Summed = Named & Omit<UsageSlotRow, 'dim'> & { tags: string | null };

/** What stands behind each amount, for a call `c` and its usage `u`. Whole numbers, so that sums do not depend on their order. */
const sources: Record<(typeof usageAmounts)[number], string> = {
  calls: '1',
  cpu_ns: 'u.cpu_ns',
  wall_ns: 'u.wall_ns',
  byte_seconds: 'cast(round(cast(u.peak_memory_bytes as double precision) * u.wall_ns / 1e9) as bigint)',
  egress_bytes: 'coalesce((select sum(e.sent_bytes) + sum(e.received_bytes) from egress e where e.call = c.id), 0)',
  nanojoules: 'cast(round(u.joules * 1e9) as bigint)',
  picograms: 'cast(round(u.grams * 1e12) as bigint)',
  pico_call: charge('call'),
  pico_cpu: charge('cpu'),
  pico_energy: charge('energy'),
  pico_carbon: charge('carbon'),
};

function charge(kind: string): string {
  return `coalesce((select pico_usd from charges where call = c.id and kind = '${kind}'), 0)`;
}

const sums = usageAmounts.map((name) => `cast(sum(${sources[name]}) as bigint) as ${name}`).join(', ');
const names = 'c.principal, c.service, c.version, c.operation, c.outcome';
const added = usageAmounts.map((name) => `${name} = usage_slots.${name} + excluded.${name}`).join(', ');

/**
 * Adds to usage what calls in a log took and cost, once each: the mark, which says how far that is, moves in the same
 * transaction. Any node may do it for any log.
 *
 * @param most entries of the log at one time
 * @returns how many entries are left
 */
export const sumLog = ({ db, flavour }: Pick<Store, 'db' | 'flavour'>, log: string, most: number): Promise<number> =>
  db.transaction().execute(async (tx) => {
    await tx
      .insertInto('usage_marks')
      .values({ log, idx: 0 })
      .onConflict((c) => c.doNothing())
      .execute();
    // Whoever else sums this log waits here; SQLite has one writer anyway.
    const marked = tx.selectFrom('usage_marks').select('idx').where('log', '=', log);
    const { idx } = await (flavour === 'postgres' ? marked.forUpdate() : marked).executeTakeFirstOrThrow();
    const grown = await tx.selectFrom('logs').select('size').where('id', '=', log).executeTakeFirst();
    const size = grown?.size ?? 0;
    const end = Math.min(size, idx + most);
    if (end === idx) return 0;
    const { rows } = await sql<Summed>`
      select coalesce(c.payer, c.account) as account, c.account as service_account, ${sql.raw(names)}, c.tags,
        c.finished_at / ${sql.lit(QUARTER_MS)} as quarter, ${sql.raw(sums)}
      from receipts r join calls c on c.id = r.id join usage u on u.call = c.id
      where r.log = ${log} and r.idx >= ${idx} and r.idx < ${end}
      group by c.payer, c.account, ${sql.raw(names)}, c.tags, c.finished_at / ${sql.lit(QUARTER_MS)}`.execute(tx);
    for (const row of rows) await addTo(tx, log, row);
    await tx.updateTable('usage_marks').set({ idx: end }).where('log', '=', log).execute();
    return size - end;
  });

const addTo = async (tx: Kysely<Database>, log: string, { tags: header, ...row }: Summed): Promise<void> => {
  const { account, principal, service_account, service, version, operation, outcome } = row;
  const named = { account, principal, service_account, service, version, operation, outcome, node: log };
  const set = tagSet(header);
  const tags = set.join(',');
  const id = createHash('sha256')
    .update(JSON.stringify([...Object.values(named), tags]))
    .digest('base64url')
    .slice(0, 22);
  const dim: UsageDimRow = { id, ...named, tags, cost_centre: costCentreIn(set) };
  const made = await tx
    .insertInto('usage_dims')
    .values(dim)
    .onConflict((c) => c.doNothing())
    .executeTakeFirst();
  if (made.numInsertedOrUpdatedRows !== 0n) {
    const each = set.length === 0 ? [''] : set;
    await tx
      .insertInto('usage_dim_tags')
      .values(each.map((tag) => ({ dim: id, tag })))
      .execute();
  }
  const amounts = sql.join([id, row.quarter, ...usageAmounts.map((name) => row[name])]);
  await sql`
    insert into usage_slots (dim, quarter, ${sql.raw(usageAmounts.join(', '))}) values (${amounts})
    on conflict (dim, quarter) do update set ${sql.raw(added)}`.execute(tx);
};

/** The logs of the database of which entries are not in usage yet, with how many. */
export const unsummed = async (db: Kysely<Database>): Promise<{ log: string; entries: number }[]> => {
  const { rows } = await sql<{ log: string; entries: number }>`
    select logs.id as log, logs.size - coalesce(usage_marks.idx, 0) as entries
    from logs left join usage_marks on usage_marks.log = logs.id
    where logs.size > coalesce(usage_marks.idx, 0)`.execute(db);
  return rows;
};
