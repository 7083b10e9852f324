import { errors, ref } from './components.ts';
import { all, inPath, json, ok, refused, refusedOrNone } from './path-parts.ts';

const value = { type: 'string', description: 'Text of 8 bytes to 32 KiB. It is never given back.' } as const;
const answers = {
  '201': ok('A new secret.', ref('SetSecret')),
  '200': ok('It has another value: the next call gets it.', ref('SetSecret')),
  ...errors(400, 401, 403, 413, 415, 422, 429),
};

/** Secrets of the account: written, never read. */
export const secretPaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/secrets': {
    post: {
      operationId: 'setSecret',
      tags: ['secrets'],
      summary: 'Set a secret, or give it another value',
      requestBody: {
        required: true,
        ...json({ type: 'object', properties: { name: { type: 'string' }, value }, required: ['name', 'value'] }),
      },
      responses: answers,
    },
    get: {
      operationId: 'listSecrets',
      tags: ['secrets'],
      summary: 'Secrets of the account, without their values',
      responses: { '200': ok('Secrets.', all('secrets', 'Secret')), ...refused },
    },
  },
  '/v1/secrets/{name}': {
    parameters: [inPath('name')],
    put: {
      operationId: 'putSecret',
      tags: ['secrets'],
      summary: 'Set a secret, or give it another value',
      requestBody: { required: true, ...json({ type: 'object', properties: { value }, required: ['value'] }) },
      responses: answers,
    },
    get: {
      operationId: 'describeSecret',
      tags: ['secrets'],
      summary: 'What can be known of a secret',
      responses: { '200': ok('The secret, without its value.', ref('Secret')), ...refusedOrNone },
    },
    delete: {
      operationId: 'removeSecret',
      tags: ['secrets'],
      summary: 'Take a secret away: calls that ask for it are refused',
      responses: { '200': ok('Removed.', ref('Done')), ...refusedOrNone },
    },
  },
};
