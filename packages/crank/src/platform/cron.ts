import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import { CrankError } from '#src/core/error.ts';

/** Times of a schedule. */
export interface Timetable {
  /** The first instant behind another; undefined where there is none. */
  next(after: number): number | undefined;
  /** The last instant before another or at it. */
  last(until: number): number | undefined;
}

const NICKNAME = /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/i;
const FIELDS = /^[\w*/,#+-]+(?: +[\w*/,#+-]+){4}$/;

/**
 * Reads a cron expression: five fields, with names of months and days, or `@daily` and its like.
 *
 * Where a zone's clock jumps, croner follows Vixie cron: a time that is named (no `*` or step in minute and hour) and is
 * skipped comes right after the gap, and one that is there twice comes the first time only; what comes every so often
 * goes on by the minutes that pass.
 *
 * @param zone of the IANA time zone database, such as `Europe/Berlin`
 * @throws CrankError `invalid-input`
 */
export const timetable = (expression: string, zone: string): Timetable => {
  const text = expression.trim();
  if (!NICKNAME.test(text) && !FIELDS.test(text))
    throw bad(
      'cron',
      'has not five fields (minute, hour, day of month, month, day of week), nor is it @daily, @hourly ...',
    );
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    throw bad('zone', 'is no time zone: name one of the IANA database, such as Europe/Berlin or UTC');
  }
  let cron: Cron;
  try {
    cron = new Cron(text, { timezone: zone, paused: true, mode: '5-part', fixedTimeRule: 'no-wildcard' });
  } catch (error) {
    throw bad('cron', `cannot be read: ${(error as Error).message.replace(/^CronPattern: /, '').slice(0, 200)}`);
  }
  return {
    next: (after) => cron.nextRun(new Date(after))?.getTime(),
    // It counts a run in the same second as earlier than it.
    last: (until) => cron.previousRuns(1, new Date(Math.floor(until / 1_000) * 1_000 + 999))[0]?.getTime(),
  };
};

const bad = (member: string, message: string): CrankError =>
  new CrankError('invalid-input', `The member "${member}" ${message}.`, {
    errors: [{ pointer: `/${member}`, message }],
  });

/** How much later than its instant a firing is due: the same on every node, evenly spread below `jitter`. */
export const jitterOf = (schedule: string, instant: number, jitter: number): number =>
  jitter === 0 ? 0 : createHash('sha256').update(`${schedule} ${instant}`).digest().readUInt32LE() % jitter;
