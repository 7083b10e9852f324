import { errors, ref } from './components.ts';
import { cursor, inPath, json, ok, page, query, refusedOrNone } from './path-parts.ts';

const id = inPath('id');

const decision = (operationId: string, summary: string) => ({
  parameters: [id],
  post: {
    operationId,
    tags: ['jobs'],
    summary,
    requestBody: {
      ...json({ type: 'object', properties: { comment: { type: 'string', maxLength: 1_000 } } }),
    },
    responses: {
      '200': ok('The job as it is then.', {
        allOf: [ref('Job'), { type: 'object', properties: { approvalReceipt: { type: 'string' } } }],
      }),
      ...errors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
    },
  },
});

/** Calls that outlive their request. */
export const jobPaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/jobs': {
    get: {
      operationId: 'listJobs',
      tags: ['jobs'],
      summary: 'Jobs, newest first',
      parameters: [
        query('state', '`waiting`, `queued`, `running` or `ended`.'),
        query('service', 'Only those of one service.'),
        cursor,
      ],
      responses: { '200': ok('A page.', page('jobs', 'Job')), ...errors(400, 401, 403, 429) },
    },
  },
  '/v1/jobs/{id}': {
    parameters: [id],
    get: {
      operationId: 'getJob',
      tags: ['jobs'],
      summary: 'How far a job is',
      responses: { '200': ok('The job.', ref('Job')), ...errors(401, 404, 429) },
    },
    delete: {
      operationId: 'cancelJob',
      tags: ['jobs'],
      summary: 'End a job; of one that has ended, delete the result',
      responses: { '200': ok('The job as it is then.', ref('Job')), ...refusedOrNone },
    },
  },
  '/v1/jobs/{id}/approve': decision('approveJob', 'Let a call run that waits for the approval of a second principal'),
  '/v1/jobs/{id}/reject': decision('rejectJob', 'End a call that waits for approval'),
  '/v1/jobs/{id}/result': {
    parameters: [id],
    get: {
      operationId: 'getJobResult',
      tags: ['jobs'],
      summary: 'What the call came to, as it would have been answered',
      responses: {
        '200': {
          description: 'The result: JSON, a file, or the items of a stream with the last frame.',
          content: { '*/*': {} },
        },
        ...errors(401, 403, 404, 409, 429, 500, 503, 504),
      },
    },
  },
  '/v1/jobs/{id}/events': {
    parameters: [id],
    get: {
      operationId: 'followJob',
      tags: ['jobs'],
      summary: 'Server-sent events: `job` whenever it moves on, `end` once it has ended, each with the job as data',
      responses: {
        '200': { description: 'Events.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
        ...errors(401, 404, 429),
      },
    },
  },
};
