import type { Histogram } from '#src/core/histogram.ts';
import type { EnergyOrigin } from '#src/engines/metering/energy.ts';
import type { EnergyTotals } from '#src/engines/metering/energy-account.ts';
import type { SpanCounts } from '#src/engines/telemetry/span-exporter.ts';
import { identify } from './admit.ts';
import { type BudgetState, budgetStates } from './budgets/budget-states.ts';
import type { ServiceCounts } from './call-counts.ts';
import { maySee } from './calls.ts';
import type { Health } from './health.ts';
import { alarmsOf } from './log-alarms.ts';
import type { Platform } from './platform.ts';
import type { SloState } from './slo/slo-watch.ts';
import { cosignedNote } from './witnesses.ts';

export interface Metrics {
  version: string;
  health: Health;
  /** Calls in flight, and how many there may be. */
  inFlight: number;
  limit: number;
  /** Jobs of this node that wait, and that run. */
  jobs: { waiting: number; running: number };
  /** Sandboxes that stand, and calls that run in them or wait for them. */
  sandboxes: { standing: number; calls: number };
  /** Entries that wait for the recorder. */
  recording: number;
  /** Entries in the node's log. */
  logSize: number;
  /** Of them those under the newest head that witnesses cosigned. */
  cosigned: number;
  /** Logs that were seen with two histories, this one or others. */
  alarms: number;
  /** What the machine drew since the start, joules, and how that is known. */
  energy: { origin: EnergyOrigin; totals: EnergyTotals };
  /** Of all calls, told apart by nothing that is anybody's. */
  seconds: Histogram;
  steps: ReadonlyMap<string, Histogram>;
  /** Where calls are traced. */
  spans: SpanCounts | undefined;
  /** Of the caller's account; undefined for strangers and for those who may not see all of its calls. */
  own:
    | {
        account: string;
        services: readonly ServiceCounts[];
        budgets: readonly BudgetState[];
        slos: readonly SloState[];
      }
    | undefined;
}

/** Figures of this node, as far as the credentials go. @throws CrankError `unauthenticated` for bad ones; none are fine */
export const readMetrics = async (platform: Platform, authorization: string | undefined): Promise<Metrics> => {
  const { load, logFiles, counts } = platform;
  const cosigned = (await cosignedNote(platform, platform.node))?.size ?? 0;
  const alarms = (await alarmsOf(platform)).length;
  const open: Metrics = {
    version: platform.version,
    health: await platform.health.look(),
    inFlight: load.inFlight,
    limit: load.limit,
    jobs: platform.jobs.load,
    sandboxes: platform.sandbox.load,
    recording: platform.recorder.waiting,
    logSize: logFiles.size,
    cosigned,
    alarms,
    energy: { origin: platform.energy.origin, totals: platform.energy.totals },
    seconds: counts.seconds,
    steps: counts.steps,
    spans: platform.tracer.counts,
    own: undefined,
  };
  if (authorization === undefined) return open;
  const principal = await identify(platform, authorization);
  const { account } = principal;
  if (!(await maySee(platform, principal, { account, principal: '' }, 'call.read'))) return open;
  return {
    ...open,
    own: {
      account,
      services: counts.of(account),
      budgets: await budgetStates(platform, account),
      slos: platform.slos.states(account),
    },
  };
};
