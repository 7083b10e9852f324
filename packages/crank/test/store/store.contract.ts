import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommitGroup, Committer } from '#src/store/committer.ts';
import { LogConflict } from '#src/store/log-conflict.ts';
import { readEntries, readLog } from '#src/store/log-store.ts';
import type { Store } from '#src/store/store.ts';
import { QUARTER_MS, sumLog, unsummed } from '#src/store/sum-usage.ts';

const entry = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

/** A group of one receipt at `index` of log `log`. */
const group = (log: string, index: number, over: Partial<CommitGroup> = {}): CommitGroup => ({
  calls: [],
  usage: [],
  charges: [],
  egress: [],
  kept: [],
  idempotency: [],
  queries: [],
  receipts: [
    {
      id: `${log}-${index}`,
      account: 'acme',
      principal: 'key_1',
      kind: 'act',
      envelope: Buffer.from('{"payload":"é"}'),
      openings: null,
      subject: null,
      log,
      idx: index,
      created_at: 1_700_000_000_000,
    },
  ],
  log_entries: [{ log, idx: index, entry: entry(index) }],
  log: { id: log, size: index + 1, frontier: entry(index), checkpoint: `checkpoint ${index + 1}` },
  previousSize: index,
  ...over,
});

const call = {
  id: 'call_1',
  account: 'acme',
  principal: 'key_1',
  service: 'words',
  version: 'sha256:00',
  operation: 'top',
  received_at: 1,
  finished_at: 2,
  outcome: 'ok',
  problem: null,
  stdout: 'a\u0001b',
  stderr: '',
  truncated_bytes: 0,
  tags: null,
  payer: null,
};
const took = {
  call: 'call_1',
  cpu_ns: 2 ** 52,
  cpu_source: 'sandbox-reported',
  wall_ns: 5,
  peak_memory_bytes: 7,
  joules: 0.1 + 0.2,
  energy_grade: 'D',
  energy_uncertainty: 'factor 2',
  energy_source: 'coefficients of an average server',
  grams: 1e-9,
  grid_grams_per_kwh: 472.94,
  grid_source: 'x',
};

