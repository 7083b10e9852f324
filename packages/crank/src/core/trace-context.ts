/** Where in a trace something happens (W3C Trace Context): ids in lower case hexadecimal. */
export interface TraceContext {
  /** 32 digits. */
  traceId: string;
  /** Of the span that what comes next happens in, 16 digits. */
  spanId: string;
  /** Bit 0: sampled. Bit 1: the trace's id is random. */
  flags: number;
  /** `tracestate`, which is passed on as it came. */
  state?: string;
}

// version "-" trace-id "-" parent-id "-" trace-flags, and in later versions perhaps more (section 3.2.2).
const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NOTHING = /^0+$/;
const KNOWN_FLAGS = 3;
/** Characters of `tracestate` that are passed on at least (section 3.3.1.5); what is longer is not. */
const STATE_LENGTH = 512;

/**
 * Reads the headers `traceparent` and `tracestate` (W3C Trace Context, sections 3.2 and 3.3). What is malformed is no
 * error: the trace begins anew, as section 4.3 wants it.
 */
export const parseTraceContext = (parent: string | undefined, state?: string): TraceContext | undefined => {
  const match = parent === undefined ? null : PARENT.exec(parent);
  if (match === null) return undefined;
  const [, version, traceId, spanId, flags, more] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string?,
  ];
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (NOTHING.test(traceId) || NOTHING.test(spanId)) return undefined;
  const passedOn = state !== undefined && state.length <= STATE_LENGTH && /^[\x20-\x7e\t]+$/.test(state);
  return { traceId, spanId, flags: Number.parseInt(flags, 16) & KNOWN_FLAGS, ...(passedOn && { state }) };
};

/** The header `traceparent`, version 00. */
export const formatTraceParent = ({ traceId, spanId, flags }: TraceContext): string =>
  `00-${traceId}-${spanId}-0${flags}`;

export const isSampled = ({ flags }: TraceContext): boolean => (flags & 1) === 1;
