import { createHmac, randomBytes } from 'node:crypto';
import { copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompiledQuery } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openText, SubjectKey } from '#src/platform/subject-key.ts';
import { Subjects } from '#src/platform/subjects.ts';
import { openStore, type Store, type StoreLocation } from '#src/store/store.ts';
import { startPostgres } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary.ts';

const databases = {
  SQLite: async (folder: string) => ({ location: { sqlite: join(folder, 'crank.db') }, stop: async () => undefined }),
  PostgreSQL: async () => {
    const { url, stop } = await startPostgres();
    return { location: { postgres: url }, stop };
  },
};

describe.each(Object.entries(databases))('subjects in %s', (_name, start) => {
  let database: { location: StoreLocation; stop: () => Promise<void> };
  const root = temporaryFolder('subjects-database');
  beforeAll(async () => {
    database = await start(root.path);
  });
  afterAll(async () => {
    await database.stop();
    root.remove();
  });

  let folder: ReturnType<typeof temporaryFolder>;
  let store: Store;
  const keys = (): string => join(folder.path, 'keys');
  const open = (): Promise<Subjects> => Subjects.open(store.db, 'node', keys());
  const erase = (subjects: Subjects, name: string): Promise<string | undefined> =>
    subjects.erase('acme', name, async (id, query) => {
      await store.db.executeQuery(query);
      return id;
    });
  /** The key of a subject, committed. */
  const made = async (subjects: Subjects, name: string, account = 'acme'): Promise<SubjectKey> => {
    const key = await subjects.of(account, name);
    if (key.pending !== undefined)
      await store.db.executeQuery(CompiledQuery.raw(key.pending.sql, [...key.pending.parameters]));
    await subjects.stored(key);
    return key;
  };
  const salt = async (subjects: Subjects, name: string): Promise<string | undefined> =>
    (await subjects.find('acme', name))?.salts('call_1').subject.toString('hex');

  beforeEach(async () => {
    folder = temporaryFolder('subjects');
    store = await openStore(database.location);
    await store.db.deleteFrom('subject_keys').execute();
  });
  afterEach(async () => {
    await store.close();
    folder.remove();
  });

  it('have one key each, for good, of which nothing is stored but wrapped', async () => {
    const subjects = await open();
    const ann = await made(subjects, 'ann');
    const [first, ...others] = await Promise.all([
      ann.salts('call_1'),
      ann.salts('call_2'),
      (await made(subjects, 'bob')).salts('call_1'),
      (await made(subjects, 'ann', 'other')).salts('call_1'),
    ]);
    expect(
      new Set([first, ...others].flatMap(({ subject, input }) => [`${subject.toString('hex')}`, input.toString('hex')]))
        .size,
    ).toBe(8);
    const again = await open();
    expect(await salt(again, 'ann')).toBe(first!.subject.toString('hex'));
    expect(await again.find('acme', 'carl')).toBeUndefined();
    const rows = await store.db.selectFrom('subject_keys').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain('"ann"');
  });

  it('derive salts as the documents say: HMAC-SHA512, by halves', () => {
    const key = randomBytes(32);
    const both = createHmac('sha512', key).update('salts call_1').digest();
    const { subject, input } = new SubjectKey('sub_1', false, key).salts('call_1');
    expect(Buffer.concat([subject, input]).equals(both)).toBe(true);
  });

  it('made by two calls at once are the same, and stored with whichever is committed', async () => {
    const subjects = await open();
    const [one, other] = await Promise.all([subjects.of('acme', 'ann'), subjects.of('acme', 'ann')]);
    expect(one.id).toBe(other.id);
    expect(await subjects.find('acme', 'ann')).toBeUndefined();
    for (const { pending } of [other, one])
      await store.db.executeQuery(CompiledQuery.raw(pending!.sql, [...pending!.parameters]));
    await subjects.stored(other);
    expect(await salt(await open(), 'ann')).toBe(one.salts('call_1').subject.toString('hex'));
    expect((await subjects.of('acme', 'ann')).pending).toBeUndefined();
  });

  it('seal for one context, and open nothing that was changed', async () => {
    const ann = await (await open()).of('acme', 'ann');
    const sealed = ann.seal(Buffer.from('hello'), 'call_1 input');
    expect(ann.open(sealed, 'call_1 input')?.toString()).toBe('hello');
    expect(ann.open(sealed, 'call_2 input')).toBeUndefined();
    expect(ann.open(sealed.subarray(0, 20), 'call_1 input')).toBeUndefined();
    for (let at = 0; at < sealed.length; at++)
      expect(ann.open(sealed.with(at, sealed[at]! ^ 1), 'call_1 input')).toBeUndefined();
    const text = ann.sealText('printed', 'call_1 stdout');
    expect(text).not.toContain('printed');
    expect([
      ann.sealText('', 'x'),
      openText(text, ann, 'call_1 stdout'),
      openText(text, undefined, 'call_1 stdout'),
    ]).toEqual(['', 'printed', '']);
    expect(openText('from before', ann, 'x')).toBe('from before');
  });

  it('erased, cannot be unwrapped from any copy of the database, and others can', async () => {
    const subjects = await open();
    await made(subjects, 'ann');
    const bob = (await made(subjects, 'bob')).salts('call_1').subject.toString('hex');
    const copy = await store.db.selectFrom('subject_keys').selectAll().execute();
    expect(await erase(subjects, 'ann')).toMatch(/^sub_/);
    expect(await erase(subjects, 'ann')).toBeUndefined();
    expect(await salt(subjects, 'ann')).toBeUndefined();
    expect(await salt(subjects, 'bob')).toBe(bob);
    expect(readdirSync(keys()).sort()).toEqual(['2.key', 'index']);
    // Somebody puts the old rows back, with every file that there still is.
    await store.db.deleteFrom('subject_keys').execute();
    await store.db.insertInto('subject_keys').values(copy).execute();
    expect(await salt(await open(), 'ann')).toBeUndefined();
  });

  it('erased one after the other where several are at once', async () => {
    const subjects = await open();
    for (const name of ['ann', 'bob', 'carl']) await made(subjects, name);
    const carl = await salt(subjects, 'carl');
    await Promise.all([erase(subjects, 'ann'), erase(subjects, 'bob')]);
    expect(readdirSync(keys()).sort()).toEqual(['3.key', 'index']);
    expect([await salt(subjects, 'ann'), await salt(subjects, 'bob'), await salt(subjects, 'carl')]).toEqual([
      undefined,
      undefined,
      carl,
    ]);
  });

  it('keep a key that was made before an erasure and is committed after it', async () => {
    const subjects = await open();
    await made(subjects, 'ann');
    const bob = await subjects.of('acme', 'bob');
    await erase(subjects, 'ann');
    await store.db.executeQuery(CompiledQuery.raw(bob.pending!.sql, [...bob.pending!.parameters]));
    await subjects.stored(bob);
    expect(await salt(await open(), 'bob')).toBe(bob.salts('call_1').subject.toString('hex'));
  });

  it('begin anew where nobody can unwrap the old key', async () => {
    const subjects = await open();
    const before = await made(subjects, 'ann');
    await store.db.updateTable('subject_keys').set({ wrapped_by: 99 }).execute();
    const restarted = await open();
    expect(await restarted.find('acme', 'ann')).toBeUndefined();
    const after = await made(restarted, 'ann');
    expect(after.id).not.toBe(before.id);
    expect(await salt(await open(), 'ann')).toBe(after.salts('call_1').subject.toString('hex'));
    // Nor does such a row keep others from being erased.
    await store.db.updateTable('subject_keys').set({ wrapped_by: 0 }).execute();
    await made(restarted, 'bob');
    expect(await erase(restarted, 'bob')).toMatch(/^sub_/);
    expect(await store.db.selectFrom('subject_keys').selectAll().execute()).toEqual([]);
  });

  it('complete an erasure that a crash interrupted, whether before or after its commit', async () => {
    const subjects = await open();
    await made(subjects, 'ann');
    await made(subjects, 'bob');
    const bob = await salt(subjects, 'bob');
    copyFileSync(join(keys(), '1.key'), join(folder.path, 'old'));
    await expect(subjects.erase('acme', 'ann', () => Promise.reject(new Error('the node died here')))).rejects.toThrow(
      'died',
    );
    expect(readdirSync(keys()).sort()).toEqual(['1.key', '2.key', 'index']);
    const restarted = await open();
    expect(readdirSync(keys()).sort()).toEqual(['2.key', 'index']);
    expect(await salt(restarted, 'bob')).toBe(bob);
    expect(await salt(restarted, 'ann')).toBeDefined();
    // After the commit: the row is gone, and the old key still there.
    await store.db
      .deleteFrom('subject_keys')
      .where('id', '=', (await restarted.of('acme', 'ann')).id)
      .execute();
    writeFileSync(join(keys(), '3.key'), Buffer.alloc(32, 7));
    const last = await open();
    expect(readdirSync(keys()).sort()).toEqual(['3.key', 'index']);
    expect(await salt(last, 'bob')).toBe(bob);
  });
});
