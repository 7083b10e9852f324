import type { TraceContext } from '#src/core/trace-context.ts';
import type { Span } from '#src/engines/telemetry/span.ts';
import type { Tracer } from '#src/engines/telemetry/tracer.ts';
import type { CallRequest } from './call.ts';
import type { CallState } from './call-state.ts';

/** A call's place in a trace. */
export interface CallTrace {
  /** What came with it. */
  parent: TraceContext | undefined;
  /** Its own. */
  own: TraceContext;
  /** What its code, and the calls that it asks for, happen in: the span of its execution where that is recorded. */
  inside: TraceContext;
  /** Whether it is recorded. */
  recorded: boolean;
}

/** Begins a call's trace, or goes on with the caller's; undefined where there is neither. */
export const beginTrace = (tracer: Tracer, parent: TraceContext | undefined): CallTrace | undefined => {
  const own = tracer.begin(parent);
  if (own === undefined) return undefined;
  const recorded = tracer.wants(own);
  return { parent, own, recorded, inside: recorded ? { ...own, spanId: tracer.newSpanId() } : own };
};

/** Records the span of a call that has ended, and those of its steps. @param failed where it left no receipt: why */
export const recordTrace = (tracer: Tracer, state: CallState, request: CallRequest, failed?: unknown): void => {
  const { trace } = state;
  if (trace === undefined || !trace.recorded) return;
  const { own, parent, inside } = trace;
  const { traceId, state: traceState } = own;
  const shared = { traceId, ...(traceState && { state: traceState }) };
  const { timing, began } = state;
  // One reading of each clock a call: the steps keep their distances whatever the wall clock does meanwhile.
  const zero = state.epoch - began;
  const error = errorOf(state, failed);
  const spans: Span[] = [
    {
      ...shared,
      spanId: own.spanId,
      ...(parent && { parentSpanId: parent.spanId }),
      name: `${state.target.service}.${state.operation.name}`,
      kind: kindOf(request),
      start: zero + began,
      end: zero + performance.now(),
      attributes: attributesOf(state, error),
      ...(error !== undefined && { error }),
    },
  ];
  for (const [step, ms, start] of timing) {
    if (start === undefined) continue;
    spans.push({
      ...shared,
      spanId: step === 'execute' ? inside.spanId : tracer.newSpanId(),
      parentSpanId: own.spanId,
      name: step,
      kind: 'internal',
      start: zero + start,
      end: zero + start + ms,
      attributes: step === 'execute' ? executionOf(state) : {},
    });
  }
  tracer.record(spans);
};

const kindOf = ({ within, job, as }: CallRequest): Span['kind'] =>
  within !== undefined ? 'internal' : job !== undefined || as !== undefined ? 'consumer' : 'server';

const errorOf = ({ answer }: CallState, failed: unknown): string | undefined => {
  const code = answer.type === 'error' || answer.type === 'stream' ? answer.error?.code : undefined;
  return code ?? (failed === undefined ? undefined : ((failed as { code?: string }).code ?? 'internal'));
};

/** Names of our own begin with `crank.`; `error.type` and `service.*` of the resource are OpenTelemetry's. No arguments, no results, nothing that printed. */
const attributesOf = (state: CallState, error: string | undefined): Span['attributes'] => ({
  'crank.call': state.id,
  'crank.account': state.target.account,
  'crank.service': state.target.service,
  'crank.operation': state.operation.name,
  'crank.version': state.target.digest,
  'crank.principal.kind': state.principal.kind,
  'crank.outcome': error ?? 'ok',
  ...(error !== undefined && { 'error.type': error }),
  ...(state.within && { 'crank.parent_call': state.within.parent }),
});

const executionOf = ({ usage, target, executed }: CallState): Span['attributes'] =>
  executed
    ? {
        'crank.isolation': target.manifest.isolation,
        'crank.cpu_ns': usage.cpuNs,
        'crank.cpu_source': usage.cpuSource,
        'crank.wall_ns': Math.round(usage.wallNs),
        'crank.peak_memory_bytes': usage.peakMemoryBytes,
      }
    : {};
