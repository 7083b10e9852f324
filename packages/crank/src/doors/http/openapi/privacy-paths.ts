import { errors } from './components.ts';
import { json, ok } from './path-parts.ts';

const text = { type: 'string' } as const;
const revealed = {
  type: 'object',
  properties: {
    values: {
      type: 'array',
      items: {
        type: 'object',
        properties: { token: text, type: { ...text, description: 'Such as `email`.' }, value: text },
        required: ['token', 'type', 'value'],
      },
    },
    receipt: { ...text, description: 'Receipt of the act: who revealed how many.' },
  },
  required: ['values', 'receipt'],
};

/** What was tokenised in answers. */
export const privacyPaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/detokenise': {
    post: {
      operationId: 'detokenise',
      tags: ['privacy'],
      summary: 'What tokens of the account stand for; it is logged who asked',
      requestBody: {
        required: true,
        ...json({
          type: 'object',
          properties: { tokens: { type: 'array', items: text, minItems: 1, maxItems: 1000 } },
          required: ['tokens'],
        }),
      },
      responses: { '200': ok('All of them.', revealed), ...errors(400, 401, 403, 413, 415, 422, 429, 503) },
    },
  },
};
