import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LATEST } from '#src/core/alias.ts';
import { isRunName } from '#src/core/run-name.ts';
import type { Manifest } from '#src/core/service.ts';
import { identify } from '../admit.ts';
import { permit } from '../permit.ts';
import type { Platform } from '../platform.ts';
import { sumAll } from '../usage/sum-all.ts';
import { sumUsage } from '../usage/usage-query.ts';
import { addSlots, EMPTY, PROMISE, quantileBound, type Slot, tallyOf } from './objective.ts';
import { QUARTER } from './slo-tallies.ts';

/** A promise of the vision, as it is kept. `kept`: null where there is nothing to go by. */
export interface Kept<T> {
  kept: boolean | null;
  value: T;
}

/** The four promises for one service: what its calls of the last day were like, what it takes up, how long it took to deploy. */
export interface ServicePromises {
  service: string;
  /** 99% of calls within 100 ms. `p99Ms`: the least bound that 99% kept, null beyond a minute. */
  response: Kept<{ calls: number; within: number | null; p99Ms: number | null }>;
  /** Bytes of its source and its dependencies: at most 10 MB on average over all services. */
  size: Kept<{ source: number; dependencies: number }>;
  /** Watts that its calls draw while they run, beyond the idle machine: less than 100. */
  power: Kept<{ watts: number | null }>;
  /** Milliseconds from its source's coming to its being there: less than 5 minutes. */
  deployment: Kept<{ ms: number | null }>;
}

export interface Promises {
  services: ServicePromises[];
  /** Mean of all services, bytes. */
  meanSize: Kept<{ bytes: number | null }>;
  /** Mean of the whole machine since the node started, watts, and how that is known. */
  machine: Kept<{ watts: number | null; grade: string; uncertainty: string; source: string }>;
}

const SIZE = 10e6;
const WATTS = 100;
const DEPLOY_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
const AT_LEAST_MS = 1_000;

const sizes = new Map<string, Promise<number>>();

/** Bytes of all files below a folder that never changes. */
const sizeOf = (folder: string): Promise<number> => {
  let size = sizes.get(folder);
  if (size === undefined) {
    size = measure(folder).catch((error: NodeJS.ErrnoException) => {
      sizes.delete(folder);
      if (error.code === 'ENOENT') return 0; // another node has it
      throw error;
    });
    sizes.set(folder, size);
  }
  return size;
};

const measure = async (folder: string): Promise<number> => {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) bytes += (await lstat(join(entry.parentPath, entry.name))).size;
  return bytes;
};

/** The promises of the vision for each service of the account. @throws CrankError `forbidden` */
export const readPromises = async (platform: Platform, authorization: string | undefined): Promise<Promises> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.read', { type: 'service', account });
  const { db } = platform.store;
  const versions = await db
    .selectFrom('aliases')
    .innerJoin('versions', (join) =>
      join
        .onRef('versions.account', '=', 'aliases.account')
        .onRef('versions.service', '=', 'aliases.service')
        .onRef('versions.digest', '=', 'aliases.digest'),
    )
    .select(['versions.service', 'versions.digest', 'versions.manifest', 'versions.size_bytes', 'versions.deploy_ms'])
    .where('aliases.account', '=', account)
    .where('aliases.alias', '=', LATEST)
    .orderBy('versions.service')
    .execute();
  await platform.slos.written();
  await sumAll(platform.store);
  const since = Date.now() - DAY_MS;
  const slots = await slotsOf(platform, account, since);
  const drawn = await drawnBy(platform, account, since);
  const services: ServicePromises[] = [];
  for (const row of versions) {
    if (isRunName(row.service)) continue;
    const manifest = JSON.parse(row.manifest) as Manifest;
    const { codeDir, libDirs } = platform.packaging.locate({ ...manifest, digest: row.digest });
    const dependencies = (await Promise.all(libDirs.map(sizeOf))).reduce((sum, bytes) => sum + bytes, 0);
    const source = row.size_bytes === null ? await sizeOf(codeDir) : Number(row.size_bytes);
    const watts = drawn.get(row.service) ?? null;
    const ms = row.deploy_ms === null ? null : Number(row.deploy_ms);
    services.push({
      service: row.service,
      response: responseOf(slots.get(row.service) ?? EMPTY),
      size: { kept: source + dependencies < SIZE, value: { source, dependencies } },
      power: { kept: watts === null ? null : watts < WATTS, value: { watts } },
      deployment: { kept: ms === null ? null : ms < DEPLOY_MS, value: { ms } },
    });
  }
  return { services, meanSize: meanSizeOf(services), machine: machineOf(platform) };
};

const responseOf = (slot: Slot): ServicePromises['response'] => {
  const { valid, bad } = tallyOf(slot, PROMISE);
  const within = valid === 0 ? null : (valid - bad) / valid;
  const bound = quantileBound(slot, PROMISE.target);
  const p99Ms = bound === undefined || bound === Number.POSITIVE_INFINITY ? null : bound * 1e3;
  return { kept: within === null ? null : within >= PROMISE.target, value: { calls: valid, within, p99Ms } };
};

const meanSizeOf = (services: readonly ServicePromises[]): Promises['meanSize'] => {
  if (services.length === 0) return { kept: null, value: { bytes: null } };
  const all = services.reduce((sum, { size: { value } }) => sum + value.source + value.dependencies, 0);
  const bytes = Math.round(all / services.length);
  return { kept: bytes < SIZE, value: { bytes } };
};

const machineOf = ({ energy }: Platform): Promises['machine'] => {
  const seconds = process.uptime();
  const watts = seconds * 1e3 < AT_LEAST_MS ? null : Number((energy.totals.measured / seconds).toPrecision(3));
  return { kept: watts === null ? null : watts < WATTS, value: { watts, ...energy.origin } };
};

/** What calls of a day were like, by service, over all nodes. */
const slotsOf = async ({ store: { db } }: Platform, account: string, since: number): Promise<Map<string, Slot>> => {
  const rows = await db
    .selectFrom('slo_quarters')
    .select(['service', 'slot'])
    .where('account', '=', account)
    .where('quarter', '>=', Math.floor(since / QUARTER))
    .execute();
  const slots = new Map<string, Slot>();
  for (const { service, slot } of rows)
    slots.set(service, addSlots(slots.get(service) ?? EMPTY, JSON.parse(slot) as number[]));
  return slots;
};

/** Services of an account. */
const MOST = 100_000;

/** Watts while calls run, by service: their energy by their wall time. */
const drawnBy = async ({ store: { db } }: Platform, account: string, since: number): Promise<Map<string, number>> => {
  const start = Math.floor(since / QUARTER) * QUARTER;
  const end = (Math.floor(Date.now() / QUARTER) + 1) * QUARTER;
  const sums = await sumUsage(db, { owner: account }, ['service'], { start, end, limit: MOST });
  return new Map(
    sums
      .filter(({ amounts }) => amounts.wall_ns > 0n)
      .map(({ key, amounts }) => [
        key[0]!,
        Number((Number(amounts.nanojoules) / Number(amounts.wall_ns)).toPrecision(3)),
      ]),
  );
};
