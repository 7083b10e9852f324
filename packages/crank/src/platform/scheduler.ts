import type { Logger } from 'pino';
import { type Clock, pause } from '#src/core/clock.ts';
import { CrankError, type ErrorCode } from '#src/core/error.ts';
import type { Principal } from '#src/core/service.ts';
import type { ScheduleRow, ScheduleRunRow } from '#src/store/schema-service-life.ts';
import { act, nodePrincipal } from './act.ts';
import { timetable } from './cron.ts';
import { LEFT_ALONE, mayHaveEffects } from './effects.ts';
import type { Firing } from './firing.ts';
import type { Platform } from './platform.ts';
import { claim, claimQueued, dueAt, LEASE_MS } from './schedule-claim.ts';

/** What a scheduler works with. */
export type SchedulerPlatform = Pick<Platform, 'node' | 'store' | 'identity' | 'recorder' | 'catalog'> & {
  log: Logger;
};

/** How often it looks at the database where nothing is due: other nodes write there, and clocks jump. */
const LOOK_MS = 10_000;
const RENEW_MS = LEASE_MS / 3;
const RETRY_MS = 2_000;
/** Firings of a schedule that its history has. */
const KEPT = 2_000;
/** Schedules that are looked at in one go. */
const BATCH = 200;

/** Refusals that say nothing of the call itself: it is tried again within its grace. */
const passing: ReadonlySet<ErrorCode> = new Set(['overloaded', 'unavailable', 'isolation-unavailable', 'rate-limited']);

/** Who a schedule is in receipts and to policy: a service principal, in the name of whoever made it. */
const schedulePrincipal = ({ id, account }: ScheduleRow, owner: Principal): Principal => ({
  id,
  name: `schedule ${id}`,
  kind: 'service',
  account,
  role: owner.role,
  onBehalfOf: owner.id,
});

/**
 * Fires schedules. Any number of nodes may do so on one database: an instant of a schedule is one row, and whoever inserts
 * it fires. A node that dies in the middle leaves the id of the call that it was about to make: if that was committed it
 * has happened, if not it is made again under the same id, within the grace.
 */
export class Scheduler<P extends SchedulerPlatform = Platform> {
  readonly #clock: Clock;
  readonly #fire: (platform: P, firing: Firing) => Promise<string>;
  #platform: P | undefined;
  #last = 0;
  #pruned = 0;
  #started = false;
  #wake: (() => void) | undefined;
  #renew: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  readonly #stop = new AbortController();
  readonly #running = new Map<string, { run: ScheduleRunRow; done: Promise<void> }>();

  /** @param fire makes a call: `firing.ts` */
  constructor(clock: Clock, fire: (platform: P, firing: Firing) => Promise<string>) {
    this.#clock = clock;
    this.#fire = fire;
  }

  /** Begins. What a node of this name left running is settled first. */
  async start(platform: P): Promise<void> {
    this.#platform = platform;
    await this.#realign(this.#clock.now());
    this.#renewLeases();
    await this.look();
  }

  now(): number {
    return this.#clock.now();
  }

