import type { QuotaLeft } from '#src/core/quota.ts';
import { formatTraceParent, type TraceContext } from '#src/core/trace-context.ts';
import type { CallAnswer } from '#src/platform/call-answer.ts';
import { quotaHeaders } from './quota-headers.ts';

/** Headers that name a call: its id, receipt and version; and what is left to whoever made it. */
export const callHeaders = ({
  id,
  version,
  quotas,
  trace,
}: {
  id: string;
  version: string;
  quotas?: readonly QuotaLeft[];
  trace?: TraceContext;
}): Record<string, string> => ({
  ...quotaHeaders(quotas),
  'crank-call': id,
  'crank-receipt': `/v1/receipts/${id}`,
  'crank-version': version,
  // Where in the trace it was (W3C Trace Context Level 3, "traceresponse").
  ...(trace && { traceresponse: formatTraceParent(trace) }),
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
});

/** One entry per step (W3C Server Timing), milliseconds. */
export const serverTiming = (timing: CallAnswer['timing']): string => {
  let text = '';
  for (const [step, ms] of timing) text += `${text === '' ? '' : ', '}${step};dur=${ms.toFixed(2)}`;
  return text;
};
