import type { JsonObject } from '#src/core/service.ts';
import { kinds, roles } from '#src/core/service.ts';
import { object, orNull, ref, text, time } from './schema-parts.ts';

const secret = { ...text, description: 'The secret, shown this once.' };

/** Of who may ask. */
export const identitySchemas: Readonly<Record<string, JsonObject>> = {
  Key: object({
    id: text,
    name: text,
    role: { ...text, enum: [...roles] },
    kind: { ...text, enum: [...kinds] },
    account: text,
    created: time,
    revoked: orNull(time),
  }),
  NewKey: { allOf: [ref('Key'), object({ key: secret, receipt: text })] },
  Account: object({ name: text, created: time }),
  NewAccount: {
    allOf: [ref('Account'), object({ owner: { allOf: [ref('Key'), object({ key: secret })] }, receipt: text })],
  },
};
