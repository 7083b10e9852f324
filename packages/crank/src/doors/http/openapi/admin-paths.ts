import { choices } from '#src/platform/draw.ts';
import { agentPaths } from './agent-paths.ts';
import { budgetPaths } from './budget-paths.ts';
import { callErrors, errors, ref } from './components.ts';
import { identityPaths } from './identity-paths.ts';
import { invoicePaths } from './invoice-paths.ts';
import { jobPaths } from './job-paths.ts';
import { logPaths } from './log-paths.ts';
import {
  all,
  cursor,
  either,
  inPath,
  json,
  ok,
  open,
  page,
  plain,
  query,
  refused,
  refusedOrNone,
} from './path-parts.ts';
import { policyTrialPaths } from './policy-trial-paths.ts';
import { pricePaths } from './price-paths.ts';
import { privacyPaths } from './privacy-paths.ts';
import { receiptPaths } from './receipt-paths.ts';
import { schedulePaths } from './schedule-paths.ts';
import { secretPaths } from './secret-paths.ts';
import { sloPaths } from './slo-paths.ts';
import { usagePaths } from './usage-paths.ts';
import { versionPaths } from './version-paths.ts';
import { webhookPaths } from './webhook-paths.ts';
import { workspacePaths } from './workspace-paths.ts';

const policy = {
  ...json({
    type: 'object',
    properties: {
      layer: { type: 'string', description: '`account` (default) or `service:NAME`.' },
      files: {
        type: 'array',
        items: {
          type: 'object',
          properties: { path: { type: 'string' }, text: { type: 'string' } },
          required: ['path', 'text'],
        },
      },
    },
    required: ['files'],
  }),
  required: true,
};
const applyPolicy = (operationId: string) => ({
  operationId,
  tags: ['policies'],
  summary: 'Add or replace one bundle of Rego',
  requestBody: policy,
  responses: { '200': ok('In force now.', ref('Policy')), ...errors(400, 401, 403, 413, 415, 422, 429, 503) },
});

