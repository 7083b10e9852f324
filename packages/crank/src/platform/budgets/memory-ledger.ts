import type { Kysely } from 'kysely';
import { fits, type Spending } from '#src/engines/metering/budget.ts';
import type { Database } from '#src/store/schema.ts';
import type { Balance, Held, Ledger, Refused, Want } from './ledger.ts';
import { bookQuery } from './spent-rows.ts';

interface Entry extends Balance {
  /** Calls that hold something in it, or wait for it. */
  users: number;
}

/** A call's wish, with where it is booked. */
interface Wish {
  want: Want;
  entry: Entry;
}

interface Waiting {
  wishes: readonly Wish[];
  settle: (outcome: Held | Refused) => void;
}

/** Periods that are remembered though nobody uses them. */
const KEPT = 10_000;

const add = (to: Spending, nanoUsd: number, calls: number): void => {
  to.nanoUsd += nanoUsd;
  to.calls += calls;
};

/**
 * The ledger of a node that has the database to itself. A hold is a number in memory: where the node dies it is gone, and
 * so is the call. First come, first served: nobody who wants less overtakes who waits for the same budget.
 */
export const createMemoryLedger = (db: Kysely<Database>): Ledger => {
  const entries = new Map<string, Entry>();
  const loading = new Map<string, Promise<Entry>>();
  const queue: Waiting[] = [];

  const load = async (key: string, budget: string, period: string): Promise<Entry> => {
    const row = await db
      .selectFrom('budget_spent')
      .select(['nano_usd', 'calls'])
      .where('budget', '=', budget)
      .where('period', '=', period)
      .executeTakeFirst();
    const entry: Entry = {
      spent: { nanoUsd: row?.nano_usd ?? 0, calls: row?.calls ?? 0 },
      held: { nanoUsd: 0, calls: 0 },
      users: 0,
    };
    if (entries.size >= KEPT) for (const [other, { users }] of entries) if (users === 0) entries.delete(other);
    entries.set(key, entry);
    return entry;
  };

  const entryOf = (budget: string, period: string): Entry | Promise<Entry> => {
    const key = `${budget} ${period}`;
    const known = entries.get(key);
    if (known !== undefined) return known;
    const pending = loading.get(key) ?? load(key, budget, period).finally(() => loading.delete(key));
    loading.set(key, pending);
    return pending;
  };

  const leave = (wishes: readonly Wish[]): void => {
    for (const { entry } of wishes) entry.users--;
  };

  const heldOf = (wishes: readonly Wish[]): Held => {
    for (const { want, entry } of wishes) add(entry.held, want.nanoUsd, 1);
    return {
      settle: (nanoUsd, ran) => wishes.map(({ want }) => bookQuery(db, want, nanoUsd, ran)),
      release: async (booked) => {
        for (const { want, entry } of wishes) {
          add(entry.held, -want.nanoUsd, -1);
          if (booked !== undefined) add(entry.spent, booked.nanoUsd, booked.ran ? 1 : 0);
        }
        leave(wishes);
        serve();
      },
    };
  };

  /** Undefined: not yet. @param blocked where somebody waits already */
  const attempt = (wishes: readonly Wish[], blocked: Set<Entry>): Held | Refused | undefined => {
    let waits = false;
    for (const { want, entry } of wishes) {
      const fit = fits(want.budget, entry.spent, entry.held, want.nanoUsd);
      if (fit === 'no') {
        leave(wishes);
        return { budget: want.budget, busy: false };
      }
      waits ||= fit === 'later' || blocked.has(entry);
    }
    if (!waits) return heldOf(wishes);
    for (const { entry } of wishes) blocked.add(entry);
    return undefined;
  };

  const serve = (): void => {
    const blocked = new Set<Entry>();
    for (const waiting of [...queue]) {
      const outcome = attempt(waiting.wishes, blocked);
      if (outcome === undefined) continue;
      queue.splice(queue.indexOf(waiting), 1);
      waiting.settle(outcome);
    }
  };

  const wait = (wishes: readonly Wish[], until: number, signal: AbortSignal): Promise<Held | Refused> =>
    new Promise((resolve) => {
      const waiting: Waiting = {
        wishes,
        settle: (outcome) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', giveUp);
          resolve(outcome);
        },
      };
      const giveUp = (): void => {
        const at = queue.indexOf(waiting);
        if (at < 0) return;
        queue.splice(at, 1);
        leave(wishes);
        waiting.settle({ budget: wishes[0]!.want.budget, busy: true });
        serve();
      };
      const timer = setTimeout(giveUp, Math.max(0, until - Date.now()));
      signal.addEventListener('abort', giveUp, { once: true });
      queue.push(waiting);
      if (signal.aborted) giveUp();
    });

  return {
    hold: async (_call, wants, until, signal) => {
      const wishes: Wish[] = [];
      for (const want of wants) {
        const entry = await entryOf(want.budget.id, want.period);
        entry.users++;
        wishes.push({ want, entry });
      }
      const blocked = new Set(queue.flatMap((waiting) => waiting.wishes.map(({ entry }) => entry)));
      return attempt(wishes, blocked) ?? wait(wishes, until, signal);
    },
    balance: async (budget, period) => {
      const { spent, held } = await entryOf(budget, period);
      return { spent: { ...spent }, held: { ...held } };
    },
    changed: serve,
  };
};
