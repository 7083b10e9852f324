import type { JsonObject } from '#src/core/service.ts';
import { count, flag, list, object, orNull, share, text, time } from './schema-parts.ts';

const amount = { type: 'number', minimum: 0 } as const;
const kept = (value: JsonObject): JsonObject =>
  object({ kept: { ...orNull(flag), description: 'Null where there is nothing to go by.' }, value });

/** Of what is promised of services. */
export const sloSchemas: Readonly<Record<string, JsonObject>> = {
  Slo: object({
    service: text,
    objective: { ...text, description: '`latency`, `availability`, or `promise`: the platform’s own.' },
    target: { ...share, description: 'Of its calls.' },
    thresholdMs: { ...orNull(amount), description: 'Of latency: within which they are answered.' },
    webhook: orNull(text),
    burn: {
      type: 'object',
      additionalProperties: amount,
      description: 'By window: how many times faster than allowed the error budget goes, on the node that answers.',
    },
    alert: { ...orNull(text), description: '`page`, `ticket`, or null.' },
  }),
  ChangedSlo: object(
    {
      service: text,
      objective: text,
      receipt: text,
      secret: { ...text, description: 'Signs what its webhook gets; shown this once.' },
    },
    ['secret'],
  ),
  CarbonReport: object({
    from: time,
    to: time,
    grid: object({ gramsPerKwh: amount, source: text }),
    energy: object({ grade: text, source: text, uncertainty: text }),
    services: list(
      object(
        {
          service: text,
          calls: count,
          lines: list(
            object(
              {
                part: { ...text, enum: ['calls', 'memory', 'network', 'idle', 'pue', 'embodied'] },
                joules: amount,
                grams: amount,
                source: text,
              },
              ['joules'],
            ),
          ),
          grams: amount,
          perCall: { ...amount, description: 'Software Carbon Intensity (ISO/IEC 21031), grams for a call.' },
        },
        ['perCall'],
      ),
    ),
  }),
  Promises: object({
    services: list(
      object({
        service: text,
        response: kept(object({ calls: count, within: orNull(share), p99Ms: orNull(amount) })),
        size: kept(object({ source: count, dependencies: count })),
        power: kept(object({ watts: orNull(amount) })),
        deployment: kept(object({ ms: orNull(count) })),
      }),
    ),
    meanSize: kept(object({ bytes: orNull(count) })),
    machine: kept(object({ watts: orNull(amount), grade: text, uncertainty: text, source: text })),
  }),
};
