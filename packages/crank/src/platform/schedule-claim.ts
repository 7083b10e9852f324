import type { Kysely } from 'kysely';
import { newId } from '#src/core/id.ts';
import type { Database } from '#src/store/schema.ts';
import type { ScheduleRow, ScheduleRunRow } from '#src/store/schema-service-life.ts';
import type { Store } from '#src/store/store.ts';
import { jitterOf, type Timetable } from './cron.ts';

/** A node that has a run renews its lease well within this time. */
export const LEASE_MS = 60_000;
/** More runs of one schedule do not wait. */
const LONGEST_QUEUE = 100;

/** What is to become of a schedule at a moment. */
interface Plan {
  /** The next instant that is not due yet. */
  next: number | undefined;
  /** The instant to fire: the last one due within the grace. */
  fire: number | undefined;
  /** First and last instant for which it was too late. */
  missed: { first: number; last: number } | undefined;
}

/** When an instant is due. */
export const dueAt = ({ id, jitter_ms }: Pick<ScheduleRow, 'id' | 'jitter_ms'>, instant: number): number =>
  instant + jitterOf(id, instant, jitter_ms);

/** Pure: by its timetable, what a schedule has to do now. Of several instants that are due together only the last is fired. */
export const planOf = (
  schedule: Pick<ScheduleRow, 'id' | 'jitter_ms' | 'grace_ms' | 'next_at'>,
  times: Timetable,
  now: number,
): Plan => {
  const first = schedule.next_at!;
  let fire: number | undefined;
  for (let at = times.last(now); at !== undefined && at >= first; at = times.last(at - 1)) {
    if (dueAt(schedule, at) > now) continue;
    fire = at;
    break;
  }
  const late = fire !== undefined && now - dueAt(schedule, fire) > schedule.grace_ms;
  // Those before it: too late too, or one firing stands for all.
  const before = fire === undefined ? undefined : late ? fire : times.last(fire - 1);
  const lost = before !== undefined && before >= first && now - dueAt(schedule, first) > schedule.grace_ms;
  return {
    next: times.next(fire ?? first - 1),
    fire: late ? undefined : fire,
    missed: lost ? { first, last: Math.max(first, before) } : undefined,
  };
};

/**
 * In one transaction, where several nodes share the database. SQLite has one node, whose other connection to it writes in
 * the same thread and would wait for a transaction that cannot go on meanwhile: there, each statement is by itself, in an
 * order in which nothing is lost or done twice wherever the node dies in between.
 */
const together = <T>({ db, flavour }: Store, work: (tx: Kysely<Database>) => Promise<T>): Promise<T> =>
  flavour === 'postgres' ? db.transaction().execute(work) : work(db);

/** Whether a schedule is as it was seen. Nobody else gets as far with it before the transaction ends. */
const lock = async (tx: Kysely<Database>, { flavour }: Store, { id, next_at }: ScheduleRow): Promise<boolean> => {
  const query = tx
    .selectFrom('schedules')
    .select('id')
    .where('id', '=', id)
    .where('next_at', '=', next_at)
    .where('state', '=', 'active');
  return (await (flavour === 'postgres' ? query.forUpdate() : query).executeTakeFirst()) !== undefined;
};

/**
 * Takes a schedule's next firing: inserts the row of the instant, of which there can be one, and moves the schedule on.
 * Whoever inserts it fires.
 *
 * @returns the run, where it is to be run now by this node
 */
