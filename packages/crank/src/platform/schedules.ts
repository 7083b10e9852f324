import { formatDuration } from '#src/core/duration.ts';
import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import type { ScheduleRow, ScheduleRunRow } from '#src/store/schema-service-life.ts';
import { act } from './act.ts';
import { identify } from './admit.ts';
import { timetable } from './cron.ts';
import { permit } from './permit.ts';
import { permittedRow } from './permitted-row.ts';
import type { Platform } from './platform.ts';
import { readJson } from './read-json.ts';
import { dueAt } from './schedule-claim.ts';

const SHOWN_NEXT = 5;
const PAGE = 100;
/** Of one account. */
const MOST = 1_000;

export interface WantedSchedule {
  service: string;
  operation: string;
  /** Alias or digest prefix; the newest where absent. */
  version?: string;
  cron: string;
  zone: string;
  /** JSON text of the arguments. */
  input: string;
  graceMs: number;
  overlap: 'skip' | 'queue' | 'allow';
  jitterMs: number;
}

export interface ScheduleInfo {
  id: string;
  service: string;
  operation: string;
  version: string | null;
  cron: string;
  zone: string;
  input: unknown;
  /** Id of the key that made it, and in whose name it runs. */
  principal: string;
  grace: string;
  overlap: string;
  jitter: string;
  state: string;
  /** Why it was stopped. */
  reason: string | null;
  created: string;
  /** The next instants; of one that is not active, those that there would be. */
  next: string[];
}

export interface RunInfo {
  instant: string;
  trigger: string;
  state: string;
  /** Its call, where there was one, whose receipt has the same id. */
  call: string | null;
  outcome: string | null;
  reason: string | null;
  claimed: string;
  ended: string | null;
}

/** Makes a schedule: it acts in the name of the caller's key. @throws CrankError `invalid-input`, `not-found` */
export const createSchedule = async (
  platform: Platform,
  authorization: string | undefined,
  read: () => Promise<WantedSchedule>,
): Promise<ScheduleInfo & { receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'schedule.create', { type: 'schedule', account });
  const wanted = await read();
  const times = timetable(wanted.cron, wanted.zone);
  const now = platform.scheduler.now();
  const next = times.next(now);
  if (next === undefined)
    throw new CrankError('invalid-input', `"${wanted.cron}" never comes: there is no such day.`, {
      errors: [{ pointer: '/cron', message: 'never comes' }],
    });
  await demandCallable(platform, account, wanted);
  const { db } = platform.store;
  const { count } = await db
    .selectFrom('schedules')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('account', '=', account)
    .executeTakeFirstOrThrow();
  if (Number(count) >= MOST)
    throw new CrankError('version-conflict', `The account has ${MOST} schedules, the most there may be: remove some.`);
  const row: ScheduleRow = {
    id: newId('sched'),
    account,
    service: wanted.service,
    version: wanted.version ?? null,
    operation: wanted.operation,
    cron: wanted.cron.trim(),
    zone: wanted.zone,
    input: wanted.input,
    principal: principal.id,
    grace_ms: wanted.graceMs,
    overlap: wanted.overlap,
    jitter_ms: wanted.jitterMs,
    state: 'active',
    reason: null,
    created_at: now,
    next_at: next,
    due_at: null,
  };
  row.due_at = dueAt(row, next);
  const { id: schedule, service, operation, cron, zone } = row;
  const receipt = await act(platform, principal, 'schedule.create', { schedule, service, operation, cron, zone }, [
    db.insertInto('schedules').values(row).compile(),
  ]);
  platform.scheduler.poke();
  return { ...info(row, now), receipt };
};

/** @throws CrankError `not-found`, `invalid-input` where such a call could only fail */
const demandCallable = async (
  platform: Platform,
  account: string,
  { service, operation, version, input }: WantedSchedule,
): Promise<void> => {
  const target = await platform.catalog.resolve(account, service, version);
  const { validateInput } = target.operation(operation);
  const errors = validateInput(readJson(Buffer.from(input), 'The input'));
  if (errors.length > 0)
    throw new CrankError(
      'invalid-input',
      `The input does not match the schema of ${service}.${operation}: ${errors[0]!.pointer || '/'} ${errors[0]!.message}`,
      { errors: errors.map((one) => ({ ...one, pointer: `/input${one.pointer}` })) },
    );
};

export const listSchedules = async (platform: Platform, authorization: string | undefined): Promise<ScheduleInfo[]> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'schedule.read', { type: 'schedule', account });
  const rows = await platform.store.db
    .selectFrom('schedules')
    .selectAll()
    .where('account', '=', account)
    .orderBy('id')
    .execute();
  return rows.map((row) => info(row, platform.scheduler.now()));
};

