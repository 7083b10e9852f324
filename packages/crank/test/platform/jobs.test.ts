import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FairQueue } from '#src/platform/jobs/fair-queue.ts';
import { createPartWriter, type PartsOf, readParts } from '#src/platform/jobs/parts.ts';
import { SubjectKey } from '#src/platform/subject-key.ts';
import { openStore, type Store } from '#src/store/store.ts';
import { temporaryFolder } from '../support/temporary.ts';

describe('the queue of jobs', () => {
  it('takes turns between accounts, and gives the longest waiting one of each', () => {
    const queue = new FairQueue();
    for (const id of ['a1', 'a2', 'a3', 'b1', 'a4', 'c1']) queue.add({ id, account: id[0]! });
    const order = [];
    for (let next = queue.next(); next !== undefined; next = queue.next()) order.push(next.id);
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'a3', 'a4']);
  });

  it('counts what waits by account, and forgets what is taken out', () => {
    const queue = new FairQueue();
    for (const id of ['a1', 'a2', 'b1']) queue.add({ id, account: id[0]! });
    expect([queue.remove('a1'), queue.remove('a1'), queue.remove('z')]).toEqual([true, false, false]);
    expect([queue.size, queue.waiting('a'), queue.waiting('b'), queue.waiting('c')]).toEqual([2, 1, 1, 0]);
    expect(queue.next()?.id).toBe('a2');
    expect(queue.waiting('a')).toBe(0);
  });
});

describe('inputs and results in pieces', () => {
  const folder = temporaryFolder('jobs');
  let store: Store;
  beforeAll(async () => {
    store = await openStore({ sqlite: `${folder.path}/jobs.db` });
  });
  afterAll(async () => {
    await store.close();
    folder.remove();
  });

  const of = (job: string, key = new SubjectKey('sub_1', false, randomBytes(32))): PartsOf => ({
    ...{ db: store.db, key, job, kind: 'result' },
  });
  const write = async (where: PartsOf, pieces: readonly Buffer[]): Promise<void> => {
    const writer = createPartWriter(where);
    for (const piece of pieces) await writer.write(piece);
    for (const query of writer.finish()) await store.db.executeQuery(query);
  };
  const read = async (where: PartsOf): Promise<Buffer> => {
    const all = [];
    for await (const piece of readParts(where)) all.push(piece);
    return Buffer.concat(all);
  };

  it.each([[[]], [[1]], [[2 ** 20]], [[2 ** 20 - 1, 1, 5]], [[3 * 2 ** 20 + 7, 100]]])(
    'gives back %j bytes as they were',
    async (sizes) => {
      const pieces = sizes.map((size) => randomBytes(size));
      const where = of(`job ${sizes.join()}`);
      await write(where, pieces);
      expect((await read(where)).equals(Buffer.concat(pieces))).toBe(true);
    },
  );

  it('stores nothing readable, and takes no piece of another job, place or key', async () => {
    const where = of('job a');
    await write(where, [Buffer.from('a private matter'.repeat(2 ** 17))]);
    const rows = await store.db.selectFrom('job_parts').selectAll().where('job', '=', 'job a').execute();
    expect(rows).toHaveLength(2);
    expect(rows.some(({ sealed }) => Buffer.from(sealed).includes('private'))).toBe(false);
    await expect(read(of('job a'))).rejects.toThrow('cannot be decrypted');
    await store.db
      .insertInto('job_parts')
      .values({ ...rows[0]!, job: 'job b' })
      .execute();
    await expect(read({ ...where, job: 'job b' })).rejects.toThrow('cannot be decrypted');
    await store.db
      .updateTable('job_parts')
      .set({ sealed: rows[1]!.sealed })
      .where('job', '=', 'job a')
      .where('seq', '=', 0)
      .execute();
    await expect(read(where)).rejects.toThrow('cannot be decrypted');
  });
});
