import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { headOf } from '#src/engines/audit/log-fork.ts';
import { emptyFrontier, extend, rootOf } from '#src/engines/audit/merkle.ts';
import type { RecordEntry } from '#src/platform/record-entry.ts';
import { Recorder } from '#src/platform/recorder.ts';
import { openSqliteCommitter } from '#src/store/commit-sqlite.ts';
import { readEntries, readLog } from '#src/store/log-store.ts';
import { openStore, type Store } from '#src/store/store.ts';
import { unsummed } from '#src/store/sum-usage.ts';
import { temporaryFolder } from '../support/temporary.ts';

const ORIGIN = 'recorder.test/log';

const entry = (over: Partial<RecordEntry> = {}): RecordEntry => ({
  id: randomUUID(),
  kind: 'act',
  account: 'acme',
  principal: 'key_1',
  statement: '{}',
  openings: { subject: 'A' },
  ...over,
});

describe('the recorder', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let file: string;
  let store: Store;
  let recorder: Recorder;
  let alone: boolean;
  let crowded: boolean;
  let failures: Error[];

  beforeEach(async () => {
    folder = temporaryFolder('recorder');
    file = join(folder.path, 'crank.db');
    alone = false;
    crowded = false;
    failures = [];
    store = await openStore({ sqlite: file });
    recorder = await start();
  });
  afterEach(async () => {
    await recorder.close();
    await store.close();
    folder.remove();
  });

  const start = (): Promise<Recorder> =>
    Recorder.start({
      store: { sqlite: file },
      key: { folder: folder.path },
      origin: ORIGIN,
      alone: () => alone,
      crowded: () => crowded,
      onFailed: (error) => failures.push(error),
    });

  /** The checkpoint is that of the entries, and each was committed where it stands. */
  const expectOneLog = async (size: number): Promise<void> => {
    const entries = await readEntries(store.db, ORIGIN, 0, size + 1);
    expect(entries).toHaveLength(size);
    const head = headOf((await readLog(store.db, ORIGIN))!.checkpoint);
    expect(head.size).toBe(size);
    expect(Buffer.from(head.root)).toEqual(Buffer.from(rootOf(extend(emptyFrontier, entries))));
  };

  it('keeps one log, whether lone entries are committed here or crowds in the other thread', async () => {
    const indices: number[] = [];
    for (let round = 1; round <= 20; round++) {
      alone = round % 2 === 0;
      const committed = await Promise.all(Array.from({ length: 1 + (round % 5) }, () => recorder.commit(entry())));
      for (const { index, size } of committed) {
        indices.push(index);
        expect(size).toBeGreaterThan(index);
      }
      await expectOneLog(indices.length);
    }
    expect(indices.sort((a, b) => a - b)).toEqual(indices.map((_, at) => at));
    await recorder.close();
    recorder = await start();
    alone = true;
    expect(await recorder.commit(entry())).toMatchObject({ index: indices.length });
    await expectOneLog(indices.length + 1);
  });

  it('never commits here while the other thread has something to do', async () => {
    const far = recorder.commit(entry());
    alone = true;
    const next = recorder.commit(entry());
    expect([(await far).index, (await next).index]).toEqual([0, 1]);
    await expectOneLog(2);
  });

  describe('while the processors are busy with calls', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      crowded = true;
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it('lets entries wait for company, but not for long', async () => {
      const first = recorder.commit(entry());
      vi.advanceTimersByTime(7);
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
      const second = recorder.commit(entry());
      vi.advanceTimersByTime(1);
      expect(await Promise.all([first, second])).toEqual([
        { index: 0, size: 2 },
        { index: 1, size: 2 },
      ]);
      await expectOneLog(2);
    });

    it('waits no longer once they are not', async () => {
      const first = recorder.commit(entry());
      crowded = false;
      const second = recorder.commit(entry());
      expect((await Promise.all([first, second])).map(({ size }) => size)).toEqual([2, 2]);
    });

    it('waits for no more than a group', async () => {
      const committed = await Promise.all(Array.from({ length: 32 }, () => recorder.commit(entry())));
      expect(new Set(committed.map(({ size }) => size))).toEqual(new Set([32]));
    });

    it('commits what waits before it closes', async () => {
      const last = recorder.commit(entry());
      await recorder.close();
      expect(await last).toEqual({ index: 0, size: 1 });
      recorder = await start();
    });
  });

  it('lets the other thread wait where somebody else is writing to the database', async () => {
    alone = true;
    await recorder.commit(entry());
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    const committed = recorder.commit(entry());
    other.exec('rollback');
    other.close();
    expect(await committed).toMatchObject({ index: 1 });
    await expectOneLog(2);
  });

  it.each([true, false])('refuses one entry and goes on with the next (committed here: %s)', async (here) => {
    alone = here;
    const good = entry();
    await recorder.commit(good);
    const refused = recorder.commit(entry({ id: good.id }));
    await expect(refused).rejects.toMatchObject({ code: 'internal' });
    expect(await recorder.commit(entry())).toMatchObject({ index: 1 });
    await expectOneLog(2);
    expect(failures).toEqual([]);
  });

  it.each([true, false])('has what it committed in usage by itself (committed here: %s)', async (here) => {
    alone = here;
    for (let n = 0; n < 310; n++) await recorder.commit(entry());
    // In its own time, so that no commit waits for it.
    for (;;) {
      const [log] = await unsummed(store.db);
      if ((log?.entries ?? 0) < 250) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await store.db.selectFrom('usage_marks').selectAll().execute()).toMatchObject([{ log: ORIGIN }]);
    expect(failures).toEqual([]);
  });

  it.each([true, false])('stops where another process extended the log (noticed here: %s)', async (here) => {
    await recorder.commit(entry());
    const { frontier, checkpoint } = (await readLog(store.db, ORIGIN))!;
    const intruder = openSqliteCommitter(file);
    const nothing = {
      calls: [],
      usage: [],
      charges: [],
      egress: [],
      kept: [],
      idempotency: [],
      queries: [],
      receipts: [],
      log_entries: [],
    };
    intruder.commit({ ...nothing, log: { id: ORIGIN, size: 9, frontier, checkpoint }, previousSize: 1 });
    intruder.close();
    alone = here;
    await expect(recorder.commit(entry())).rejects.toMatchObject({ code: 'unavailable' });
    await expect(recorder.commit(entry())).rejects.toMatchObject({ code: 'unavailable' });
    expect(failures.map(({ name }) => name)).toEqual(['LogConflict']);
  });
});
