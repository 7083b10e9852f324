import type { JsonObject } from '#src/core/service.ts';
import { count, flag, list, object, orNull, share, text, time } from './schema-parts.ts';

/** Of calls that outlive their request. */
export const jobSchemas: Readonly<Record<string, JsonObject>> = {
  Job: object({
    id: { ...text, description: 'Of the call, and of its receipt.' },
    account: text,
    service: text,
    version: text,
    operation: text,
    principal: text,
    state: { ...text, enum: ['waiting', 'queued', 'running', 'ended'] },
    approval: {
      description: 'Where another principal has to approve it.',
      anyOf: [object({ reasons: list(text), by: orNull(text), until: time }), { type: 'null' }],
    },
    attempts: { ...count, description: 'How often it was begun.' },
    received: time,
    started: orNull(time),
    ended: orNull(time),
    next: { ...orNull(time), description: 'When it is begun again, after an attempt that failed.' },
    progress: {
      anyOf: [
        object({ fraction: { ...orNull(share), description: 'It never goes back.' }, message: text, at: time }),
        { type: 'null' },
      ],
    },
    cancelling: flag,
    outcome: { ...orNull(text), description: '`ok` or an error code.' },
    result: {
      anyOf: [
        object({
          type: { ...text, enum: ['json', 'file', 'stream'] },
          bytes: count,
          contentType: text,
          path: text,
          until: { ...time, description: 'It is kept so long.' },
        }),
        { type: 'null' },
      ],
    },
    opening: { ...text, description: 'Receipt that it was taken.' },
    receipt: { ...orNull(text), description: 'Receipt of the call.' },
    tags: orNull(text),
  }),
};
