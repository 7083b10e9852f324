import type { JsonObject } from '#src/core/service.ts';
import { kinds, roles } from '#src/core/service.ts';
import { flag, list, object, orNull, ref, text, time } from './schema-parts.ts';

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
  Me: object({
    id: text,
    name: text,
    role: { ...text, enum: [...roles] },
    kind: { ...text, enum: [...kinds, 'node'] },
    account: text,
    onBehalfOf: orNull(text),
    node: { ...text, description: 'Name of the node, and of its log.' },
    may: list({
      ...text,
      description:
        'Actions, such as `service.deploy`, that policy would let you do now; of some, on what is your own only.',
    }),
  }),
  NewKey: { allOf: [ref('Key'), object({ key: secret, receipt: text })] },
  Token: object({
    token: { ...secret, description: 'The token, shown this once: a JWT (RFC 9068).' },
    id: text,
    role: { ...text, enum: [...roles] },
    scopes: { type: ['array', 'null'], items: text, description: 'Null: all that its role may.' },
    onBehalfOf: orNull(text),
    expires: time,
    receipt: text,
  }),
  KeySet: object({ keys: list({ type: 'object' }) }),
  ResourceMetadata: object(
    {
      resource: text,
      authorization_servers: list(text),
      bearer_methods_supported: list(text),
      resource_name: text,
      resource_documentation: text,
    },
    ['authorization_servers'],
  ),
  Issuer: object({
    id: text,
    url: text,
    audience: text,
    role: { ...text, enum: [...roles] },
    claims: { type: 'object', additionalProperties: text },
    listed: flag,
    created: time,
    createdBy: text,
  }),
  NewIssuer: { allOf: [ref('Issuer'), object({ receipt: text })] },
  Account: object({ name: text, created: time }),
  NewAccount: {
    allOf: [ref('Account'), object({ owner: { allOf: [ref('Key'), object({ key: secret })] }, receipt: text })],
  },
};
