import type { ErrorCode } from '#src/core/error.ts';
import { firstIdAt } from '#src/core/id.ts';
import type { Platform } from './platform.ts';

/** How calls end that the version itself is to blame for. */
const FAILED: ReadonlySet<string> = new Set<ErrorCode>([
  'script-error',
  'out-of-memory',
  'crashed',
  'output-too-large',
  'invalid-output',
  'timeout',
]);
/** The account's calls that are looked through: the newest. Bounds what a look costs, however much is called. */
const MOST = 20_000;

/** What recorded calls say of a version since some time. */
export interface Figures {
  version: string;
  calls: number;
  /** Ended as the version's own fault: an exception, out of memory or time, an output that is none. */
  failures: number;
  /** Ended otherwise than well: also input that its schema does not admit, refusals, cancelled calls. */
  others: number;
  failureRate: number | null;
  /** Of the calls that went well, in the sandbox; milliseconds. */
  p50Ms: number | null;
  p95Ms: number | null;
}

/**
 * Figures of some versions of a service.
 *
 * @param since milliseconds
 */
export const figuresOf = async <const T extends readonly string[]>(
  { store: { db } }: Pick<Platform, 'store'>,
  at: { account: string; service: string },
  versions: T,
  since: number,
): Promise<{ [K in keyof T]: Figures }> => {
  const newest = db
    .selectFrom('calls')
    .select(['id', 'service', 'version', 'outcome'])
    .where('account', '=', at.account)
    .where('id', '>=', firstIdAt('call', since))
    .orderBy('id', 'desc')
    .limit(MOST);
  const rows = await db
    .selectFrom(newest.as('newest'))
    .innerJoin('usage', 'usage.call', 'newest.id')
    .select(['newest.version', 'newest.outcome', 'usage.wall_ns'])
    .where('newest.service', '=', at.service)
    .where('newest.version', 'in', [...versions])
    .execute();
  return versions.map((version) =>
    figures(
      version,
      rows.filter((row) => row.version === version),
    ),
  ) as { [K in keyof T]: Figures };
};

const figures = (version: string, rows: readonly { outcome: string; wall_ns: number }[]): Figures => {
  const well = rows.filter(({ outcome }) => outcome === 'ok');
  const failures = rows.filter(({ outcome }) => FAILED.has(outcome)).length;
  const times = well.map(({ wall_ns }) => Number(wall_ns)).sort((a, b) => a - b);
  const ms = (share: number): number | null =>
    times.length === 0 ? null : Math.round(times[Math.ceil(share * times.length) - 1]! / 1e4) / 100;
  return {
    version,
    calls: rows.length,
    failures,
    others: rows.length - failures - well.length,
    failureRate: rows.length === 0 ? null : failures / rows.length,
    p50Ms: ms(0.5),
    p95Ms: ms(0.95),
  };
};
