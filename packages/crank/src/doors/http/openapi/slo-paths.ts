import { kinds, thresholds } from '#src/platform/slo/slo-admin.ts';
import { errors, ref } from './components.ts';
import { all, inPath, json, ok, refused, refusedOrNone } from './path-parts.ts';
import { share, text } from './schema-parts.ts';

/** What is promised of services. */
export const sloPaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/slos': {
    get: {
      operationId: 'listSlos',
      tags: ['objectives'],
      summary: 'Objectives of the services of the account, and how fast their error budgets go',
      responses: { '200': ok('Objectives.', all('slos', 'Slo')), ...refused },
    },
  },
  '/v1/slos/{service}/{objective}': {
    parameters: [inPath('service'), { ...inPath('objective'), schema: { ...text, enum: [...kinds] } }],
    put: {
      operationId: 'setSlo',
      tags: ['objectives'],
      summary: 'Promise something of a service, and be told when that is at risk',
      requestBody: {
        required: true,
        ...json({
          type: 'object',
          properties: {
            target: { ...share, description: 'Share of its calls, 0.5 to 0.9999.' },
            thresholdMs: { type: 'number', enum: thresholds.map((one) => one * 1e3), description: 'Of latency.' },
            webhook: {
              ...text,
              format: 'uri',
              description: 'Where alerts go beside the log, signed as Standard Webhooks has it.',
            },
          },
          required: ['target'],
        }),
      },
      responses: { '200': ok('Promised.', ref('ChangedSlo')), ...errors(400, 401, 403, 404, 413, 415, 422, 429) },
    },
    delete: {
      operationId: 'removeSlo',
      tags: ['objectives'],
      summary: 'Promise it no more',
      responses: { '200': ok('Removed.', ref('Done')), ...refusedOrNone },
    },
  },
  '/v1/promises': {
    get: {
      operationId: 'readPromises',
      tags: ['objectives'],
      summary: 'What the platform promises of each service, as it is kept: response, size, power, deployment',
      responses: { '200': ok('As they are kept.', ref('Promises')), ...refused },
    },
  },
};
