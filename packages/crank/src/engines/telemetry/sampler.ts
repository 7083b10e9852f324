import { isSampled, type TraceContext } from '#src/core/trace-context.ts';

/** Whether a trace that begins or goes on here is recorded. @param parent where it came from, if it did */
export type Sampler = (traceId: string, parent: TraceContext | undefined) => boolean;

/** Names of OTEL_TRACES_SAMPLER that are known. */
export const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type SamplerName = (typeof samplers)[number];

/** The last 56 bits of a trace's id are random (W3C Trace Context Level 2, section 2.2.3.1). */
const RANDOM_DIGITS = 14;
const RANDOM_BITS = 56;

/**
 * A sampler by its name in OpenTelemetry's specification of environment variables. The ratio is that of consistent
 * probability sampling (OTEP 235): whoever samples at a higher ratio has all traces that one at a lower ratio has.
 *
 * @param ratio of traces, 0 to 1; only those of `traceidratio` ask
 */
export const samplerOf = (name: SamplerName, ratio: number): Sampler => {
  const below = BigInt(Math.round((1 - ratio) * 2 ** RANDOM_BITS));
  const byRatio: Sampler = (traceId) => BigInt(`0x${traceId.slice(-RANDOM_DIGITS)}`) >= below;
  const roots: Readonly<Record<string, Sampler>> = {
    always_on: () => true,
    always_off: () => false,
    traceidratio: byRatio,
  };
  const root = roots[name.replace('parentbased_', '')]!;
  if (!name.startsWith('parentbased_')) return root;
  return (traceId, parent) => (parent === undefined ? root(traceId, parent) : isSampled(parent));
};
