import type { CallState } from './call-state.ts';
import type { Platform } from './platform.ts';

/** Calls that get a line in the node's log. */
export const callLogs = ['none', 'failed', 'all'] as const;
export type CallLog = (typeof callLogs)[number];

/** A line of JSON about a call that has ended: names, times and outcome, never what went in or came out. */
export const logCall = (
  { callLog, log }: Pick<Platform, 'callLog' | 'log'>,
  state: CallState,
  outcome: string,
): void => {
  if (callLog === 'none' || (callLog === 'failed' && outcome === 'ok')) return;
  const { id, target, operation, trace, usage, within } = state;
  log[outcome === 'ok' ? 'info' : 'warn'](
    {
      call: id,
      account: target.account,
      service: target.service,
      operation: operation.name,
      version: target.digest,
      outcome,
      ms: Math.round((performance.now() - state.began) * 1e3) / 1e3,
      cpuMs: Math.round(usage.cpuNs / 1e3) / 1e3,
      steps: Object.fromEntries(state.timing.map(([step, ms]) => [step, Math.round(ms * 1e3) / 1e3])),
      ...(trace && { trace: trace.own.traceId, span: trace.own.spanId }),
      ...(within && { parent: within.parent }),
    },
    'call',
  );
};
