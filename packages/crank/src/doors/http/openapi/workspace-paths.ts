import type { JsonSchema } from '#src/core/service.ts';
import { errors, ref } from './components.ts';
import { all, inPath, json, ok, query, refused, refusedOrNone } from './path-parts.ts';
import { settings } from './workspace-schemas.ts';

const snapshot = query('snapshot', 'Number of an earlier state; the current one otherwise.');
const tags = ['workspaces'];
const bytes = (description: string, type: string) => ({
  description,
  content: { [type]: { schema: { type: 'string', format: 'binary' } as JsonSchema } },
});
const file = { '200': bytes('Its content.', 'application/octet-stream'), ...refusedOrNone, ...errors(400, 422, 503) };
const done = { '200': ok('Removed.', ref('Done')), ...refusedOrNone, ...errors(422, 503) };

/** Encrypted folders of the account, which calls are given. */
export const workspacePaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/workspaces': {
    post: {
      operationId: 'createWorkspace',
      tags,
      summary: 'Make an empty workspace',
      requestBody: {
        required: true,
        ...json({ type: 'object', properties: { name: { type: 'string' }, ...settings }, required: ['name'] }),
      },
      responses: { '201': ok('It is there.', ref('SetWorkspace')), ...refused, ...errors(400, 409, 413, 415, 422) },
    },
    get: {
      operationId: 'listWorkspaces',
      tags,
      summary: 'Workspaces of the account',
      responses: { '200': ok('Workspaces.', all('workspaces', 'WorkspaceSummary')), ...refused },
    },
  },
  '/v1/workspaces/{name}': {
    parameters: [inPath('name')],
    get: {
      operationId: 'describeWorkspace',
      tags,
      summary: 'What can be known of a workspace, with the digest of its state',
      responses: { '200': ok('The workspace.', ref('Workspace')), ...refusedOrNone, ...errors(503) },
    },
    patch: {
      operationId: 'setWorkspace',
      tags,
      summary: 'Change its quota, or what is kept',
      requestBody: { required: true, ...json({ type: 'object', properties: settings }) },
      responses: { '200': ok('Changed.', ref('SetWorkspace')), ...refusedOrNone, ...errors(400, 413, 415, 422, 503) },
    },
    delete: {
      operationId: 'removeWorkspace',
      tags,
      summary: 'Remove it with all that is in it: its key is destroyed',
      responses: done,
    },
  },
  '/v1/workspaces/{name}/files': {
    parameters: [inPath('name')],
    get: {
      operationId: 'listWorkspaceFiles',
      tags,
      summary: 'What is in a folder of it, 1,000 at a time',
      parameters: [
        query('path', 'A folder; all of it otherwise.'),
        query('deep', '`true`: with what is in its folders.'),
        query('after', 'From behind this path on: `next` of the page before.'),
        snapshot,
      ],
      responses: { '200': ok('Files.', ref('WorkspaceFiles')), ...refusedOrNone, ...errors(400, 422, 503) },
    },
  },
  '/v1/workspaces/{name}/files/{path}': {
    parameters: [inPath('name'), inPath('path')],
    get: {
      operationId: 'getWorkspaceFile',
      tags,
      summary: 'A file of it. Links are not followed',
      parameters: [snapshot],
      responses: file,
    },
    put: {
      operationId: 'putWorkspaceFile',
      tags,
      summary: 'Put a file into it, with the folders on its way: all of it, or nothing',
      parameters: [query('executable', '`true` where it is to be.')],
      requestBody: { required: true, content: { 'application/octet-stream': {} } },
      responses: {
        '201': ok('A new file.', ref('WorkspaceFile')),
        '200': ok('It has another content.', ref('WorkspaceFile')),
        ...refusedOrNone,
        ...errors(413, 422, 503, 507),
      },
    },
    delete: { operationId: 'removeWorkspaceFile', tags, summary: 'Remove a file or folder of it', responses: done },
  },
  '/v1/workspaces/{name}/archive': {
    parameters: [inPath('name')],
    get: {
      operationId: 'archiveWorkspace',
      tags,
      summary: 'All of it, as a tar archive',
      parameters: [snapshot],
      responses: { ...file, '200': bytes('The archive.', 'application/x-tar') },
    },
  },
  '/v1/workspaces/{name}/snapshots': {
    parameters: [inPath('name')],
    get: {
      operationId: 'listSnapshots',
      tags,
      summary: 'Its states, the current one first',
      responses: { '200': ok('Snapshots.', all('snapshots', 'Snapshot')), ...refusedOrNone, ...errors(503) },
    },
  },
  '/v1/workspaces/{name}/snapshots/{number}': {
    parameters: [inPath('name'), inPath('number')],
    delete: {
      operationId: 'forgetSnapshot',
      tags,
      summary: 'Take an earlier state away, with what only it has',
      responses: { ...done, ...errors(400, 409) },
    },
  },
  '/v1/workspaces/{name}/snapshots/{number}/restore': {
    parameters: [inPath('name'), inPath('number')],
    post: {
      operationId: 'restoreSnapshot',
      tags,
      summary: 'Make an earlier state the current one',
      responses: {
        '200': ok('It is current, under a new number.', ref('Snapshot')),
        ...refusedOrNone,
        ...errors(400, 503),
      },
    },
  },
};
