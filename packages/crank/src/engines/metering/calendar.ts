/** How long the parts of a report are. */
export const grains = ['hour', 'day', 'month'] as const;
export type Grain = (typeof grains)[number];

/** Usage is kept by quarters of an hour: every time zone's offset is a multiple of one. */
const QUARTER_MS = 900_000;
const HOUR_MS = 3_600_000;
/** Nothing of the grain is shorter, summer time and all. */
const SHORTEST_MS: Record<Grain, number> = { hour: QUARTER_MS, day: 22 * HOUR_MS, month: 27 * 24 * HOUR_MS };
/** No place is further ahead of UTC. */
const AHEAD_MS = 14 * HOUR_MS;

/** A calendar of one IANA time zone. Times are milliseconds since 1970. */
export interface Calendar {
  zone: string;
  /** When a date begins there. */
  dayStart(year: number, month: number, day: number): number;
  /** When the month that a time lies in began. */
  monthStart(ms: number): number;
  /** The parts of `from` up to `to`: the first and the last may be cut short. */
  parts(grain: Grain, from: number, to: number): Generator<{ start: number; end: number }>;
}

/** @returns undefined where there is no such zone */
export const calendarOf = (zone: string): Calendar | undefined => {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
    });
  } catch {
    return undefined;
  }
  const offset = offsetsOf((ms) => {
    const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part['year']!, part['month']! - 1, part['day']!, part['hour']!, part['minute']!) - ms;
  });
  /** The clock on the wall there, as if it were UTC's. */
  const wall = (ms: number): number => ms + offset(ms);
  const name = (grain: Grain, ms: number): string => {
    const local = wall(ms);
    const text = new Date(local).toISOString();
    // The hour that is there twice in autumn is two hours.
    return grain === 'hour' ? `${text.slice(0, 13)} ${local - ms}` : text.slice(0, grain === 'day' ? 10 : 7);
  };
  const next = (grain: Grain, start: number, atLeast: number, to: number): number => {
    const here = name(grain, start);
    let at = start + atLeast;
    while (at < to && name(grain, at) === here) at += QUARTER_MS;
    return Math.min(at, to);
  };
  const firstAt = (wanted: number): number => {
    let at = wanted - AHEAD_MS;
    while (wall(at) < wanted) at += QUARTER_MS;
    return at;
  };
  return {
    zone,
    dayStart: (year, month, day) => firstAt(Date.UTC(year, month - 1, day)),
    monthStart: (ms) => {
      const local = new Date(wall(Math.floor(ms / QUARTER_MS) * QUARTER_MS));
      return firstAt(Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), 1));
    },
    *parts(grain, from, to) {
      // The first may begin anywhere: nothing is known about where it ends.
      for (let start = from, atLeast = QUARTER_MS; start < to; atLeast = SHORTEST_MS[grain]) {
        const end = next(grain, start, atLeast, to);
        yield { start, end };
        start = end;
      }
    },
  };
};

/** Offsets are looked up every so often: none changes twice in between. */
const BLOCK_MS = 6 * HOUR_MS;

/** Remembers offsets, since looking one up takes some ten microseconds. @param lookUp of a time at a full minute */
const offsetsOf = (lookUp: (ms: number) => number): ((ms: number) => number) => {
  const known = new Map<number, number>();
  const at = (block: number): number => {
    const found = known.get(block) ?? lookUp(block * BLOCK_MS);
    known.set(block, found);
    return found;
  };
  return (ms) => {
    const block = Math.floor(ms / BLOCK_MS);
    const offset = at(block);
    return offset === at(block + 1) ? offset : lookUp(ms);
  };
};
