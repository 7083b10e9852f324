import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import { CrankError } from '#src/core/error.ts';
import type { Database } from '#src/store/schema.ts';
import type { KeyWrapper } from '../key-wrapper.ts';

/** More are not kept in memory; they are read again. */
const CACHE_SIZE = 1_000;

/**
 * The keys under which accounts' values are hashed and tokenised: made when first needed, never changed (what was
 * tokenised can be revealed as long as they are there), in the database under a key outside of it.
 */
export class PrivacyKeys {
  readonly #db: Kysely<Database>;
  readonly #wrapper: KeyWrapper;
  readonly #known = new Map<string, Buffer>();

  constructor(db: Kysely<Database>, wrapper: KeyWrapper) {
    this.#db = db;
    this.#wrapper = wrapper;
  }

  /** @throws CrankError `unavailable` where it was wrapped by another node, and cannot be read here */
  async of(account: string): Promise<Buffer> {
    const key = this.#known.get(account) ?? (await this.#read(account)) ?? (await this.#make(account));
    if (this.#known.size >= CACHE_SIZE) this.#known.clear();
    this.#known.set(account, key);
    return key;
  }

  async #read(account: string): Promise<Buffer | undefined> {
    const row = await this.#db.selectFrom('privacy_keys').selectAll().where('account', '=', account).executeTakeFirst();
    if (row === undefined) return undefined;
    const key = await this.#wrapper.unwrap(row.wrapped_by, row.wrapped, contextOf(account));
    if (key !== undefined) return key;
    throw new CrankError(
      'unavailable',
      `The account's key for hashes and tokens cannot be decrypted on this node: it was wrapped under another node's key. Give both nodes the same folder keys/secrets.`,
    );
  }

  /** Where two are first, the database's word counts. */
  async #make(account: string): Promise<Buffer> {
    const wrapped = await this.#wrapper.wrap(randomBytes(32), contextOf(account));
    await this.#db
      .insertInto('privacy_keys')
      .values({ account, ...wrapped, created_at: Date.now() })
      .onConflict((c) => c.column('account').doNothing())
      .execute();
    return (await this.#read(account))!;
  }
}

const contextOf = (account: string): string => `privacy ${account}`;
