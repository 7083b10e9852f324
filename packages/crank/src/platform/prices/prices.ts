import type { Kysely } from 'kysely';
import type { PriceItem } from '#src/engines/metering/price-book.ts';
import type { Database } from '#src/store/schema.ts';
import type { PriceRow } from '#src/store/schema-prices.ts';
import type { Store } from '#src/store/store.ts';
import { createTierUse, type TierUse } from './tier-use.ts';

/** A change by another node is seen within this time. */
const CACHE_MS = 5_000;

/** What a service charges from a moment on. */
export interface Price {
  /** `prc_...` */
  id: string;
  account: string;
  service: string;
  /** Digest; empty for all versions. */
  version: string;
  /** Account of those who call; empty for all. */
  payer: string;
  /** Milliseconds since 1970. */
  from: number;
  /** Null: the node's tariff alone holds. */
  items: readonly PriceItem[] | null;
}

/** What a price is looked for by. */
export interface Priced {
  account: string;
  service: string;
  version: string;
  payer: string;
}

export const priceIn = (row: PriceRow): Price => ({
  id: row.id,
  account: row.account,
  service: row.service,
  version: row.version,
  payer: row.payer,
  from: row.from_at,
  items: row.items === null ? null : (JSON.parse(row.items) as PriceItem[]),
});

/** One for an account goes before one for all, and of these one for a version. */
const closeness = ({ payer, version }: Price): number => (payer === '' ? 0 : 2) + (version === '' ? 0 : 1);

/** Prices of services. All are in memory: there are few, and most services have none. */
export class Prices {
  /** How far accounts have come in tiers. */
  readonly used: TierUse;
  /** From now until the earliest moment that a new price may hold from: every node knows of it by then. */
  readonly noticeMs: number;
  readonly #db: Kysely<Database>;
  readonly #isShared: boolean;
  #all = new Map<string, Price[]>();
  #until = 0;

  constructor({ db, flavour }: Pick<Store, 'db' | 'flavour'>) {
    this.#db = db;
    this.#isShared = flavour === 'postgres';
    this.noticeMs = this.#isShared ? 2 * CACHE_MS : 0;
    this.used = createTierUse(db, flavour);
  }

  /** Whether any service has one, as far as is known. */
  get areThere(): boolean {
    return this.#isShared || this.#all.size > 0;
  }

  /** Reads them anew. */
  async changed(): Promise<void> {
    const rows = await this.#db.selectFrom('prices').selectAll().orderBy('from_at').execute();
    const all = new Map<string, Price[]>();
    for (const row of rows) {
      const name = `${row.account}/${row.service}`;
      all.set(name, [...(all.get(name) ?? []), priceIn(row)]);
    }
    this.#all = all;
    this.#until = Date.now() + CACHE_MS;
  }

  async #of(account: string, service: string): Promise<readonly Price[]> {
    if (this.#isShared && this.#until <= Date.now()) await this.changed();
    return this.#all.get(`${account}/${service}`) ?? [];
  }

  /** The price in force for a call that came at a time; undefined where the node's tariff alone holds. */
  async inForce({ account, service, version, payer }: Priced, at: number): Promise<Price | undefined> {
    let found: Price | undefined;
    // In order of time: of those for the same calls the last one counts.
    for (const price of await this.#of(account, service)) {
      if (price.from > at) break;
      if (price.version !== '' && price.version !== version) continue;
      if (price.payer !== '' && price.payer !== payer) continue;
      if (found === undefined || closeness(price) >= closeness(found)) found = price;
    }
    return found;
  }

  /** One that was or is in force. */
  async byId(account: string, service: string, id: string): Promise<Price | undefined> {
    return (await this.#of(account, service)).find((price) => price.id === id);
  }
}
