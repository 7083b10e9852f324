/** Nanoseconds since 1970 UTC. A number of JavaScript: right to 128 ns, and to the second exactly. */
type Ns = number;
/** `ns`, or `[ns, "Europe/Berlin"]`; UTC where there is no zone. */
type Moment = Ns | readonly [ns: Ns, zone: string];

const NS_PER_MS = 1e6;
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
/** RFC 3339, 5.6, with the space that its note allows left out, as Go does. */
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
const DAY = 86_400e9;
/** OPA's own beside Go's: days of 24 hours, weeks of seven, years of 365 days. */
const UNITS: Readonly<Record<string, number>> = {
  ...{ ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3_600e9 },
  ...{ d: DAY, w: 7 * DAY, y: 365 * DAY },
};
/** Times are 64 bits of nanoseconds: 1677 to 2262. */
const MOST_NS = 2 ** 63;

const formats = new Map<string, Intl.DateTimeFormat>();
const formatOf = (zone: string): Intl.DateTimeFormat => {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  formats.set(zone, made);
  return made;
};

/** A moment on the clock of its zone, as if that were UTC. @throws RangeError for a zone that is none */
const onClock = (moment: Moment): Date => {
  const [ns, zone = 'UTC'] = typeof moment === 'number' ? [moment] : moment;
  within('no time', ns);
  const at = new Date(Math.floor(ns / NS_PER_MS));
  if (zone === 'UTC' || zone === '') return at;
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year, month, day, hour, minute, second } = parts as Record<string, number>;
  return new Date(Date.UTC(year!, month! - 1, day, hour, minute, second));
};

const wrong = (what: string, value: unknown): Error => new Error(`${what}: ${JSON.stringify(value)?.slice(0, 100)}`);

/** @throws Error for a time that OPA has no number for */
const within = <T extends Ns | bigint>(what: string, ns: T): T => {
  if (ns >= -MOST_NS && ns < MOST_NS) return ns;
  throw wrong(what, String(ns));
};

const parseRfc3339 = (text: string): bigint => {
  const parts = RFC3339.exec(text);
  const ms = parts === null ? Number.NaN : Date.parse(`${text.slice(0, 19)}${parts[8]!}`);
  const day =
    parts === null ? 0 : new Date(Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]))).getUTCDate();
  if (parts === null || Number.isNaN(ms) || day !== Number(parts[3]))
    throw wrong('time.parse_rfc3339_ns: no time', text);
  return within(
    'time.parse_rfc3339_ns: beyond 64 bits',
    BigInt(ms) * 1_000_000n + BigInt((parts[7] ?? '').padEnd(9, '0')),
  );
};

const parseDuration = (text: string): Ns => {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/.exec(text)!;
  if (rest === '0') return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h|d|w|y))+$/.test(rest))
    throw wrong('time.parse_duration_ns: no duration', text);
  let sum = 0;
  for (const [, amount, unit] of rest.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h|d|w|y)/g))
    sum += Number(amount) * UNITS[unit!]!;
  return Math.round(sum) * (sign === '-' ? -1 : 1);
};

/** As Go's AddDate: days beyond the end of a month go on into the next. */
const addDate = (ns: Ns, years: number, months: number, days: number): Ns => {
  const at = new Date(Math.floor(ns / NS_PER_MS));
  const rest = ns - at.getTime() * NS_PER_MS;
  at.setUTCFullYear(at.getUTCFullYear() + years, at.getUTCMonth() + months, at.getUTCDate() + days);
  if (Number.isNaN(at.getTime())) throw wrong('time.add_date: beyond all calendars', [years, months, days]);
  return within('time.add_date: beyond 64 bits', at.getTime() * NS_PER_MS + rest);
};

/**
 * Rego's built-ins about times that are given, which OPA leaves out of WebAssembly (openpolicyagent.org, "Policy Reference",
 * Time). `time.now_ns` is not among them: policies have no clock, but `input.time`. They throw where an argument
 * makes no sense; `builtins.ts` leaves the expression undefined then.
 */
export const timeBuiltins: Readonly<Record<string, (...args: never[]) => unknown>> = {
  'time.add_date': addDate,
  'time.clock': (moment: Moment) => {
    const at = onClock(moment);
    return [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()];
  },
  'time.date': (moment: Moment) => {
    const at = onClock(moment);
    return [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()];
  },
  'time.parse_duration_ns': parseDuration,
  'time.parse_rfc3339_ns': parseRfc3339,
  'time.weekday': (moment: Moment) => WEEKDAYS[onClock(moment).getUTCDay()],
};
