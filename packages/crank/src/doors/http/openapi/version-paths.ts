import type { JsonSchema } from '#src/core/service.ts';
import { choices } from '#src/platform/draw.ts';
import { errors, ref } from './components.ts';
import { all, cursor, inPath, json, ok, page, refusedOrNone } from './path-parts.ts';

const takes = (properties: Record<string, JsonSchema>, required: readonly string[]) => ({
  required: required.length > 0,
  ...json({ type: 'object', properties, required: [...required], additionalProperties: false }),
});
const version = { type: 'string', description: 'Digest prefix of at least 8, or an alias.' };
const refusedBody = errors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503);
const conflict = errors(400, 401, 403, 404, 409, 422, 429, 503);

/** Versions of a service and what names them. @param parameters of the service's own path */
export const versionPaths = (path: string, parameters: readonly object[], suffix: string): [string, object][] => [
  [
    `${path}/-/versions`,
    {
      parameters: [...parameters],
      get: {
        operationId: `listVersions${suffix}`,
        tags: ['versions'],
        summary: 'Versions, newest first',
        parameters: [cursor],
        responses: { '200': ok('A page.', page('versions', 'Version')), ...errors(400, 401, 403, 404, 429) },
      },
    },
  ],
  [
    `${path}/-/versions/{version}`,
    {
      parameters: [...parameters, inPath('version')],
      get: {
        operationId: `describeVersion${suffix}`,
        tags: ['versions'],
        summary: 'One version with its manifest',
        responses: { '200': ok('The version.', ref('VersionDetails')), ...errors(400, 401, 403, 404, 429) },
      },
      delete: {
        operationId: `removeVersion${suffix}`,
        tags: ['versions'],
        summary: 'Remove a version that nothing names; its receipts stay',
        responses: { '200': ok('Removed.', ref('Done')), ...conflict },
      },
    },
  ],
  [
    `${path}/-/aliases`,
    {
      parameters: [...parameters],
      get: {
        operationId: `listAliases${suffix}`,
        tags: ['versions'],
        summary: 'Names of versions',
        responses: { '200': ok('Aliases.', all('aliases', 'Alias')), ...refusedOrNone },
      },
    },
  ],
  [
    `${path}/-/aliases/{alias}`,
    {
      parameters: [...parameters, inPath('alias')],
      put: {
        operationId: `setAlias${suffix}`,
        tags: ['versions'],
        summary: 'Let a name stand for a version that runs',
        requestBody: takes({ version }, ['version']),
        responses: { '200': ok('It does.', ref('AliasSet')), ...refusedBody },
      },
      delete: {
        operationId: `deleteAlias${suffix}`,
        tags: ['versions'],
        summary: 'Take a name away; the version stays',
        responses: { '200': ok('It is gone.', ref('AliasSet')), ...conflict },
      },
    },
  ],
  [
    `${path}/-/rollback`,
    {
      parameters: [...parameters],
      post: {
        operationId: `rollback${suffix}`,
        tags: ['versions'],
        summary: 'Make an earlier version the latest; without one, undo the last change of what calls get',
        requestBody: takes({ version }, []),
        responses: { '200': ok('It is the latest.', ref('RolledBack')), ...refusedBody },
      },
    },
  ],
  [
    `${path}/-/canary`,
    {
      parameters: [...parameters],
      get: {
        operationId: `describeCanary${suffix}`,
        tags: ['versions'],
        summary: 'The canary beside the latest version, by recorded calls',
        responses: {
          '200': ok('The canary; null where there is none.', {
            type: 'object',
            properties: { canary: { anyOf: [ref('Canary'), { type: 'null' }] } },
            required: ['canary'],
          }),
          ...refusedOrNone,
        },
      },
      put: {
        operationId: `setCanary${suffix}`,
        tags: ['versions'],
        summary: 'Give a version a share of the calls, or change it',
        requestBody: takes(
          {
            version,
            share: { type: ['number', 'string'], description: 'Above 0 and below all: 0.1 or `10%`.' },
            by: { type: 'string', enum: [...choices] },
            autoAbort: { type: 'boolean' },
          },
          ['version', 'share'],
        ),
        responses: { '200': ok('It has.', ref('CanarySet')), ...refusedBody },
      },
      delete: {
        operationId: `abortCanary${suffix}`,
        tags: ['versions'],
        summary: 'The canary gets no share of the calls any more',
        responses: { '200': ok('It has none.', ref('CanarySet')), ...conflict },
      },
    },
  ],
  [
    `${path}/-/canary/promote`,
    {
      parameters: [...parameters],
      post: {
        operationId: `promoteCanary${suffix}`,
        tags: ['versions'],
        summary: 'The canary becomes the latest version',
        responses: { '200': ok('It is.', ref('CanarySet')), ...conflict },
      },
    },
  ],
];
