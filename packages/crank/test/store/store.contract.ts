import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dimension, sumParts, sumUsage } from '#src/platform/usage/usage-query.ts';
import { QUARTER_MS } from '#src/store/add-usage.ts';
import type { CommitGroup, Committer } from '#src/store/committer.ts';
import { LogConflict } from '#src/store/log-conflict.ts';
import { readEntries, readLog } from '#src/store/log-store.ts';
import type { Store } from '#src/store/store.ts';
import { sumLog, unsummed } from '#src/store/sum-usage.ts';

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
    const commit = async (rows: CommitGroup): Promise<boolean> => opened.committer.commit(rows);
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
      const charges = [{ call: 'call_1', kind: 'cpu', pico_usd: 12, quantity: null }];
      await commit(group('d', 0, { calls: [call], usage: [took], charges, egress: [flow] }));
      expect(await store.db.selectFrom('egress').selectAll().execute()).toEqual([flow]);
      expect(await store.db.selectFrom('calls').selectAll().executeTakeFirst()).toEqual(call);
      expect(await store.db.selectFrom('usage').selectAll().executeTakeFirst()).toEqual(took);
      expect(await store.db.selectFrom('charges').selectAll().execute()).toEqual([
        { call: 'call_1', kind: 'cpu', pico_usd: 12, quantity: null },
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
            { call: id, kind: 'call', pico_usd: large, quantity: null },
            { call: id, kind: 'cpu', pico_usd: 1, quantity: null },
          ]),
        });
      };
      const usage = async () => {
        const { rows } = await sql`
          select usage_dims.account, tags, outcome, slot, calls, cast(cpu_ns as text) as cpu, cast(pico_call as text) as fee, pico_cpu
          from usage_slots join usage_dims on id = dim where node = 'u' and usage_dims.cut = 'all' and usage_dims.account = usage_slots.account order by tags, slot`.execute(
          store.db,
        );
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
        { ...one, tags: '', outcome: 'timeout', slot: 0 },
        { ...one, tags: 'a,b', outcome: 'ok', slot: 0 },
        {
          ...{ account: 'other', tags: 'a,b', outcome: 'ok', slot: 1, calls: 4 },
          ...{ cpu: `${4n * BigInt(large)}`, fee: `${4n * BigInt(large)}`, pico_cpu: 4 },
        },
      ]);
      expect((await unsummed(store.db)).some(({ log }) => log === 'u')).toBe(false);
    });

    it('adds a group to usage in its own commit where all before it is there, and the same in every cut and table', async () => {
      const month = Date.UTC(2026, 11, 1);
      /** Calls of log `v`, one on each side of the end of a month and of its day, and one between accounts. */
      const rows = (first: number): CommitGroup => {
        const ids = [0, 1, 2].map((at) => `v-${first + at}`);
        const all = ids.map((_, at) => group('v', first + at));
        return {
          ...all[2]!,
          previousSize: first,
          receipts: all.flatMap(({ receipts }) => receipts),
          log_entries: all.flatMap(({ log_entries }) => log_entries),
          calls: [
            { ...call, id: ids[0]!, finished_at: month - 1, tags: 'a b', payer: null },
            { ...call, id: ids[1]!, finished_at: month, tags: null, payer: null },
            { ...call, id: ids[2]!, finished_at: month + 86_400_000, tags: null, payer: 'guest' },
          ],
          usage: ids.map((id) => ({ ...took, call: id })),
          charges: ids.map((id) => ({ call: id, kind: 'page', pico_usd: 7, quantity: 3 })),
        };
      };
      expect(await commit({ ...rows(0), sums: true })).toBe(true);
      expect(await commit(rows(3))).toBe(false); // without being asked to
      expect(await commit({ ...rows(6), sums: true })).toBe(false); // what is before it is not in usage
      expect(await sumLog(store, 'v', 100)).toBe(0);
      expect(await commit({ ...rows(9), sums: true })).toBe(true);
      expect(await unsummed(store.db)).not.toContainEqual(expect.objectContaining({ log: 'v' }));

      const period = { start: Date.UTC(2020), end: Date.UTC(2030), limit: 10 };
      const owner = 'acme';
      for (const by of [[], ['service'], ['principal'], ['cost-centre'], ['operation']] as Dimension[][]) {
        const own = await sumUsage(store.db, { owner }, ['node', ...by], period);
        const calls = own.filter(({ key }) => key[0] === 'v').map(({ amounts }) => amounts);
        expect(calls.map((one) => [one.calls, one.pages, one.pico_page])).toEqual([[12n, 36n, 84n]]);
        const guest = await sumUsage(store.db, { payer: 'guest' }, by, period);
        expect(guest.map(({ amounts }) => amounts.calls)).toEqual([4n]);
      }
      // A month, a day and a quarter at a time are the same as all at once, wherever they are cut.
      for (const cut of [month - 3 * QUARTER_MS, month, month + QUARTER_MS, month + 20 * 86_400_000]) {
        const sides = await Promise.all(
          [
            { ...period, end: cut },
            { ...period, start: cut },
          ].map((part) => sumUsage(store.db, { owner }, ['node'], part)),
        );
        const found = sides.map((side) => side.find(({ key }) => key[0] === 'v')?.amounts.calls ?? 0n);
        expect(found[0]! + found[1]!).toBe(12n);
        expect(found[0]).toBe(cut < month ? 0n : cut === month ? 4n : cut === month + QUARTER_MS ? 8n : 12n);
      }
      const days = await sumParts(store.db, { owner }, ['service'], { start: month, length: 86_400_000, count: 3 });
      expect([0, 1, 2].map((n) => days.get(n)?.[0]?.amounts.pages)).toEqual([
        expect.any(BigInt),
        expect.any(BigInt),
        undefined,
      ]);
    });

    it('loses nothing where days and months end while several add to them', async () => {
      const end = Date.UTC(2027, 0, 1);
      const commitOne = (idx: number, at: number, sums: boolean) => {
        const id = `w-${idx}`;
        return commit({
          ...group('w', idx),
          sums,
          calls: [{ ...call, id, finished_at: at, payer: null, tags: null, service: 'rollover' }],
          usage: [{ ...took, call: id }],
          charges: [{ call: id, kind: 'call', pico_usd: 1, quantity: null }],
        });
      };
      const adding = async (): Promise<void> => {
        for (let n = 0; n < 10; n++) await sumLog(store, 'w', 3);
      };
      // Times go to and fro over the end of the year, as clocks of several threads do.
      const committing = async (): Promise<void> => {
        for (let idx = 0; idx < 24; idx++) await commitOne(idx, end + (idx % 2 === 0 ? -1 - idx : idx), idx % 3 === 0);
      };
      // SQLite has one writer, which in one thread would wait for itself.
      if (store.flavour === 'postgres') await Promise.all([committing(), adding(), adding()]);
      else {
        await committing();
        await adding();
      }
      while ((await sumLog(store, 'w', 100)) > 0);
      const sum = async (start: number, stop: number) =>
        (await sumUsage(store.db, { owner: 'acme' }, ['service'], { start, end: stop, limit: 100 })).find(
          ({ key }) => key[0] === 'rollover',
        )?.amounts.pico_call;
      expect(await sum(end - 86_400_000, end)).toBe(12n);
      expect(await sum(end, end + 86_400_000)).toBe(12n);
      expect(await sum(Date.UTC(2026, 11, 1), Date.UTC(2027, 1, 1))).toBe(24n);
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
