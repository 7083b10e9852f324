import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Budget } from '#src/engines/metering/budget.ts';
import { createDatabaseLedger } from '#src/platform/budgets/database-ledger.ts';
import type { Held, Ledger, Refused, Want } from '#src/platform/budgets/ledger.ts';
import { createMemoryLedger } from '#src/platform/budgets/memory-ledger.ts';
import { openStore, type Store } from '#src/store/store.ts';
import { startPostgres } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary.ts';

const budget = (id: string, of: Partial<Budget>): Budget => ({
  ...{
    id,
    account: 'acme',
    scope: 'account',
    of: '',
    period: 'day',
    nanoUsd: null,
    calls: null,
    hard: true,
    alerts: [],
  },
  ...of,
});
const want = (of: Budget, nanoUsd = 10): Want => ({ budget: of, period: '2026-11-27', nanoUsd });
const never = new AbortController().signal;
const soon = (): number => Date.now() + 30_000;
const isHeld = (outcome: Held | Refused): outcome is Held => 'settle' in outcome;

/** What both ledgers hold to. */
describe.each(['memory, SQLite', 'database, PostgreSQL'])('the ledger of budgets: %s', (kind) => {
  const folder = temporaryFolder('ledger');
  let postgres: Awaited<ReturnType<typeof startPostgres>> | undefined;
  let store: Store;
  const shared = kind.startsWith('database');
  const open = (node = 'a'): Ledger & { takeBack?: (own: boolean) => Promise<void> } =>
    shared ? createDatabaseLedger(store.db, node, 1_000) : createMemoryLedger(store.db);
  let calls = 0;
  const hold = (ledger: Ledger, wants: readonly Want[], until = soon(), signal = never) =>
    ledger.hold(`call_${++calls}`, wants, until, signal);
  const holdAll = async (ledger: Ledger, wants: readonly Want[]): Promise<Held> => {
    const outcome = await hold(ledger, wants);
    if (!isHeld(outcome)) throw new Error('refused');
    return outcome;
  };
  const book = async (held: Held, nanoUsd: number, ran = true): Promise<void> => {
    for (const { sql, parameters } of held.settle(nanoUsd, ran))
      await store.db.executeQuery({
        sql,
        parameters,
        query: { kind: 'RawNode' } as never,
        queryId: { queryId: '' } as never,
      });
    await held.release({ nanoUsd, ran });
  };

  beforeAll(async () => {
    postgres = shared ? await startPostgres() : undefined;
    store = await openStore(postgres ? { postgres: postgres.url } : { sqlite: `${folder.path}/ledger.db` });
  });
  afterAll(async () => {
    await store.close();
    await postgres?.stop();
    folder.remove();
  });

  it('books what a call cost, and frees the rest', async () => {
    const ledger = open();
    const one = budget('bud_books', { nanoUsd: 100 });
    const held = await holdAll(ledger, [want(one, 60)]);
    expect(await ledger.balance(one.id, '2026-11-27')).toEqual({
      spent: { nanoUsd: 0, calls: 0 },
      held: { nanoUsd: 60, calls: 1 },
    });
    await book(held, 7);
    const after = { spent: { nanoUsd: 7, calls: 1 }, held: { nanoUsd: 0, calls: 0 } };
    expect(await ledger.balance(one.id, '2026-11-27')).toEqual(after);
    expect(await open().balance(one.id, '2026-11-27')).toEqual(after);
    expect(await ledger.balance(one.id, '2026-11-28')).toMatchObject({ spent: { calls: 0 } });
  });

  it('refuses what can never fit, and says which budget it is', async () => {
    const ledger = open();
    const [wide, narrow] = [budget('bud_wide', { nanoUsd: 1_000 }), budget('bud_narrow', { nanoUsd: 5 })];
    expect(await hold(ledger, [want(wide), want(narrow)])).toEqual({ budget: narrow, busy: false });
    expect((await ledger.balance('bud_wide', '2026-11-27')).held).toEqual({ nanoUsd: 0, calls: 0 });
  });

  it('lets a call wait for what others hold, and go once they cost less', async () => {
    const ledger = open();
    const one = budget('bud_waits', { nanoUsd: 15 });
    const first = await holdAll(ledger, [want(one)]);
    const second = holdAll(ledger, [want(one)]);
    await book(first, 1);
    await book(await second, 1);
    expect((await ledger.balance(one.id, '2026-11-27')).spent).toEqual({ nanoUsd: 2, calls: 2 });
  });

  it('gives up at the deadline, or where the caller went away', async () => {
    const ledger = open();
    const one = budget('bud_busy', { calls: 1 });
    const first = await holdAll(ledger, [want(one)]);
    expect(await hold(ledger, [want(one)], Date.now() + 100)).toMatchObject({ busy: true });
    const gone = new AbortController();
    const waiting = hold(ledger, [want(one)], soon(), gone.signal);
    gone.abort();
    expect(await waiting).toMatchObject({ busy: true });
    await first.release(undefined);
    await (await holdAll(ledger, [want(one)])).release(undefined);
    expect(await ledger.balance(one.id, '2026-11-27')).toEqual({
      spent: { nanoUsd: 0, calls: 0 },
      held: { nanoUsd: 0, calls: 0 },
    });
  });

  it('lets a soft budget be passed', async () => {
    const ledger = open();
    const soft = budget('bud_soft', { calls: 0, nanoUsd: 0, hard: false });
    await book(await holdAll(ledger, [want(soft)]), 9);
    expect((await ledger.balance(soft.id, '2026-11-27')).spent).toEqual({ nanoUsd: 9, calls: 1 });
  });

  it('lets exactly so many of many go at the same time', async () => {
    const ledger = open();
    const one = budget('bud_exact', { calls: 20, nanoUsd: 500 });
    const all = Array.from({ length: 100 }, async () => {
      const outcome = await hold(ledger, [want(one, 20)]);
      if (!isHeld(outcome)) return outcome.busy ? 'busy' : 'refused';
      await book(outcome, 5);
      return 'ran';
    });
    const outcomes = await Promise.all(all);
    expect(outcomes.filter((outcome) => outcome === 'ran')).toHaveLength(20);
    expect(outcomes.filter((outcome) => outcome === 'refused')).toHaveLength(80);
    expect(await ledger.balance(one.id, '2026-11-27')).toEqual({
      spent: { nanoUsd: 100, calls: 20 },
      held: { nanoUsd: 0, calls: 0 },
    });
  });

  it.runIf(shared)('is one for all nodes, and takes back what a dead one held', async () => {
    const [a, b] = [open('a'), open('b')];
    const one = budget('bud_nodes', { calls: 2 });
    await holdAll(a, [want(one)]);
    await holdAll(b, [want(one)]);
    expect(await hold(a, [want(one)], Date.now() + 100)).toMatchObject({ busy: true });
    await b.takeBack!(false); // nothing has expired
    expect(await hold(a, [want(one)], Date.now() + 100)).toMatchObject({ busy: true });
    await a.takeBack!(true);
    const late = await holdAll(a, [want(one)]);
    await store.db.updateTable('budget_holds').set({ expires_at: 1 }).execute();
    await a.takeBack!(false);
    expect((await a.balance(one.id, '2026-11-27')).held).toEqual({ nanoUsd: 0, calls: 0 });
    // A call that ends after its hold expired is booked all the same.
    await book(late, 3);
    expect(await a.balance(one.id, '2026-11-27')).toEqual({
      spent: { nanoUsd: 3, calls: 1 },
      held: { nanoUsd: 0, calls: 0 },
    });
  });
});