  /** Looks now, for something was changed. */
  poke(): void {
    if (this.#platform !== undefined) void this.look();
  }

  /** Fires what is due, and sets the alarm for what comes next. One look after the other. */
  look(): Promise<void> {
    const turn = (this.#looking ?? Promise.resolve()).then(async () => {
      if (this.#stop.signal.aborted) return;
      this.#wake?.();
      let wait = LOOK_MS;
      try {
        wait = await this.#look();
      } catch (err) {
        this.#on.log.error({ err }, 'schedules could not be looked at');
      }
      if (!this.#stop.signal.aborted) this.#wake = this.#clock.after(wait, () => void this.look());
    });
    this.#looking = turn;
    return turn;
  }

  /** Resolves when all that was begun has ended. */
  async settled(): Promise<void> {
    await this.#looking;
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** Begins nothing more, and waits for what is under way. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    this.#renew?.();
    await this.settled();
  }

  /** Fires a schedule now, beside its timetable. @returns the run */
  async runNow(schedule: ScheduleRow, call: string): Promise<ScheduleRunRow> {
    const now = this.#clock.now();
    const run: ScheduleRunRow = {
      schedule: schedule.id,
      instant: now,
      trigger: 'manual',
      state: 'running',
      call,
      outcome: null,
      reason: null,
      node: this.#on.node,
      lease_until: now + LEASE_MS,
      claimed_at: now,
      ended_at: null,
    };
    for (;;) {
      const { numInsertedOrUpdatedRows } = await this.#on.store.db
        .insertInto('schedule_runs')
        .values(run)
        .onConflict((c) => c.columns(['schedule', 'instant']).doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 1n) break;
      run.instant++;
    }
    this.#begin(schedule, run);
    return run;
  }

  get #on(): P {
    if (this.#platform === undefined) throw new Error('the scheduler has not been started');
    return this.#platform;
  }

  /** @returns milliseconds until the next look */
  async #look(): Promise<number> {
    const { store, node, log } = this.#on;
    const now = this.#clock.now();
    if (now < this.#last - 1_000) await this.#realign(now);
    this.#last = now;
    // A row of our own that was inserted a moment ago is no leftover: those are there when we start.
    await this.#recover(now, this.#started);
    this.#started = true;
    const due = await store.db
      .selectFrom('schedules')
      .selectAll()
      .where('state', '=', 'active')
      .where('due_at', '<=', now)
      .orderBy('due_at')
      .limit(BATCH)
      .execute();
    for (const schedule of due) {
      try {
        const run = await claim(store, node, schedule, timetable(schedule.cron, schedule.zone), now);
        if (run !== undefined) this.#begin(schedule, run);
      } catch (err) {
        log.error({ err, schedule: schedule.id }, 'a schedule could not be fired');
      }
    }
    await this.#takeQueued(now);
    await this.#prune(now);
    if (due.length === BATCH) return 0;
    const first = await store.db
      .selectFrom('schedules')
      .select('due_at')
      .where('state', '=', 'active')
      .where('due_at', '>', now)
      .orderBy('due_at')
      .limit(1)
      .executeTakeFirst();
    return Math.max(1, Math.min(LOOK_MS, (first?.due_at ?? Number.POSITIVE_INFINITY) - this.#clock.now()));
  }

  /**
   * The clock went back, or had gone ahead before we started: what waits for an instant beyond the next one of its
   * timetable waits for that instead. What was fired once is not fired again, for there is a row of it.
   */
  async #realign(now: number): Promise<void> {
    const { db } = this.#on.store;
    const active = await db.selectFrom('schedules').selectAll().where('state', '=', 'active').execute();
    for (const schedule of active) {
      const next = timetable(schedule.cron, schedule.zone).next(now);
      if (next === undefined || (schedule.next_at !== null && schedule.next_at <= next)) continue;
      await db
        .updateTable('schedules')
        .set({ next_at: next, due_at: dueAt(schedule, next) })
        .where('id', '=', schedule.id)
        .where('next_at', schedule.next_at === null ? 'is' : '=', schedule.next_at)
        .execute();
    }
  }

  /** Takes over what a node that died was at: this one, before it was started anew, or one whose lease ran out. */
  async #recover(now: number, started: boolean): Promise<void> {
    const { store, node } = this.#on;
    const left = await store.db
      .selectFrom('schedule_runs')
      .selectAll()
      .where('state', '=', 'running')
      .where((e) => (started ? e('lease_until', '<', now) : e.or([e('node', '=', node), e('lease_until', '<', now)])))
      .execute();
    for (const run of left) {
      if (this.#running.has(keyOf(run))) continue;
      const taken = await store.db
        .updateTable('schedule_runs')
        .set({ node, lease_until: now + LEASE_MS })
        .where('schedule', '=', run.schedule)
        .where('instant', '=', run.instant)
        .where('state', '=', 'running')
        .where('node', '=', run.node)
        .where('lease_until', '=', run.lease_until)
        .executeTakeFirst();
      if (taken.numUpdatedRows === 1n) await this.#resume(run, now);
    }
  }

  async #resume(run: ScheduleRunRow, now: number): Promise<void> {
    const { db } = this.#on.store;
    const made = await db.selectFrom('calls').select('outcome').where('id', '=', run.call).executeTakeFirst();
    if (made !== undefined) return this.#end(run, { outcome: made.outcome, call: run.call, reason: null });
    const schedule = await db.selectFrom('schedules').selectAll().where('id', '=', run.schedule).executeTakeFirst();
    if (schedule === undefined) return;
    const lost = await this.#mayNotRepeat(schedule, run, now);
    if (lost === undefined) this.#begin(schedule, run);
    else await this.#end(run, { outcome: 'unavailable', call: null, reason: lost });
  }

  /** Why a firing that a node died in is not made again; undefined where it is. */
  async #mayNotRepeat(schedule: ScheduleRow, run: ScheduleRunRow, now: number): Promise<string | undefined> {
    const due = run.trigger === 'manual' ? run.instant : dueAt(schedule, run.instant);
    if (now - due > schedule.grace_ms) return 'The node ended during it, and its grace is over; nothing was charged.';
    return (await mayHaveEffects(this.#on.catalog, schedule)) ? LEFT_ALONE : undefined;
  }

  async #takeQueued(now: number): Promise<void> {
    const { store, node } = this.#on;
    const waiting = await store.db
      .selectFrom('schedule_runs')
      .innerJoin('schedules', 'schedules.id', 'schedule_runs.schedule')
      .selectAll('schedules')
      .distinct()
      .where('schedule_runs.state', '=', 'queued')
      .execute();
    for (const schedule of waiting) {
      const run = await claimQueued(store, node, schedule.id, now);
      if (run !== undefined) this.#begin(schedule, run);
    }
  }

  #begin(schedule: ScheduleRow, run: ScheduleRunRow): void {
    const done = this.#execute(schedule, run)
      .catch((err: unknown) => this.#on.log.error({ err, schedule: schedule.id }, 'a firing could not be made'))
      .finally(() => {
        this.#running.delete(keyOf(run));
        if (schedule.overlap === 'queue') this.poke();
      });
    this.#running.set(keyOf(run), { run, done });
  }

  async #execute(schedule: ScheduleRow, run: ScheduleRunRow): Promise<void> {
    const owner = await this.#on.identity.byId(schedule.account, schedule.principal);
    if (owner === undefined) {
      const reason = `The key ${schedule.principal}, in whose name it ran, is revoked.`;
      await this.#stopFor(schedule, reason);
      return this.#end(run, { outcome: 'forbidden', call: null, reason });
    }
    const until = Math.max(run.claimed_at, dueAt(schedule, run.instant)) + schedule.grace_ms;
    for (;;) {
      let outcome: string;
      try {
        outcome = await this.#fire(this.#on, {
          call: run.call!,
          principal: schedulePrincipal(schedule, owner),
          service: schedule.service,
          version: schedule.version ?? undefined,
          operation: schedule.operation,
          input: Buffer.from(schedule.input),
          tags: `schedule=${schedule.id}`,
          signal: new AbortController().signal,
        });
      } catch (error) {
        const { code, message } = error instanceof CrankError ? error : new CrankError('internal', 'The node failed.');
        if (!(error instanceof CrankError)) this.#on.log.error({ err: error, call: run.call }, 'a firing failed');
        if (this.#stop.signal.aborted && code === 'unavailable') return; // it is settled by the next start
        if (!passing.has(code) || this.#clock.now() + RETRY_MS > until)
          return this.#end(run, { outcome: code, call: null, reason: message });
        await pause(this.#clock, RETRY_MS, this.#stop.signal);
        if (this.#stop.signal.aborted) return;
        continue;
      }
      // Where this fails, the call was made nevertheless: whoever takes the run over finds it.
      return this.#end(run, { outcome, call: run.call, reason: null });
    }
  }

  async #end(run: ScheduleRunRow, end: Pick<ScheduleRunRow, 'outcome' | 'call' | 'reason'>): Promise<void> {
    await this.#on.store.db
      .updateTable('schedule_runs')
      .set({ ...end, state: 'ended', ended_at: this.#clock.now() })
      .where('schedule', '=', run.schedule)
      .where('instant', '=', run.instant)
      .where('state', '=', 'running')
      .execute();
  }

  /** Takes a schedule out of use, with a receipt. */
  async #stopFor({ id, account, principal }: ScheduleRow, reason: string): Promise<void> {
    const query = this.#on.store.db
      .updateTable('schedules')
      .set({ state: 'stopped', reason })
      .where('id', '=', id)
      .compile();
    await act(this.#on, nodePrincipal(this.#on, account), 'schedule.stop', { schedule: id, principal, reason }, [
      query,
    ]);
  }

  #renewLeases(): void {
    this.#renew = this.#clock.after(RENEW_MS, () => {
      const now = this.#clock.now();
      const runs = [...this.#running.values()].map(({ run }) => run);
      Promise.all(
        runs.map(({ schedule, instant }) =>
          this.#on.store.db
            .updateTable('schedule_runs')
            .set({ lease_until: now + LEASE_MS })
            .where('schedule', '=', schedule)
            .where('instant', '=', instant)
            .where('node', '=', this.#on.node)
            .execute(),
        ),
      ).catch((err: unknown) => this.#on.log.error({ err }, 'leases of firings could not be renewed'));
      if (!this.#stop.signal.aborted) this.#renewLeases();
    });
  }

  /** Keeps the newest of the history; the calls themselves stay. By number, for the clock may be wrong. */
  async #prune(now: number): Promise<void> {
    if (Math.abs(now - this.#pruned) < 3_600_000) return;
    this.#pruned = now;
    const { db } = this.#on.store;
    for (const { id } of await db.selectFrom('schedules').select('id').execute()) {
      const oldest = await db
        .selectFrom('schedule_runs')
        .select('instant')
        .where('schedule', '=', id)
        .orderBy('instant', 'desc')
        .offset(KEPT)
        .limit(1)
        .executeTakeFirst();
      if (oldest === undefined) continue;
      await db
        .deleteFrom('schedule_runs')
        .where('schedule', '=', id)
        .where('instant', '<=', oldest.instant)
        .where('state', 'not in', ['running', 'queued'])
        .execute();
    }
  }
}

const keyOf = ({ schedule, instant }: ScheduleRunRow): string => `${schedule} ${instant}`;
