import { kinds, roles } from '#src/core/service.ts';
import { errors, ref } from './components.ts';
import { all, inPath, json, ok, refused } from './path-parts.ts';

/** Who may ask: keys and accounts. */
export const identityPaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/keys': {
    post: {
      operationId: 'createKey',
      tags: ['keys'],
      summary: 'Make an API key',
      requestBody: {
        required: true,
        ...json({
          type: 'object',
          properties: {
            name: { type: 'string' },
            role: { type: 'string', enum: [...roles] },
            kind: {
              type: 'string',
              enum: [...kinds],
              default: 'user',
              description: 'An agent acts for users, a service for itself.',
            },
          },
          required: ['name', 'role'],
        }),
      },
      responses: {
        '201': ok('The key; its secret is shown this once.', ref('NewKey')),
        ...errors(400, 401, 403, 413, 415, 422, 429),
      },
    },
    get: {
      operationId: 'listKeys',
      tags: ['keys'],
      summary: 'Keys of the account, without their secrets',
      responses: { '200': ok('Keys.', all('keys', 'Key')), ...refused },
    },
  },
  '/v1/keys/{id}': {
    parameters: [inPath('id')],
    delete: {
      operationId: 'revokeKey',
      tags: ['keys'],
      summary: 'Refuse a key from now on',
      responses: { '200': ok('Revoked.', ref('Done')), ...errors(401, 403, 404, 409, 429) },
    },
  },
  '/v1/accounts': {
    post: {
      operationId: 'createAccount',
      tags: ['accounts'],
      summary: 'Make an account with the key of its owner; for operators of the node',
      requestBody: {
        required: true,
        ...json({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }),
      },
      responses: {
        '201': ok("The account; its owner's key is shown this once.", ref('NewAccount')),
        ...errors(400, 401, 403, 404, 409, 413, 415, 422, 429),
      },
    },
    get: {
      operationId: 'listAccounts',
      tags: ['accounts'],
      summary: 'Accounts of the node; for its operators',
      responses: { '200': ok('Accounts.', all('accounts', 'Account')), ...errors(401, 403, 404, 429) },
    },
  },
};
