import { CrankError } from '#src/core/error.ts';
import { type Calendar, calendarOf } from '#src/engines/metering/calendar.ts';
import { QUARTER_MS } from '#src/store/add-usage.ts';

/** A period in a time zone; milliseconds since 1970, at quarters of an hour. */
export interface Period {
  calendar: Calendar;
  from: number;
  to: number;
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const MOST_YEARS_MS = 10 * 366 * 24 * 3_600_000;

/**
 * The period asked for: by default from the beginning of this month until now. Dates begin and end in the zone; times are widened to quarters of an hour.
 *
 * @throws CrankError `malformed-request`
 */
export const periodOf = (
  { from, to, zone = 'UTC' }: { from?: string | undefined; to?: string | undefined; zone?: string | undefined },
  now = Date.now(),
): Period => {
  const calendar = calendarOf(zone);
  if (calendar === undefined)
    throw new CrankError(
      'malformed-request',
      `"${zone.slice(0, 80)}" is no time zone: write one of IANA's, such as Europe/Berlin or UTC.`,
    );
  const end = Math.ceil((to === undefined ? now : timeOf(calendar, to)) / QUARTER_MS) * QUARTER_MS;
  const start =
    from === undefined ? calendar.monthStart(end - 1) : Math.floor(timeOf(calendar, from) / QUARTER_MS) * QUARTER_MS;
  if (start >= end)
    throw new CrankError('malformed-request', 'The period ends before it begins: "from" is before "to".');
  if (end - start > MOST_YEARS_MS)
    throw new CrankError('malformed-request', 'The period is longer than ten years: ask for several.');
  return { calendar, from: start, to: end };
};

const timeOf = (calendar: Calendar, text: string): number => {
  const date = DATE.exec(text);
  const ms = Date.parse(text);
  if (!(ms >= 0 && ms < 2 ** 47))
    throw new CrankError(
      'malformed-request',
      `"${text.slice(0, 80)}" is no time: write a date, or a time like 2026-11-30T09:00:00Z.`,
    );
  return date === null ? ms : calendar.dayStart(Number(date[1]), Number(date[2]), Number(date[3]));
};