/** What there is beside deployed operations. */
export const adminPaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/services': {
    post: {
      operationId: 'deploy',
      tags: ['services'],
      summary: 'Deploy a script, a module for Node, a model, a folder with one, or a command',
      requestBody: {
        required: true,
        content: {
          'multipart/form-data': {
            schema: {
              type: 'object',
              properties: {
                file: {
                  type: 'array',
                  items: { type: 'string', format: 'binary', contentMediaType: 'application/octet-stream' },
                  description: 'Each with its relative path as file name.',
                },
                name: { type: 'string' },
                manifest: { type: 'string', description: 'Instead of the one in the folder.' },
                command: { type: 'string', description: 'Instead of files: a program with places for values.' },
                output: { type: 'string', enum: ['text', 'json', 'lines', 'json-lines', 'file'] },
                python: { type: 'string', description: 'Interpreter series, such as 3.11.' },
                folder: { type: 'string', description: 'Name of the folder that was handed in: that of its package.' },
                alias: { type: 'string', description: 'Gets this name, and the latest version stays what it is.' },
                passing: {
                  type: 'string',
                  enum: ['true', 'false'],
                  description: 'With alias: the version goes as soon as that names another one.',
                },
                canary: { type: 'string', description: 'Gets a share of the calls first, such as `10%`.' },
                by: { type: 'string', enum: [...choices], description: 'What the canary is drawn by.' },
                autoAbort: {
                  type: 'string',
                  enum: ['true', 'false'],
                  description: 'Whether the canary ends where it fails more often than the latest version.',
                },
              },
            },
          },
        },
      },
      responses: {
        '201': ok('A new version.', ref('Deployed')),
        '200': ok('This version was there already.', ref('Deployed')),
        ...errors(400, 401, 403, 409, 413, 415, 422, 429, 503),
      },
    },
    get: {
      operationId: 'listServices',
      tags: ['services'],
      summary: 'Services at their latest version',
      parameters: [cursor],
      responses: { '200': ok('A page.', page('services', 'Service')), ...refused },
    },
  },
  ...Object.fromEntries(
    [
      { path: '/v1/services/{service}', at: [], suffix: '' },
      { path: '/v1/accounts/{account}/services/{service}', at: [inPath('account')], suffix: 'Of' },
    ].flatMap(({ path, at, suffix }) => [
      [
        path,
        {
          parameters: [...at, inPath('service')],
          get: {
            operationId: `describeService${suffix}`,
            tags: ['services'],
            summary: 'One service with its operations',
            parameters: [query('version', 'Digest prefix or alias.')],
            responses: { '200': ok('The service.', ref('ServiceDetails')), ...errors(400, 401, 403, 404, 429) },
          },
          delete: {
            operationId: `removeService${suffix}`,
            tags: ['services'],
            summary: 'Remove a service; its receipts stay',
            responses: { '200': ok('Removed.', ref('Done')), ...refusedOrNone },
          },
        },
      ],
      ...versionPaths(path, [...at, inPath('service')], suffix),
      ...pricePaths(path, [...at, inPath('service')], suffix),
      [
        `${path}/-/quarantine`,
        {
          parameters: [...at, inPath('service')],
          delete: {
            operationId: `releaseVersion${suffix}`,
            tags: ['services'],
            summary: 'Let a version run again that broke the rules of its sandbox',
            parameters: [{ ...query('version', 'Digest prefix or alias.'), required: true }],
            responses: { '200': ok('Released.', ref('Done')), ...errors(400, 401, 403, 404, 409, 429) },
          },
        },
      ],
      [
        `${path}/{operation}`,
        {
          parameters: [...at, inPath('service'), inPath('operation')],
          post: {
            operationId: `call${suffix}`,
            tags: ['calls'],
            summary: 'Call an operation',
            description:
              'The operations that your key may see stand in this document by their own paths, with their schemas.',
            requestBody: {
              content: {
                'application/json': { schema: { type: 'object' } },
                'multipart/form-data': { schema: { type: 'object' } },
              },
            },
            responses: {
              '200': { description: 'The result: JSON, a file, or a stream.', content: { '*/*': { schema: {} } } },
              '202': ok('Taken as a job.', ref('Job')),
              ...callErrors,
            },
          },
        },
      ],
    ]),
  ),
  '/v1/calls': {
    get: {
      operationId: 'listCalls',
      tags: ['calls'],
      summary: 'Calls, newest first',
      parameters: [
        cursor,
        query('service', 'Only those of one service.'),
        query('since', 'Only those that came at this time or later, RFC 3339.'),
      ],
      responses: { '200': ok('A page.', page('calls', 'Call')), ...errors(400, 401, 403, 429) },
    },
  },
  '/v1/calls/{id}': {
    parameters: [inPath('id')],
    get: {
      operationId: 'getCall',
      tags: ['calls'],
      summary: 'What a call printed, took and cost',
      responses: { '200': ok('The call.', ref('CallDetails')), ...refusedOrNone },
    },
  },
  ...receiptPaths,
  ...identityPaths,
  '/v1/policies': {
    get: {
      operationId: 'listPolicies',
      tags: ['policies'],
      summary: 'Bundles in force',
      responses: { '200': ok('Policies.', all('policies', 'Policy')), ...refused },
    },
    post: applyPolicy('applyPolicy'),
    put: applyPolicy('putPolicy'),
  },
  ...policyTrialPaths,
  '/v1/policies/{name}': {
    parameters: [inPath('name')],
    delete: {
      operationId: 'removePolicy',
      tags: ['policies'],
      summary: 'Take a bundle out of force',
      parameters: [query('layer', '`account` (default) or `service:NAME`.')],
      responses: { '200': ok('Removed.', ref('Done')), ...errors(400, 401, 403, 404, 429) },
    },
  },
  ...jobPaths,
  ...budgetPaths,
  ...usagePaths,
  ...sloPaths,
  ...invoicePaths,
  ...secretPaths,
  ...privacyPaths,
  ...workspacePaths,
  ...schedulePaths,
  ...webhookPaths,
  ...logPaths,
  '/healthz': {
    get: {
      operationId: 'health',
      tags: ['node'],
      summary: 'Whether the process answers',
      ...open,
      responses: { '200': ok('It does.', { type: 'object' }) },
    },
  },
  '/livez': {
    get: {
      operationId: 'live',
      tags: ['node'],
      summary: 'Whether the process answers: restart it where it does not',
      ...open,
      responses: { '200': ok('It does.', { type: 'object' }) },
    },
  },
  '/readyz': {
    get: {
      operationId: 'ready',
      tags: ['node'],
      summary: 'Whether the node takes calls, and what is wrong with it',
      ...open,
      responses: {
        '200': ok('It does: `status` is `ready`, or `degraded` with `reasons`.', { type: 'object' }),
        '503': ok('It does not: `reasons` say why.', { type: 'object' }),
      },
    },
  },
  '/metrics': {
    get: {
      operationId: 'metrics',
      tags: ['node'],
      summary:
        "Figures in Prometheus' format, or OpenMetrics where `Accept` asks for it; with a key, those of its account too",
      ...either,
      responses: { '200': plain('Metrics.'), ...errors(401, 429) },
    },
  },
  '/openapi.json': {
    get: {
      operationId: 'openapi',
      tags: ['documents'],
      summary: 'This document; with a key, the operations of its account too',
      ...either,
      responses: { '200': ok('OpenAPI 3.1.', { type: 'object' }), ...refused },
    },
  },
  ...agentPaths,
  '/docs': {
    get: {
      operationId: 'docs',
      tags: ['documents'],
      summary: 'Documentation for people',
      ...either,
      responses: { '200': plain('A page.', 'text/html'), ...refused },
    },
  },
  '/llms.txt': {
    get: {
      operationId: 'llms',
      tags: ['documents'],
      summary: 'Documentation for language models',
      ...either,
      responses: { '200': plain('Markdown.'), ...refused },
    },
  },
};
