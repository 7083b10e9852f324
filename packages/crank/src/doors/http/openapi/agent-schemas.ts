import type { JsonObject } from '#src/core/service.ts';
import { count, list, object, orNull, text } from './schema-parts.ts';

/** Of what agents find. */
export const agentSchemas: Readonly<Record<string, JsonObject>> = {
  Found: object({
    service: text,
    operation: text,
    version: text,
    description: text,
    score: { type: 'number', description: 'To be compared within one answer only.' },
    isolation: { ...text, enum: ['fresh', 'warm', 'container'] },
    network: list(text),
    measured: {
      ...orNull(
        object({
          calls: count,
          latencyMs: { type: 'number' },
          price: object({ currency: text, amount: text }),
          grams: { type: 'number', description: 'Of CO2e.' },
        }),
      ),
      description: 'What its calls came to on average, of those among the newest thousand of the account.',
    },
    input: { description: 'JSON Schema of the arguments.' },
    output: { description: 'JSON Schema of the result.' },
    result: { ...text, enum: ['json', 'file', 'stream'] },
    path: text,
  }),
};
