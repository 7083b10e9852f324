import { availableParallelism } from 'node:os';
import { type Sci, sciOf } from '#src/engines/metering/sci.ts';
import { identify } from '../admit.ts';
import { permit } from '../permit.ts';
import type { Platform } from '../platform.ts';
import { sumAll } from './sum-all.ts';
import { periodOf } from './usage-period.ts';
import { sumUsage } from './usage-query.ts';

export interface CarbonReport {
  from: string;
  to: string;
  /** What the parts but `calls` are reckoned with: yearly average of the grid where the node stands. */
  grid: { gramsPerKwh: number; source: string };
  /** How the energy of calls is found on this node now; each receipt has its own. */
  energy: { grade: string; source: string; uncertainty: string };
  services: (Sci & { service: string; calls: number })[];
}

/** Below it the idle power of a node that measures is not known. */
const LEAST_SECONDS = 1;
/** Services of an account. */
const MOST = 100_000;

/**
 * Software Carbon Intensity of the services of the account, by this node's idle power, PUE and embodied carbon.
 *
 * @throws CrankError `forbidden`, `malformed-request`, `unavailable` as `sumAll`
 */
export const reportCarbon = async (
  platform: Platform,
  authorization: string | undefined,
  asked: { from?: string | undefined; to?: string | undefined; zone?: string | undefined },
): Promise<CarbonReport> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.read', { type: 'service', account });
  const { from, to } = periodOf(asked);
  await sumAll(platform.store);
  const period = { start: from, end: to, limit: MOST };
  const sums = await sumUsage(platform.store.db, { owner: account }, ['service'], period);
  const { energy, grid, surroundings } = platform;
  const seconds = process.uptime();
  const machine = {
    cpus: availableParallelism(),
    idleWatts: seconds < LEAST_SECONDS ? 0 : energy.totals.idle / seconds,
    measuresMemory: /\bdram\b/.test(energy.origin.source),
    ...surroundings,
  };
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    grid,
    energy: energy.origin,
    services: sums.map(({ key, amounts }) => {
      const calls = Number(amounts.calls);
      const input = {
        calls,
        joules: Number(amounts.nanojoules) / 1e9,
        grams: Number(amounts.picograms) / 1e12,
        cpuSeconds: Number(amounts.cpu_ns) / 1e9,
        byteSeconds: Number(amounts.byte_seconds),
        egressBytes: Number(amounts.egress_bytes),
      };
      return { service: key[0]!, calls, ...sciOf(input, machine, grid) };
    }),
  };
};
