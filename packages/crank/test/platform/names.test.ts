import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNames } from '#src/platform/names.ts';
import { openStore, type Store } from '#src/store/store.ts';
import { temporaryFolder } from '../support/temporary.ts';

describe('names that another node changes while they are read', () => {
  const folder = temporaryFolder('names');
  let store: Store;
  beforeAll(async () => {
    store = await openStore({ sqlite: join(folder.path, 'crank.db') });
  });
  afterAll(async () => {
    await store.close();
    folder.remove();
  });

  // A change is decided on what was read and committed under the number after it: with an older number it is refused and
  // decided again, with the newest one on older names it would be taken for what it is not.
  it.each([1, 2, 3])('never have a newer number than they are, changed after read %i', async (when) => {
    const at = { account: 'acme', service: `s${when}` };
    const change = async (): Promise<void> => {
      const digest = 'sha256:new';
      await store.db
        .insertInto('moves')
        .values({
          ...{ ...at, seq: 1, kind: 'set', alias: 'hot', digest, previous: null },
          ...{ receipt: 'r', moved_at: 0, moved_by: 'k' },
        })
        .execute();
      await store.db
        .insertInto('aliases')
        .values({ ...at, alias: 'hot', digest, set_at: 0, set_by: 'k' })
        .execute();
    };
    let reads = 0;
    const db = store.db.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        if (++reads === when) await change();
        return result;
      },
    });
    const { aliases, seq } = await readNames({ store: { ...store, db } }, at);
    expect(reads).toBe(3);
    if (seq === 1) expect(aliases.get('hot')).toBe('sha256:new');
    const after = await readNames({ store }, at);
    expect([after.seq, after.aliases.get('hot')]).toEqual([1, 'sha256:new']);
  });
});
