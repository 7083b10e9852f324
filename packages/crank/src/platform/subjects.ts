import { createHmac, randomBytes } from 'node:crypto';
import type { CompiledQuery, Kysely } from 'kysely';
import { newId } from '#src/core/id.ts';
import type { Database, SubjectKeyRow } from '#src/store/schema.ts';
import { SubjectKey } from './subject-key.ts';
import { WrappingKeys } from './wrapping-keys.ts';

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

  /** The key of a subject of an account, made where there is none. */
  of(account: string, name: string, named = false): SubjectKey | Promise<SubjectKey> {
    const known = this.#known.get(this.#cacheName(account, name, named));
    return known !== undefined && known.until > Date.now() ? known.key : this.#make(account, name, named);
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
    // Read back rather than used as made: somebody else may have been first.
    let row = await this.#row(account, name);
    if (row === undefined) {
      const id = newId('sub');
      await this.#db
        .insertInto('subject_keys')
        .values({
          id,
          node: this.#node,
          account,
          name: this.#nameOf(account, name),
          ...this.#wrapping.wrap(randomBytes(32), id),
          created_at: Date.now(),
        })
        .onConflict((c) => c.columns(['node', 'account', 'name']).doNothing())
        .execute();
      row = await this.#row(account, name);
    }
    const key = this.#unwrap(row, named);
    if (key === undefined)
      throw new Error(
        `the key of a subject (${row?.id}) cannot be unwrapped: its wrapping key is not in the data folder`,
      );
    if (this.#known.size >= CACHE_SIZE) this.#known.clear();
    this.#known.set(this.#cacheName(account, name, named), { key, until: Date.now() + CACHE_MS });
    return key;
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
          if (key === undefined) throw new Error(`the key of a subject (${id}) cannot be unwrapped`);
          await tx.updateTable('subject_keys').set(this.#wrapping.wrap(key, id)).where('id', '=', id).execute();
        }
      });
    }
    this.#wrapping.destroyOlder();
  }
}
