import { webhookKinds } from '#src/platform/webhook-verify.ts';
import { webhookTolerance } from '../routes/webhooks.ts';
import { errors, ref } from './components.ts';
import { all, inPath, json, ok, open, refused, refusedOrNone } from './path-parts.ts';

const text = { type: 'string' } as const;
const id = inPath('id');
const deliver = (operationId: string, summary: string) => ({
  operationId,
  tags: ['webhooks'],
  summary,
  ...open,
  requestBody: { content: { '*/*': { schema: {} } } },
  responses: {
    '202': ok('Accepted: its call is under way.', ref('Accepted')),
    '200': ok('It was delivered before.', ref('Accepted')),
    ...errors(400, 403, 404, 413, 429, 503),
  },
});

/** Webhooks in: addresses at which deliveries of others become calls. */
export const webhookPaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/webhooks': {
    post: {
      operationId: 'createWebhook',
      tags: ['webhooks'],
      summary: 'Make an address at which deliveries become calls of an operation',
      requestBody: {
        required: true,
        ...json({
          type: 'object',
          properties: {
            service: text,
            operation: text,
            version: { ...text, description: 'Digest prefix or alias; the newest otherwise.' },
            verify: { ...text, enum: [...webhookKinds], description: 'How a delivery proves where it comes from.' },
            secret: { ...text, description: 'That the sender signs with; made where absent.' },
            map: {
              type: 'object',
              additionalProperties: text,
              description:
                'Where arguments come from: a JSON Pointer into the payload (empty: all of it), or `header:NAME`. Otherwise an only parameter gets all of it, and several get its members.',
            },
            tolerance: {
              ...text,
              description: 'How old a signature with a time may be, at most 1h.',
              default: webhookTolerance,
            },
          },
          required: ['service', 'operation', 'verify'],
        }),
      },
      responses: {
        '201': ok('The webhook; its secret is shown this once.', ref('NewWebhook')),
        ...errors(400, 401, 403, 404, 413, 415, 422, 429),
      },
    },
    get: {
      operationId: 'listWebhooks',
      tags: ['webhooks'],
      summary: 'Webhooks of the account, without their secrets',
      responses: { '200': ok('Webhooks.', all('webhooks', 'Webhook')), ...refused },
    },
  },
  '/v1/webhooks/{id}': {
    parameters: [id],
    get: {
      operationId: 'describeWebhook',
      tags: ['webhooks'],
      summary: 'One webhook',
      responses: { '200': ok('The webhook.', ref('Webhook')), ...refusedOrNone },
    },
    delete: {
      operationId: 'removeWebhook',
      tags: ['webhooks'],
      summary: 'Remove a webhook; its calls and receipts stay',
      responses: { '200': ok('Removed.', ref('Done')), ...refusedOrNone },
    },
  },
  '/v1/webhooks/{id}/deliveries': {
    parameters: [id],
    get: {
      operationId: 'listDeliveries',
      tags: ['webhooks'],
      summary: 'The last hundred deliveries, newest first',
      responses: { '200': ok('Deliveries.', all('deliveries', 'Delivery')), ...refusedOrNone },
    },
  },
  '/v1/hooks/{id}': { parameters: [id], post: deliver('deliver', 'Deliver, signed') },
  '/v1/hooks/{id}/{token}': {
    parameters: [id, inPath('token')],
    post: deliver('deliverWithToken', 'Deliver, with the token of the webhook'),
  },
};
