import type { JsonObject } from '#src/core/service.ts';
import { chargeKinds, dimensions, grains, sides } from '#src/platform/usage/usage.ts';
import { count, list, object, orNull, ref, text, time } from './schema-parts.ts';

const used = {
  calls: count,
  cpuSeconds: text,
  wallSeconds: text,
  memoryGbSeconds: { ...text, description: 'Peak memory, held for the wall time; 1 GB is 10^9 bytes.' },
  egressBytes: count,
  joules: text,
  gramsCo2e: text,
  inputBytes: { ...count, description: 'Of calls that a service charged by them, as what follows.' },
  outputBytes: count,
  pages: count,
  tokens: count,
  charges: {
    ...object(Object.fromEntries(chargeKinds.map((kind) => [kind, text]))),
    description: 'Dollars by kind of charge.',
  },
  usd: text,
} as const;

/** Of what was used; amounts are decimal text. */
export const usageSchemas: Readonly<Record<string, JsonObject>> = {
  UsedAmounts: object(used),
  UsageReport: object({
    from: time,
    to: time,
    zone: text,
    side: { ...text, enum: [...sides] },
    by: list({ ...text, enum: [...dimensions] }),
    grain: { enum: [...grains, null] },
    usage: list(
      object({
        start: time,
        end: time,
        key: { type: 'object', additionalProperties: text, description: 'By what it is told apart by.' },
        ...used,
      }),
    ),
    total: {
      anyOf: [ref('UsedAmounts'), { type: 'null' }],
      description: 'Of the whole period, on the first page.',
    },
    cursor: { ...orNull(text), description: 'For the next page.' },
  }),
};
