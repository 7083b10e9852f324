import { createHmac, randomBytes } from 'node:crypto';
import type { CompiledQuery, Kysely } from 'kysely';
import { newId } from '#src/core/id.ts';
import type { Database, SubjectKeyRow } from '#src/store/schema.ts';
import { SubjectKey } from './subject-key.ts';
import { WrappingKeys } from './wrapping-keys.ts';

/** A key that is not in the database yet. */
interface New {
  id: string;
  key: Buffer;
  /** Number of the key that wraps it. */
  by: number;
  query: Pick<CompiledQuery, 'sql' | 'parameters'>;
}

/** An erasure by another node on the same database is seen within this time. */
const CACHE_MS = 5_000;
const CACHE_SIZE = 10_000;

/**
 * The keys of subjects. They lie in the database, wrapped by a key that lies in a file of this node. Erasing deletes the
 * subject's row, wraps all others anew under a new wrapping key and destroys the old one, so that no copy of the row that
 * a database leaves behind (write-ahead log, free pages, dead tuples, backups of the database) can be unwrapped any more.
 */
export class Subjects {
  readonly #db: Kysely<Database>;
  readonly #node: string;
  readonly #wrapping: WrappingKeys;
  /** Keys that no commit has stored yet, by account and name. */
  readonly #pending = new Map<string, New>();
  #erasing: Promise<void> = Promise.resolve();
  readonly #known = new Map<string, { key: SubjectKey; until: number }>();

  private constructor(db: Kysely<Database>, node: string, wrapping: WrappingKeys) {
    this.#db = db;
    this.#node = node;
    this.#wrapping = wrapping;
  }

