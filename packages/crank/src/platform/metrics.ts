import type { EnergyOrigin } from '#src/engines/metering/energy.ts';
import type { EnergyTotals } from '#src/engines/metering/energy-account.ts';
import { identify } from './admit.ts';
import type { CallCount } from './call-counts.ts';
import { maySee } from './calls.ts';
import { alarmsOf } from './log-alarms.ts';
import type { Platform } from './platform.ts';
import { cosignedNote } from './witnesses.ts';

export interface Metrics {
  /** Calls in flight, and how many there may be. */
  inFlight: number;
  limit: number;
  /** Jobs of this node that wait, and that run. */
  jobs: { waiting: number; running: number };
  /** Entries in the node's log. */
  logSize: number;
  /** Of them those under the newest head that witnesses cosigned. */
  cosigned: number;
  /** Logs that were seen with two histories, this one or others. */
  alarms: number;
  /** What the machine drew since the start, joules, and how that is known. */
  energy: { origin: EnergyOrigin; totals: EnergyTotals };
  /** Of the caller's account; empty for strangers and for those who may not see all of its calls. */
  calls: { account: string; counts: CallCount[] } | undefined;
}

/** Figures of this node, as far as the credentials go. @throws CrankError `unauthenticated` for bad ones; none are fine */
export const readMetrics = async (platform: Platform, authorization: string | undefined): Promise<Metrics> => {
  const { load, logFiles } = platform;
  const cosigned = (await cosignedNote(platform, platform.node))?.size ?? 0;
  const alarms = (await alarmsOf(platform)).length;
  const open = {
    inFlight: load.inFlight,
    limit: load.limit,
    jobs: platform.jobs.load,
    logSize: logFiles.size,
    cosigned,
    alarms,
    energy: { origin: platform.energy.origin, totals: platform.energy.totals },
    calls: undefined,
  };
  if (authorization === undefined) return open;
  const principal = await identify(platform, authorization);
  const { account } = principal;
  if (!(await maySee(platform, principal, { account, principal: '' }, 'call.read'))) return open;
  return { ...open, calls: { account, counts: platform.counts.of(account) } };
};
