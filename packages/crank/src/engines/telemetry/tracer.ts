import { randomBytes } from 'node:crypto';
import { isSampled, type TraceContext } from '#src/core/trace-context.ts';
import type { Sampler } from './sampler.ts';
import type { Span } from './span.ts';
import type { SpanCounts, SpanExporter } from './span-exporter.ts';

/** Port: traces of calls. */
export interface Tracer {
  /** The context that a call has of its own. @param parent what came with it @returns undefined where there is nothing to trace */
  begin(parent: TraceContext | undefined): TraceContext | undefined;
  /** Whether spans of this trace are wanted. */
  wants(context: TraceContext | undefined): context is TraceContext;
  newSpanId(): string;
  record(spans: readonly Span[]): void;
  readonly counts: SpanCounts | undefined;
  close(): Promise<void>;
}

const CLOSE_MS = 3_000;
const POOL_BYTES = 4_096;
const TRACE_BYTES = 16;
const SPAN_BYTES = 8;

/** Records nothing: what a caller said goes on unchanged, as from one who takes no part (W3C Trace Context, section 4.1). */
export const noTracer: Tracer = {
  begin: (parent) => parent,
  wants: (_context): _context is TraceContext => false,
  newSpanId: () => '',
  record: () => undefined,
  counts: undefined,
  close: async () => undefined,
};

/** Records what the sampler picks, and gives it to the exporter. */
export const createTracer = (sample: Sampler, exporter: SpanExporter): Tracer => {
  let pool = Buffer.alloc(0);
  let at = 0;
  const random = (bytes: number): string => {
    for (;;) {
      if (at + bytes > pool.length) {
        pool = randomBytes(POOL_BYTES);
        at = 0;
      }
      const id = pool.toString('hex', at, at + bytes);
      at += bytes;
      if (!/^0+$/.test(id)) return id; // which would be no id
    }
  };
  return {
    begin: (parent) => {
      const traceId = parent?.traceId ?? random(TRACE_BYTES);
      const sampled = sample(traceId, parent) ? 1 : 0;
      // Ids of ours are random, which those further on may rely on (Level 2, section 3.2.2.5).
      const flags = (parent === undefined ? 2 : parent.flags & 2) | sampled;
      return { traceId, spanId: random(SPAN_BYTES), flags, ...(parent?.state && { state: parent.state }) };
    },
    wants: (context): context is TraceContext => context !== undefined && isSampled(context),
    newSpanId: () => random(SPAN_BYTES),
    record: (spans) => exporter.add(spans),
    get counts() {
      return exporter.counts;
    },
    close: () => exporter.close(CLOSE_MS),
  };
};
