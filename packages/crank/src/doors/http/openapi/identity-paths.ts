import { kinds, roles } from '#src/core/service.ts';
import { errors, ref } from './components.ts';
import { all, inPath, json, ok, open, refused, refusedOrNone } from './path-parts.ts';

/** Who may ask: keys, tokens, issuers, accounts. */
export const identityPaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/me': {
    get: {
      operationId: 'describeMe',
      tags: ['keys'],
      summary: 'Who you are to this node, and what you may do',
      responses: { '200': ok('You.', ref('Me')), ...errors(401, 429) },
    },
  },
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
  '/v1/tokens': {
    post: {
      operationId: 'createToken',
      tags: ['tokens'],
      summary: 'Mint a short-lived token from your key',
      requestBody: json({
        type: 'object',
        properties: {
          role: { type: 'string', enum: [...roles], description: "The key's own where absent, or less." },
          scopes: {
            type: 'array',
            items: { type: 'string' },
            description:
              '`service.call`, `service.call:NAME.OPERATION`, `call.*`; where absent, all that its role may.',
          },
          life: { type: 'string', default: '10m', description: 'From 1s to 1h.' },
          onBehalfOf: { type: 'string', description: 'The user whom an agent acts for.' },
        },
      }),
      responses: { '201': ok('The token.', ref('Token')), ...errors(400, 401, 403, 413, 415, 422, 429) },
    },
  },
  '/v1/tokens/rotate-key': {
    post: {
      operationId: 'rotateTokenKey',
      tags: ['tokens'],
      summary: 'Have tokens signed by a new key; for operators of the node',
      requestBody: json({
        type: 'object',
        properties: {
          discard: { type: 'boolean', default: false, description: 'Refuse what older keys signed at once.' },
        },
      }),
      responses: {
        '200': ok('The new key.', {
          type: 'object',
          properties: { kid: { type: 'string' }, receipt: { type: 'string' } },
          required: ['kid', 'receipt'],
        }),
        ...errors(400, 401, 403, 404, 413, 415, 422, 429),
      },
    },
  },
  '/.well-known/jwks.json': {
    get: {
      operationId: 'tokenKeys',
      tags: ['tokens'],
      summary: 'Keys that tokens of this node verify with (RFC 7517)',
      ...open,
      responses: {
        '200': { description: 'Keys.', content: { 'application/jwk-set+json': { schema: ref('KeySet') } } },
      },
    },
  },
  '/.well-known/oauth-protected-resource': {
    get: {
      operationId: 'resourceMetadata',
      tags: ['tokens'],
      summary: 'Where tokens for this node come from (RFC 9728)',
      ...open,
      responses: { '200': ok('Metadata.', ref('ResourceMetadata')) },
    },
  },
  '/v1/issuers': {
    post: {
      operationId: 'addIssuer',
      tags: ['issuers'],
      summary: 'Take tokens of an OpenID provider, for those whose claims are as said',
      requestBody: {
        required: true,
        ...json({
          type: 'object',
          properties: {
            url: { type: 'string', description: 'As in the claim `iss` of its tokens.' },
            audience: { type: 'string', description: 'That its tokens for this account have.' },
            role: { type: 'string', enum: [...roles] },
            claims: {
              type: 'object',
              additionalProperties: { type: 'string' },
              description:
                'What they must say: claims with their value, or a value that they list; `email_domain` of verified mail.',
            },
            listed: { type: 'boolean', default: false, description: 'Name the issuer to clients that ask.' },
          },
          required: ['url', 'audience', 'role'],
        }),
      },
      responses: {
        '201': ok('The rule.', ref('NewIssuer')),
        ...errors(400, 401, 403, 409, 413, 415, 422, 429),
      },
    },
    get: {
      operationId: 'listIssuers',
      tags: ['issuers'],
      summary: 'Issuers whose tokens the account takes',
      responses: { '200': ok('Rules.', all('issuers', 'Issuer')), ...refused },
    },
  },
  '/v1/issuers/{id}': {
    parameters: [inPath('id')],
    delete: {
      operationId: 'removeIssuer',
      tags: ['issuers'],
      summary: 'Take its tokens no more, from now on',
      responses: { '200': ok('Removed.', ref('Done')), ...refusedOrNone },
    },
  },
};