/** @throws CrankError `not-found` */
export const describeSchedule = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<ScheduleInfo> => {
  const { row } = await permitted(platform, authorization, 'schedule.read', id);
  return info(row, platform.scheduler.now());
};

/** Its firings, newest first. @param before an instant, RFC 3339: the `cursor` of the page before */
export const listRuns = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
  before?: string,
): Promise<{ runs: RunInfo[]; cursor: string | null }> => {
  await permitted(platform, authorization, 'schedule.read', id);
  const until = before === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(before);
  if (Number.isNaN(until)) throw new CrankError('malformed-request', 'The cursor is not one that was given.');
  const rows = await platform.store.db
    .selectFrom('schedule_runs')
    .selectAll()
    .where('schedule', '=', id)
    .where('instant', '<', until)
    .orderBy('instant', 'desc')
    .limit(PAGE + 1)
    .execute();
  const runs = rows.slice(0, PAGE).map(runInfo);
  return { runs, cursor: rows.length > PAGE ? runs.at(-1)!.instant : null };
};

/** Pauses, or resumes from now on: what would have come meanwhile does not. A resumed one acts in the name of whoever resumes it. */
export const changeSchedule = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
  change: 'pause' | 'resume',
): Promise<ScheduleInfo & { receipt: string | null }> => {
  const { row, principal } = await permitted(platform, authorization, 'schedule.change', id);
  const now = platform.scheduler.now();
  const wanted = change === 'pause' ? 'paused' : 'active';
  if (row.state === wanted) return { ...info(row, now), receipt: null };
  const next = timetable(row.cron, row.zone).next(now) ?? null;
  const set: Partial<ScheduleRow> =
    change === 'pause'
      ? { state: wanted }
      : {
          ...{ state: wanted, reason: null, principal: principal.id },
          ...{ next_at: next, due_at: next === null ? null : dueAt(row, next) },
        };
  const query = platform.store.db.updateTable('schedules').set(set).where('id', '=', id).compile();
  const receipt = await act(platform, principal, `schedule.${change}`, { schedule: id }, [query]);
  platform.scheduler.poke();
  return { ...info({ ...row, ...set }, now), receipt };
};

/** Removes it with its history; calls and receipts stay. */
export const removeSchedule = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<{ receipt: string }> => {
  const { principal } = await permitted(platform, authorization, 'schedule.remove', id);
  const { db } = platform.store;
  const receipt = await act(platform, principal, 'schedule.remove', { schedule: id }, [
    db.deleteFrom('schedules').where('id', '=', id).compile(),
    db.deleteFrom('schedule_runs').where('schedule', '=', id).compile(),
  ]);
  return { receipt };
};

/** Fires it now, whatever its timetable and state say, in the name of whoever made it. */
export const runSchedule = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<RunInfo & { receipt: string }> => {
  const { row, principal } = await permitted(platform, authorization, 'schedule.run', id);
  const call = newId('call');
  const receipt = await act(platform, principal, 'schedule.run', { schedule: id, call }, []);
  return { ...runInfo(await platform.scheduler.runNow(row, call)), receipt };
};

const permitted = (platform: Platform, authorization: string | undefined, action: string, id: string) =>
  permittedRow(platform, authorization, action, {
    type: 'schedule',
    id,
    find: (account) =>
      platform.store.db
        .selectFrom('schedules')
        .selectAll()
        .where('id', '=', id)
        .where('account', '=', account)
        .executeTakeFirst(),
  });

const info = (row: ScheduleRow, now: number): ScheduleInfo => ({
  id: row.id,
  service: row.service,
  operation: row.operation,
  version: row.version,
  cron: row.cron,
  zone: row.zone,
  input: JSON.parse(row.input) as unknown,
  principal: row.principal,
  grace: formatDuration(row.grace_ms),
  overlap: row.overlap,
  jitter: formatDuration(row.jitter_ms),
  state: row.state,
  reason: row.reason,
  created: new Date(row.created_at).toISOString(),
  next: nextOf(row, now),
});

const nextOf = (row: ScheduleRow, now: number): string[] => {
  const times = timetable(row.cron, row.zone);
  const next: string[] = [];
  for (let at = times.next(now); at !== undefined && next.length < SHOWN_NEXT; at = times.next(at))
    next.push(new Date(at).toISOString());
  return next;
};

const runInfo = (row: ScheduleRunRow): RunInfo => ({
  instant: new Date(row.instant).toISOString(),
  trigger: row.trigger,
  state: row.state,
  call: row.call,
  outcome: row.outcome,
  reason: row.reason,
  claimed: new Date(row.claimed_at).toISOString(),
  ended: row.ended_at === null ? null : new Date(row.ended_at).toISOString(),
});
