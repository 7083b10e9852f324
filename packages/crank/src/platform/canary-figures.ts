import type { ErrorCode } from '#src/core/error.ts';
import type { Platform } from './platform.ts';

/** How calls end that the version itself is to blame for. */
const FAILED: readonly ErrorCode[] = [
  'script-error',
  'out-of-memory',
  'crashed',
  'output-too-large',
  'invalid-output',
  'timeout',
];
/** Calls whose time is looked at: the newest. */
const TIMED = 5_000;

/** What recorded calls say of a version since some time. */
export interface Figures {
  version: string;
  calls: number;
  /** Ended as the version's own fault: an exception, out of memory or time, an output that is none. */
  failures: number;
  /** Ended otherwise than well: also input that its schema does not admit, refusals, cancelled calls. */
  others: number;
  failureRate: number | null;
  /** Of the calls that it answered, in the sandbox; milliseconds; the newest 5,000. */
  p50Ms: number | null;
  p95Ms: number | null;
}

/** Ids sort by time: the smallest one of a millisecond. */
const firstIdAt = (ms: number): string => {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  let id = 'call_';
  for (let shift = 45; shift >= 0; shift -= 5) id += alphabet[Math.floor(ms / 2 ** shift) % 32];
  return id;
};

/** @param since milliseconds */
export const figuresOf = async (
  { store: { db } }: Pick<Platform, 'store'>,
  at: { account: string; service: string },
  version: string,
  since: number,
): Promise<Figures> => {
  const calls = db
    .selectFrom('calls')
    .where('calls.account', '=', at.account)
    .where('calls.id', '>=', firstIdAt(since))
    .where('calls.service', '=', at.service)
    .where('calls.version', '=', version);
  const counts = await calls
    .select(({ fn }) => ['outcome', fn.countAll().as('n')])
    .groupBy('outcome')
    .execute();
  const sum = (matches: (outcome: string) => boolean): number =>
    counts.filter(({ outcome }) => matches(outcome)).reduce((all, { n }) => all + Number(n), 0);
  const total = sum(() => true);
  const failures = sum((outcome) => (FAILED as readonly string[]).includes(outcome));
  const times = await calls
    .innerJoin('usage', 'usage.call', 'calls.id')
    .select('usage.wall_ns')
    .where('outcome', '=', 'ok')
    .orderBy('calls.id', 'desc')
    .limit(TIMED)
    .execute();
  const sorted = times.map(({ wall_ns }) => Number(wall_ns)).sort((a, b) => a - b);
  const ms = (share: number): number | null =>
    sorted.length === 0 ? null : Math.round(sorted[Math.ceil(share * sorted.length) - 1]! / 1e4) / 100;
  return {
    version,
    calls: total,
    failures,
    others: total - failures - sum((outcome) => outcome === 'ok'),
    failureRate: total === 0 ? null : failures / total,
    p50Ms: ms(0.5),
    p95Ms: ms(0.95),
  };
};