export const claim = (
  store: Store,
  node: string,
  schedule: ScheduleRow,
  times: Timetable,
  now: number,
): Promise<ScheduleRunRow | undefined> => {
  const { next, fire, missed } = planOf(schedule, times, now);
  return together(store, async (tx) => {
    if (!(await lock(tx, store, schedule))) return undefined; // another node was first, or it was paused
    const row = {
      ...{ schedule: schedule.id, trigger: 'cron', node, lease_until: now + LEASE_MS },
      ...{ claimed_at: now, outcome: null },
    };
    if (missed !== undefined) {
      const [from, to] = [missed.first, missed.last].map((at) => new Date(at).toISOString());
      const which = from === to ? 'It was' : `What was due from ${from} to ${to} was`;
      const reason = `${which} not run: no node was there within the grace, or the clock jumped.`;
      await insert(tx, { ...row, instant: missed.first, state: 'missed', call: null, reason, ended_at: now });
    }
    let run: ScheduleRunRow | undefined;
    if (fire !== undefined) {
      const { state, reason } = await stateFor(tx, schedule);
      const skipped = state === 'skipped';
      const call = skipped ? null : newId('call', now);
      run = { ...row, instant: fire, state, call, reason, ended_at: skipped ? now : null };
      if (!(await insert(tx, run))) run = undefined;
    }
    await tx
      .updateTable('schedules')
      .set({ next_at: next ?? null, due_at: next === undefined ? null : dueAt(schedule, next) })
      .where('id', '=', schedule.id)
      .where('next_at', '=', schedule.next_at)
      .execute();
    return run?.state === 'running' ? run : undefined;
  });
};

/** @returns false where there is a row of the instant already: one that says it was missed, by a clock that was wrong, gives way */
const insert = async (tx: Kysely<Database>, run: ScheduleRunRow): Promise<boolean> => {
  const { schedule: _, instant: __, ...rest } = run;
  const row = await tx
    .insertInto('schedule_runs')
    .values(run)
    .onConflict((c) =>
      run.state === 'missed'
        ? c.columns(['schedule', 'instant']).doNothing()
        : c.columns(['schedule', 'instant']).doUpdateSet(rest).where('schedule_runs.state', '=', 'missed'),
    )
    .returning('instant')
    .executeTakeFirst();
  return row !== undefined;
};

/** What a firing becomes while another of its schedule is under way. */
const stateFor = async (
  tx: Kysely<Database>,
  { id, overlap }: ScheduleRow,
): Promise<{ state: 'running' | 'queued' | 'skipped'; reason: string | null }> => {
  if (overlap === 'allow') return { state: 'running', reason: null };
  const open = await tx
    .selectFrom('schedule_runs')
    .select('instant')
    .where('schedule', '=', id)
    .where('state', 'in', ['running', 'queued'])
    .orderBy('instant')
    .limit(LONGEST_QUEUE)
    .execute();
  if (open.length === 0) return { state: 'running', reason: null };
  if (overlap === 'queue' && open.length < LONGEST_QUEUE) return { state: 'queued', reason: null };
  const since = new Date(open[0]!.instant).toISOString();
  const why =
    overlap === 'queue' ? `${LONGEST_QUEUE} firings wait already` : `the firing of ${since} was still under way`;
  return { state: 'skipped', reason: `It was skipped: ${why}.` };
};

/** Takes the longest waiting run of a schedule on which nothing is under way. */
export const claimQueued = (
  store: Store,
  node: string,
  schedule: string,
  now: number,
): Promise<ScheduleRunRow | undefined> =>
  together(store, async (tx) => {
    if (store.flavour === 'postgres')
      await tx.selectFrom('schedules').select('id').where('id', '=', schedule).forUpdate().execute();
    const open = await tx
      .selectFrom('schedule_runs')
      .selectAll()
      .where('schedule', '=', schedule)
      .where('state', 'in', ['running', 'queued'])
      .orderBy('instant')
      .execute();
    const [first] = open;
    if (first === undefined || open.some(({ state }) => state === 'running')) return undefined;
    const taken = { state: 'running', node, lease_until: now + LEASE_MS };
    const { numUpdatedRows } = await tx
      .updateTable('schedule_runs')
      .set(taken)
      .where('schedule', '=', schedule)
      .where('instant', '=', first.instant)
      .where('state', '=', 'queued')
      .executeTakeFirst();
    return numUpdatedRows === 1n ? { ...first, ...taken } : undefined;
  });