/** What every store must hold; run over SQLite and PostgreSQL. */
export const storeContract = (
  name: string,
  open: () => Promise<{
    store: Store;
    committer: Committer;
    reopen: () => Promise<Store>;
    close: () => Promise<void>;
  }>,
): void => {
  describe(`store: ${name}`, () => {
    let store: Store;
    /** Adapters may throw or reject. */
    const commit = async (rows: CommitGroup): Promise<void> => opened.committer.commit(rows);
    let opened: Awaited<ReturnType<typeof open>>;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(async () => {
      await opened.committer.close();
      await opened.close();
    });

    it('commits receipts, entries and the log together, byte for byte', async () => {
      await commit(group('a', 0));
      await commit(group('a', 1));
      expect((await readEntries(store.db, 'a', 0, 10)).map((bytes) => [...bytes])).toEqual([
        [...entry(0)],
        [...entry(1)],
      ]);
      const log = await readLog(store.db, 'a');
      expect(log).toMatchObject({ id: 'a', size: 2, checkpoint: 'checkpoint 2' });
      expect(await opened.committer.readLog('a')).toEqual(log);
      expect(await opened.committer.readLog('nobody')).toBeUndefined();
      expect([...log!.frontier]).toEqual([...entry(1)]);
      const receipt = await store.db
        .selectFrom('receipts')
        .selectAll()
        .where('id', '=', 'a-1')
        .executeTakeFirstOrThrow();
      expect(Buffer.from(receipt.envelope).toString()).toBe('{"payload":"é"}');
      expect(receipt.created_at).toBe(1_700_000_000_000);
    });

    it('refuses a second writer of the same log and writes nothing of its group', async () => {
      await commit(group('b', 0));
      await expect(commit(group('b', 0))).rejects.toThrow(LogConflict);
      await expect(commit({ ...group('b', 5), previousSize: 5 })).rejects.toThrow(LogConflict);
      expect(await readEntries(store.db, 'b', 0, 10)).toHaveLength(1);
    });

    it('writes nothing of a group in which one row is refused', async () => {
      const good = group('c', 0);
      await expect(commit(group('c', 0, { receipts: [good.receipts[0]!, good.receipts[0]!] }))).rejects.toThrow();
      expect(await readLog(store.db, 'c')).toBeUndefined();
      await commit(good);
      expect(await readLog(store.db, 'c')).toMatchObject({ size: 1 });
    });

    it('keeps calls with usage and charges, and large numbers exactly', async () => {
      const flow = { call: 'call_1', destination: 'a.org:443', connections: 2, sent_bytes: 2 ** 40, received_bytes: 0 };
      const charges = [{ call: 'call_1', kind: 'cpu', pico_usd: 12 }];
      await commit(group('d', 0, { calls: [call], usage: [took], charges, egress: [flow] }));
      expect(await store.db.selectFrom('egress').selectAll().execute()).toEqual([flow]);
      expect(await store.db.selectFrom('calls').selectAll().executeTakeFirst()).toEqual(call);
      expect(await store.db.selectFrom('usage').selectAll().executeTakeFirst()).toEqual(took);
      expect(await store.db.selectFrom('charges').selectAll().execute()).toEqual([
        { call: 'call_1', kind: 'cpu', pico_usd: 12 },
      ]);
    });

    it('adds what calls took and cost to usage, once each and exactly', async () => {
      const large = 2 ** 52 + 1;
      let ended = 0;
      /** Commits calls of log `u` with tags, in quarters of an hour. */
      const commitCalls = async (...calls: [finished_at: number, tags: string | null, outcome?: string][]) => {
        const first = ended;
        ended += calls.length;
        const ids = calls.map((_, at) => `u-${first + at}`);
        const rows = calls.map((_, at) => group('u', first + at));
        await commit({
          ...rows.at(-1)!,
          previousSize: first,
          receipts: rows.flatMap(({ receipts }) => receipts),
          log_entries: rows.flatMap(({ log_entries }) => log_entries),
          calls: calls.map(([finished_at, tags, outcome = 'ok'], at) => ({
            ...{ ...call, id: ids[at]!, finished_at, tags, outcome, payer: 'other' },
          })),
          usage: ids.map((id) => ({ ...took, call: id, cpu_ns: large })),
          charges: ids.flatMap((id) => [
            { call: id, kind: 'call', pico_usd: large },
            { call: id, kind: 'cpu', pico_usd: 1 },
          ]),
        });
      };
      const usage = async () => {
        const { rows } = await sql`
          select account, tags, outcome, quarter, calls, cast(cpu_ns as text) as cpu, cast(pico_call as text) as fee, pico_cpu
          from usage_slots join usage_dims on id = dim where node = 'u' order by tags, quarter`.execute(store.db);
        return rows;
      };
      await commitCalls([QUARTER_MS - 1, 'b a'], [QUARTER_MS, 'a,b'], [QUARTER_MS, 'a;b;']);
      await commitCalls([QUARTER_MS, 'b,a,a'], [2 * QUARTER_MS - 1, 'a,b'], [5, null, 'timeout']);
      expect(await unsummed(store.db)).toContainEqual({ log: 'u', entries: 6 });
      const left = await Promise.all([sumLog(store, 'u', 2), sumLog(store, 'u', 2), sumLog(store, 'u', 1)]);
      expect(Math.min(...left)).toBe(1);
      expect(await sumLog(store, 'u', 100)).toBe(0);
      expect(await sumLog(store, 'u', 100)).toBe(0);
      const one = { account: 'other', calls: 1, cpu: `${large}`, fee: `${large}`, pico_cpu: 1 };
      expect(await usage()).toEqual([
        { ...one, tags: '', outcome: 'timeout', quarter: 0 },
        { ...one, tags: 'a,b', outcome: 'ok', quarter: 0 },
        {
          ...{ account: 'other', tags: 'a,b', outcome: 'ok', quarter: 1, calls: 4 },
          ...{ cpu: `${4n * BigInt(large)}`, fee: `${4n * BigInt(large)}`, pico_cpu: 4 },
        },
      ]);
      expect((await unsummed(store.db)).some(({ log }) => log === 'u')).toBe(false);
    });

    it('runs the queries of an act in the same transaction', async () => {
      const key = {
        id: 'k',
        account: 'acme',
        name: 'n',
        kind: 'user',
        role: 'owner',
        secret_hash: 'h',
        created_at: 1,
        revoked_at: null,
      };
      const query = store.db.insertInto('keys').values(key).compile();
      const { sql, parameters } = structuredClone({ sql: query.sql, parameters: query.parameters });
      await commit(group('e', 0, { queries: [{ sql, parameters }] }));
      expect(await store.db.selectFrom('keys').selectAll().execute()).toEqual([key]);
      await expect(commit(group('e', 1, { queries: [{ sql, parameters }] }))).rejects.toThrow();
      expect(await readLog(store.db, 'e')).toMatchObject({ size: 1 });
    });

    it('replaces an expired idempotency row', async () => {
      const row = { scope: 's', key: 'k', fingerprint: 'f', call: 'c1', answer: entry(1), expires_at: 1 };
      await commit(group('f', 0, { idempotency: [row] }));
      await commit(group('f', 1, { idempotency: [{ ...row, call: 'c2', answer: entry(2), expires_at: 2 }] }));
      const kept = await store.db.selectFrom('idempotency').selectAll().execute();
      expect(kept.map((found) => [found.call, [...found.answer][0]])).toEqual([['c2', 2]]);
    });

    it('keeps payloads with their call, and whose data a receipt is about', async () => {
      const row = { call: 'call_2', part: 'input', subject: 'sub_1', sealed: entry(9), expires_at: 2 ** 45 };
      const { receipts } = group('h', 0);
      await commit(group('h', 0, { kept: [row], receipts: [{ ...receipts[0]!, subject: 'sub_1' }] }));
      const kept = await store.db.selectFrom('kept').selectAll().execute();
      expect(kept.map(({ sealed, ...rest }) => ({ ...rest, sealed: new Uint8Array(sealed) }))).toEqual([row]);
      const found = await store.db.selectFrom('receipts').select('id').where('subject', '=', 'sub_1').execute();
      expect(found).toEqual([{ id: 'h-0' }]);
    });

    it('takes a group of thousands of rows', async () => {
      const entries = Array.from({ length: 3_000 }, (_, idx) => ({ log: 'g', idx, entry: entry(idx % 256) }));
      await commit({ ...group('g', 0), log_entries: entries, log: { ...group('g', 0).log, size: 3_000 } });
      expect(await readEntries(store.db, 'g', 2_990, 3_000)).toHaveLength(10);
    });

    it('finds everything again after it was closed and opened, migrating nothing twice', async () => {
      const again = await opened.reopen();
      expect(await readLog(again.db, 'a')).toMatchObject({ size: 2 });
      await again.close();
    });
  });
};
