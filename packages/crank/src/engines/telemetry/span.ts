/** A stretch of a trace that has ended (OpenTelemetry's data model of spans). */
export interface Span {
  traceId: string;
  spanId: string;
  /** Absent for the first of a trace. */
  parentSpanId?: string;
  /** `tracestate` of the trace. */
  state?: string;
  name: string;
  kind: 'internal' | 'server' | 'consumer';
  /** Milliseconds since 1970, with fractions. */
  start: number;
  end: number;
  attributes: Attributes;
  /** What went wrong; absent where nothing did. */
  error?: string;
  /** Other spans that it has to do with. */
  links?: readonly { traceId: string; spanId: string }[];
}

export type Attributes = Readonly<Record<string, string | number | boolean>>;