  /** @param folder for the wrapping keys (0700); an erasure that a crash interrupted is completed */
  static async open(db: Kysely<Database>, node: string, folder: string): Promise<Subjects> {
    const subjects = new Subjects(db, node, WrappingKeys.open(folder));
    if (subjects.#wrapping.older.length > 0) await subjects.#wrapAnew();
    return subjects;
  }

  /** The key of a subject of an account, made where there is none: then `pending` says what has to be committed with its first use. */
  of(account: string, name: string, named = false): SubjectKey | Promise<SubjectKey> {
    const known = this.#known.get(this.#cacheName(account, name, named));
    return known !== undefined && known.until > Date.now() ? known.key : this.#make(account, name, named);
  }

  /** Told of a commit that brought a new key along. */
  stored(key: SubjectKey): void | Promise<void> {
    if (key.pending === undefined) return;
    key.pending = undefined;
    for (const [name, made] of this.#pending) {
      if (made.id !== key.id) continue;
      this.#pending.delete(name);
      // Somebody was erased meanwhile, and what wrapped this key is gone.
      if (made.by !== this.#wrapping.current) return this.#wrapAgain(made);
    }
  }

  async #wrapAgain({ id, key }: New): Promise<void> {
    await this.#db.updateTable('subject_keys').set(this.#wrapping.wrap(key, id)).where('id', '=', id).execute();
  }

  /** The key of a subject, or undefined where there is none. */
  async find(account: string, name: string): Promise<SubjectKey | undefined> {
    return this.#unwrap(await this.#row(account, name), false);
  }

  /** A key by its id, or undefined where it was erased or is another node's. */
  async byId(id: string): Promise<SubjectKey | undefined> {
    const row = await this.#db.selectFrom('subject_keys').selectAll().where('id', '=', id).executeTakeFirst();
    return this.#unwrap(row, true);
  }

  /** The key that the salts of a receipt come from. */
  keyOf(receipt: { account: string; principal: string; subject: string | null }): Promise<SubjectKey | undefined> {
    return receipt.subject === null ? this.find(receipt.account, receipt.principal) : this.byId(receipt.subject);
  }

  /**
   * Erases a subject of an account, and makes every copy of its key worthless.
   *
   * @param record writes the deletion down: the key's id, and the query that deletes it, to be run in the same commit
   * @returns what `record` gave; undefined where there is no such subject
   */
  erase<T>(
    account: string,
    name: string,
    record: (id: string, query: CompiledQuery) => Promise<T>,
  ): Promise<T | undefined> {
    const turn = this.#erasing.then(async () => {
      const row = await this.#row(account, name);
      if (row === undefined) return undefined;
      // A second key file is the mark of an erasure under way: where we die before its end, the next start completes it.
      this.#wrapping.add();
      const query = this.#db.deleteFrom('subject_keys').where('id', '=', row.id).compile();
      const recorded = await record(row.id, query);
      this.#known.clear();
      await this.#wrapAnew();
      return recorded;
    });
    // One after the other: a row that one deletes must not be wrapped by a key that another leaves in use.
    this.#erasing = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  #cacheName(account: string, name: string, named: boolean): string {
    return `${named ? 'n' : 'p'} ${account} ${name}`;
  }

  #row(account: string, name: string): Promise<SubjectKeyRow | undefined> {
    return this.#db
      .selectFrom('subject_keys')
      .selectAll()
      .where('node', '=', this.#node)
      .where('account', '=', account)
      .where('name', '=', this.#nameOf(account, name))
      .executeTakeFirst();
  }

  #nameOf(account: string, name: string): string {
    return createHmac('sha256', this.#wrapping.index).update(`${account}\0${name}`).digest('hex');
  }

  #unwrap(row: SubjectKeyRow | undefined, named: boolean): SubjectKey | undefined {
    if (row === undefined || row.node !== this.#node) return undefined;
    const key = this.#wrapping.unwrap(row.wrapped_by, row.wrapped, row.id);
    return key && new SubjectKey(row.id, named, key);
  }

  async #make(account: string, name: string, named: boolean): Promise<SubjectKey> {
    const cached = this.#cacheName(account, name, named);
    const row = await this.#row(account, name);
    // Somebody else may have been here while the database was asked.
    const pending = this.#pending.get(`${account} ${name}`);
    if (row === undefined) return this.#take(pending ?? this.#new(account, name), named);
    const key = this.#unwrap(row, named);
    if (key === undefined) {
      // Nobody can unwrap it any more, so what was under it is as good as erased.
      await this.#db.deleteFrom('subject_keys').where('id', '=', row.id).execute();
      return this.#take(pending ?? this.#new(account, name), named);
    }
    if (this.#known.size >= CACHE_SIZE) this.#known.clear();
    this.#known.set(cached, { key, until: Date.now() + CACHE_MS });
    return key;
  }

  /** A key that is not stored yet. */
  #new(account: string, name: string): New {
    const id = newId('sub');
    const key = randomBytes(32);
    const values = { id, node: this.#node, account, name: this.#nameOf(account, name), created_at: Date.now() };
    const { sql, parameters } = this.#db
      .insertInto('subject_keys')
      .values({ ...values, ...this.#wrapping.wrap(key, id) })
      .onConflict((c) => c.columns(['node', 'account', 'name']).doNothing())
      .compile();
    const made = { id, key, by: this.#wrapping.current, query: { sql, parameters } };
    this.#pending.set(`${account} ${name}`, made);
    return made;
  }

  #take({ id, key, query }: New, named: boolean): SubjectKey {
    const taken = new SubjectKey(id, named, key);
    taken.pending = query;
    return taken;
  }

  /** Wraps every key under the newest wrapping key, then destroys the others. */
  async #wrapAnew(): Promise<void> {
    const { current } = this.#wrapping;
    for (;;) {
      const rows = await this.#db
        .selectFrom('subject_keys')
        .selectAll()
        .where('node', '=', this.#node)
        .where('wrapped_by', '<', current)
        .limit(1_000)
        .execute();
      if (rows.length === 0) break;
      await this.#db.transaction().execute(async (tx) => {
        for (const { id, wrapped_by, wrapped } of rows) {
          const key = this.#wrapping.unwrap(wrapped_by, wrapped, id);
          if (key === undefined) await tx.deleteFrom('subject_keys').where('id', '=', id).execute();
          else await tx.updateTable('subject_keys').set(this.#wrapping.wrap(key, id)).where('id', '=', id).execute();
        }
      });
    }
    this.#wrapping.destroyOlder();
  }
}
