import type { Bill } from '#src/engines/metering/meter.ts';
import type { CallRequest } from './call.ts';
import { logCall } from './call-log.ts';
import type { CallState } from './call-state.ts';
import type { Platform } from './platform.ts';

/** Counts a call that was committed, and writes its line where calls get one. */
export const noteEnd = (
  platform: Platform,
  state: CallState,
  request: CallRequest,
  { bill, outcome }: { bill: Bill; outcome: string },
): void => {
  const { target, usage, timing, trace } = state;
  const ended = {
    account: target.account,
    service: target.service,
    outcome,
    // Of a job nobody waits for the answer, nor for a firing's.
    seconds: request.job === undefined ? (performance.now() - state.began) / 1e3 : undefined,
    cpuNs: usage.cpuNs,
    joules: bill.energy.joules,
    grams: bill.carbon.grams,
    timing,
    trace: trace?.recorded ? trace.own.traceId : undefined,
  };
  platform.counts.add(ended);
  platform.slos.note(ended);
  logCall(platform, state, outcome);
};
