import { createHash, randomBytes } from 'node:crypto';
import type { CompiledQuery, Kysely } from 'kysely';
import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import type { Database } from '#src/store/schema.ts';
import type { SecretRow } from '#src/store/schema-service-life.ts';
import type { KeyWrapper } from './key-wrapper.ts';
import { type Mask, maskOf } from './secret-mask.ts';
import { Vault } from './vault.ts';

/** A change by another node on the same database is seen within this time; one by this node at once. */
const CACHE_MS = 5_000;
const CACHE_SIZE = 1_000;

/** What a call is given. */
export interface GrantedSecrets {
  /** By environment variable. */
  readonly values: Readonly<Record<string, string>>;
  /** For the receipt, by name. */
  readonly used: readonly { name: string; version: number }[];
  /** Changes with every value. */
  readonly edition: string;
  readonly mask: Mask;
}

/** Names by environment variable. */
export type WantedSecrets = Readonly<Record<string, string>>;

/**
 * The secrets of accounts. Each value lies in the database under a data key of its own, which a key outside of the
 * database wraps. What is decrypted is kept in memory for seconds, and forgotten when it changes.
 */
export class Secrets {
  readonly #db: Kysely<Database>;
  readonly #wrapper: KeyWrapper;
  readonly #known = new Map<string, { granted: GrantedSecrets; until: number }>();
  /** Counts changes, so that what was read before one is not kept after it. */
  #changes = 0;

  constructor(db: Kysely<Database>, wrapper: KeyWrapper) {
    this.#db = db;
    this.#wrapper = wrapper;
  }

  /** @throws CrankError `unavailable` where one is not set, or cannot be decrypted here */
  async grant(account: string, wanted: WantedSecrets): Promise<GrantedSecrets> {
    const key = `${account}\0${JSON.stringify(wanted)}`;
    const known = this.#known.get(key);
    if (known !== undefined && known.until > Date.now()) return known.granted;
    const before = this.#changes;
    const granted = await this.#open(account, wanted);
    if (this.#changes === before) {
      if (this.#known.size >= CACHE_SIZE) this.#known.clear();
      this.#known.set(key, { granted, until: Date.now() + CACHE_MS });
    }
    return granted;
  }

  /** Drops what is decrypted: something has changed. */
  forget(): void {
    this.#changes++;
    this.#known.clear();
  }

  /** A secret with its value still wrapped; undefined where there is none, also where it was removed. */
  async find(account: string, name: string): Promise<SecretRow | undefined> {
    const row = await this.#row(account, name);
    return row === undefined || row.sealed === null ? undefined : row;
  }

  list(account: string): Promise<Omit<SecretRow, 'sealed' | 'wrapped'>[]> {
    return this.#db
      .selectFrom('secrets')
      .select([
        'account',
        'name',
        'version',
        'value_id',
        'wrapped_by',
        'created_at',
        'created_by',
        'rotated_at',
        'rotated_by',
      ])
      .where('account', '=', account)
      .where('sealed', 'is not', null)
      .orderBy('name')
      .execute();
  }

  /** The write that sets a value, and the version that it will have. Versions go on where a removed one left off. */
  async set(
    account: string,
    name: string,
    value: string,
    by: string,
  ): Promise<{ version: number; created: boolean; query: CompiledQuery }> {
    const before = await this.#row(account, name);
    const version = (before?.version ?? 0) + 1;
    const value_id = newId('sec');
    const context = contextOf(account, name, value_id);
    const key = randomBytes(32);
    const wrapped = await this.#wrapper.wrap(key, context);
    const sealed = new Vault(key).seal(Buffer.from(value), context);
    key.fill(0);
    const now = Date.now();
    const fresh = before === undefined || before.sealed === null;
    const changing = { version, value_id, ...wrapped, sealed, rotated_at: now, rotated_by: by };
    const query = this.#db
      .insertInto('secrets')
      .values({ account, name, ...changing, created_at: now, created_by: by })
      .onConflict((c) =>
        c.columns(['account', 'name']).doUpdateSet({ ...changing, ...(fresh && { created_at: now, created_by: by }) }),
      )
      .compile();
    return { version, created: fresh, query };
  }

  /** The write that takes a value away; its version stays, so that none is given twice. */
  remove(account: string, name: string): CompiledQuery {
    return this.#db
      .updateTable('secrets')
      .set({ sealed: null, wrapped: Buffer.alloc(0) })
      .where('account', '=', account)
      .where('name', '=', name)
      .compile();
  }

  async #row(account: string, name: string): Promise<SecretRow | undefined> {
    return this.#db
      .selectFrom('secrets')
      .selectAll()
      .where('account', '=', account)
      .where('name', '=', name)
      .executeTakeFirst();
  }

  async #open(account: string, wanted: WantedSecrets): Promise<GrantedSecrets> {
    const names = [...new Set(Object.values(wanted))].sort();
    const rows = await this.#db
      .selectFrom('secrets')
      .selectAll()
      .where('account', '=', account)
      .where('name', 'in', names)
      .where('sealed', 'is not', null)
      .execute();
    const lacking = names.filter((name) => !rows.some((row) => row.name === name));
    if (lacking.length > 0)
      throw new CrankError(
        'unavailable',
        `The service asks for secrets that the account ${account} has not set: ${lacking.join(', ')}. Its owner or a developer sets them: \`crank secret set ${lacking[0]}\`.`,
      );
    const values = new Map<string, string>();
    for (const row of rows) values.set(row.name, await this.#decrypt(row));
    const used = names.map((name) => ({ name, version: rows.find((row) => row.name === name)!.version }));
    const edition = createHash('sha256').update(JSON.stringify([wanted, rows.map(({ value_id }) => value_id).sort()]));
    return {
      values: Object.fromEntries(Object.entries(wanted).map(([variable, name]) => [variable, values.get(name)!])),
      used,
      edition: edition.digest('hex').slice(0, 16),
      mask: maskOf([...values.values()]),
    };
  }

  async #decrypt({ account, name, value_id, wrapped_by, wrapped, sealed }: SecretRow): Promise<string> {
    const context = contextOf(account, name, value_id);
    const key = await this.#wrapper.unwrap(wrapped_by, wrapped, context);
    if (key === undefined)
      throw new CrankError(
        'unavailable',
        `The secret ${name} cannot be decrypted on this node: it was wrapped under another node's key. Give both nodes the same folder keys/secrets, or set the secret again on this one.`,
      );
    const value = new Vault(key).open(sealed!, context).toString();
    key.fill(0);
    return value;
  }
}

const contextOf = (account: string, name: string, value: string): string => `secret ${account} ${name} ${value}`;
