import { statfs } from 'node:fs/promises';
import { sql } from 'kysely';
import { alarmsOf } from './log-alarms.ts';
import type { Platform } from './platform.ts';

/** Why a node takes no calls (`stopping`, `cannot-record`, `database`), or does not do all that it should. Stable names. */
export const impairments = {
  stopping: 'it finishes what is under way and ends',
  'cannot-record': 'no receipt can be written: the disk or the signing process is away',
  database: 'the database does not answer',
  'disk-space': 'the disk of the data folder is nearly full',
  overload: 'nine of ten calls that may be in flight are',
  'log-alarm': 'a log was seen with two histories',
  'traces-dropped': 'the collector of traces does not take them',
} as const;
export type Impairment = keyof typeof impairments;

export interface Health {
  /** `degraded`: it takes calls, and something is wrong. `unready`: send them elsewhere. */
  status: 'ready' | 'degraded' | 'unready';
  reasons: readonly Impairment[];
}

const closed: ReadonlySet<Impairment> = new Set(['stopping', 'cannot-record', 'database']);
const DATABASE_MS = 2_000;
/** Of the disk: the share and the bytes that should be free. */
const [FREE_SHARE, FREE_BYTES] = [0.05, 512 * 2 ** 20];
const CROWDED = 0.9;
const DROPPED_FOR_MS = 60_000;

/** Looks at what a node needs and does. Cheap enough for a probe each second. */
export class HealthWatch {
  readonly #platform: Platform;
  #dropped = { count: 0, at: Number.NEGATIVE_INFINITY };

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  async look(): Promise<Health> {
    const { load, recorder, tracer, scratch } = this.#platform;
    const [alarms, disk] = await Promise.all([this.#alarms(), statfs(scratch).catch(() => undefined)]);
    const { dropped = 0 } = tracer.counts ?? {};
    if (dropped > this.#dropped.count) this.#dropped = { count: dropped, at: performance.now() };
    const free = disk && { bytes: disk.bavail * disk.bsize, share: disk.bavail / disk.blocks };
    const found: Readonly<Record<Impairment, boolean>> = {
      stopping: load.draining,
      'cannot-record': recorder.refusal !== undefined,
      database: alarms === undefined,
      'disk-space': free !== undefined && (free.share < FREE_SHARE || free.bytes < FREE_BYTES),
      overload: load.inFlight >= CROWDED * load.limit,
      'log-alarm': (alarms ?? 0) > 0,
      'traces-dropped': performance.now() - this.#dropped.at < DROPPED_FOR_MS,
    };
    const reasons = (Object.keys(impairments) as Impairment[]).filter((one) => found[one]);
    const status = reasons.some((one) => closed.has(one)) ? 'unready' : reasons.length > 0 ? 'degraded' : 'ready';
    return { status, reasons };
  }

  /** How often a log was seen with two histories; undefined where the database does not say in time. */
  async #alarms(): Promise<number | undefined> {
    const late = new Promise<undefined>((resolve) => {
      setTimeout(resolve, DATABASE_MS, undefined).unref();
    });
    const asked = async (): Promise<number> => {
      await sql`select 1`.execute(this.#platform.store.db);
      return (await alarmsOf(this.#platform)).length;
    };
    return Promise.race([asked().catch(() => undefined), late]);
  }
}
