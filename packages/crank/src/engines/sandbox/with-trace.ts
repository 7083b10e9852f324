import { formatTraceParent, type TraceContext } from '#src/core/trace-context.ts';

/** Adds the trace that a call is part of, as environment variables, to what the sandbox is told of its files (`frames.py`). */
export const withTrace = (listing: string, trace: TraceContext | undefined): string => {
  if (trace === undefined) return listing;
  const { state } = trace;
  const variables = { TRACEPARENT: formatTraceParent(trace), ...(state !== undefined && { TRACESTATE: state }) };
  const member = `"trace":${JSON.stringify(variables)}`;
  return listing === '' ? `{${member}}` : `${listing.slice(0, -1)},${member}}`;
};
