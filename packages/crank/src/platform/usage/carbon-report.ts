import { availableParallelism } from 'node:os';
import { type Sci, sciOf } from '#src/engines/metering/sci.ts';
import { QUARTER_MS } from '#src/store/sum-usage.ts';
import { identify } from '../admit.ts';
import { permit } from '../permit.ts';
import type { Platform } from '../platform.ts';
import { sumAll } from './sum-all.ts';
import { periodOf } from './usage-period.ts';

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
  const rows = await platform.store.db
    .selectFrom('usage_slots')
    .innerJoin('usage_dims', 'usage_dims.id', 'usage_slots.dim')
    .select(({ fn }) => [
      'usage_dims.service',
      fn.sum<number>('calls').as('calls'),
      fn.sum<number>('cpu_ns').as('cpu_ns'),
      fn.sum<number>('byte_seconds').as('byte_seconds'),
      fn.sum<number>('egress_bytes').as('egress_bytes'),
      fn.sum<number>('nanojoules').as('nanojoules'),
      fn.sum<number>('picograms').as('picograms'),
    ])
    .where('usage_dims.service_account', '=', account)
    .where('usage_slots.quarter', '>=', from / QUARTER_MS)
    .where('usage_slots.quarter', '<', to / QUARTER_MS)
    .groupBy('usage_dims.service')
    .orderBy('usage_dims.service')
    .execute();
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
    services: rows.map((row) => {
      const calls = Number(row.calls);
      const input = {
        calls,
        joules: Number(row.nanojoules) / 1e9,
        grams: Number(row.picograms) / 1e12,
        cpuSeconds: Number(row.cpu_ns) / 1e9,
        byteSeconds: Number(row.byte_seconds),
        egressBytes: Number(row.egress_bytes),
      };
      return { service: row.service, calls, ...sciOf(input, machine, grid) };
    }),
  };
};
