import { type CompiledQuery, type Kysely, sql } from 'kysely';
import type { PriceUnit } from '#src/engines/metering/price-book.ts';
import type { Flavour } from '#src/store/migrations.ts';
import type { Database } from '#src/store/schema.ts';

/** What is counted for tiers: some unit of a service, by an account, in a month. */
export interface TierKey {
  account: string;
  service: string;
  payer: string;
  unit: PriceUnit;
  /** `2026-11`, UTC */
  month: string;
}

/** A call's place in its tiers. */
export interface TierPlace {
  /** What was used before it, in the smallest parts. */
  before: bigint;
  /** What goes into the call's commit. */
  queries: Pick<CompiledQuery, 'sql' | 'parameters'>[];
  /** The call was committed, or it was not and its place is free again. */
  end(isCommitted: boolean): Promise<void>;
}

/**
 * Port: how far accounts have come in tiers. Calls take their places one after the other, so that no two are given the same
 * free ones. Two adapters: in memory, where one node has the database to itself, and in the database, where several share it.
 */
export interface TierUse {
  take(key: TierKey, quantity: bigint): Promise<TierPlace>;
  /** What is used up. */
  used(key: TierKey): Promise<bigint>;
}

/** Counters that are remembered; a forgotten one is read again. */
const KEPT = 10_000;

export const createTierUse = (db: Kysely<Database>, flavour: Flavour): TierUse =>
  flavour === 'postgres' ? inDatabase(db) : inMemory(db);

const read = async (db: Kysely<Database>, key: TierKey): Promise<bigint> => {
  const row = await db
    .selectFrom('price_used')
    .select((e) => e.cast<string>('parts', 'text').as('parts'))
    .where('account', '=', key.account)
    .where('service', '=', key.service)
    .where('payer', '=', key.payer)
    .where('unit', '=', key.unit)
    .where('month', '=', key.month)
    .executeTakeFirst();
  return BigInt(row?.parts ?? 0);
};

const addition = ({ account, service, payer, unit, month }: TierKey, quantity: bigint) => sql<{ parts: string }>`
  insert into price_used (account, service, payer, unit, month, parts)
  values (${account}, ${service}, ${payer}, ${unit}, ${month}, ${quantity})
  on conflict (account, service, payer, unit, month) do update set parts = price_used.parts + excluded.parts`;

/** Where the node dies its memory is gone, and so are the calls that were not committed. */
const inMemory = (db: Kysely<Database>): TierUse => {
  const counters = new Map<string, { parts: bigint }>();
  const loading = new Map<string, Promise<{ parts: bigint }>>();
  /** Calls that have a place and are not committed: their counters stay. */
  let open = 0;

  const load = async (name: string, key: TierKey): Promise<{ parts: bigint }> => {
    const counter = { parts: await read(db, key) };
    if (counters.size >= KEPT && open === 0) counters.clear();
    counters.set(name, counter);
    return counter;
  };
  const counterOf = (key: TierKey): { parts: bigint } | Promise<{ parts: bigint }> => {
    const name = JSON.stringify([key.account, key.service, key.payer, key.unit, key.month]);
    const known = counters.get(name);
    if (known !== undefined) return known;
    const pending = loading.get(name) ?? load(name, key).finally(() => loading.delete(name));
    loading.set(name, pending);
    return pending;
  };
  return {
    take: async (key, quantity) => {
      const counter = await counterOf(key);
      open++;
      const before = counter.parts;
      counter.parts += quantity;
      const { sql: text, parameters } = addition(key, quantity).compile(db);
      return {
        before,
        queries: [{ sql: text, parameters }],
        end: async (isCommitted) => {
          open--;
          if (!isCommitted) counter.parts -= quantity;
        },
      };
    },
    used: async (key) => (await counterOf(key)).parts,
  };
};

/** A place is taken before the commit: a node that dies in between has used it up for nothing. */
const inDatabase = (db: Kysely<Database>): TierUse => {
  const add = (key: TierKey, quantity: bigint): Promise<bigint> =>
    db.transaction().execute(async (tx) => {
      // A crash of the database loses the place with the call.
      await sql`set local synchronous_commit to off`.execute(tx);
      const { rows } = await sql<{ parts: string }>`
        ${addition(key, quantity)} returning cast(price_used.parts as text) as parts`.execute(tx);
      return BigInt(rows[0]!.parts);
    });
  return {
    take: async (key, quantity) => ({
      before: (await add(key, quantity)) - quantity,
      queries: [],
      end: async (isCommitted) => {
        if (!isCommitted) await add(key, -quantity);
      },
    }),
    used: (key) => read(db, key),
  };
};
