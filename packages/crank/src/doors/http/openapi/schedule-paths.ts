import { overlaps, scheduleDefaults } from '../routes/schedules.ts';
import { errors, ref } from './components.ts';
import { all, cursor, inPath, json, ok, page, refused, refusedOrNone } from './path-parts.ts';

const text = { type: 'string' } as const;
const id = inPath('id');
const change = (operationId: string, summary: string) => ({
  parameters: [id],
  post: {
    operationId,
    tags: ['schedules'],
    summary,
    responses: { '200': ok('The schedule.', ref('ChangedSchedule')), ...refusedOrNone },
  },
});

/** Schedules of the account. */
export const schedulePaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/schedules': {
    post: {
      operationId: 'createSchedule',
      tags: ['schedules'],
      summary: 'Call an operation by the clock',
      requestBody: {
        required: true,
        ...json({
          type: 'object',
          properties: {
            service: text,
            operation: text,
            version: { ...text, description: 'Digest prefix or alias; the newest otherwise.' },
            cron: { ...text, description: 'Minute, hour, day of month, month, day of week; or `@daily` and its like.' },
            zone: { ...text, description: 'IANA time zone.', default: scheduleDefaults.zone },
            input: { type: 'object', description: 'Arguments by name.' },
            grace: {
              ...text,
              description: 'How late a firing may still be made: 30s to 168h.',
              default: scheduleDefaults.grace,
            },
            overlap: {
              ...text,
              enum: [...overlaps],
              description: 'While the firing before is under way.',
              default: scheduleDefaults.overlap,
            },
            jitter: {
              ...text,
              description: 'Spreads firings evenly over this time, at most 1h.',
              default: scheduleDefaults.jitter,
            },
          },
          required: ['service', 'operation', 'cron'],
        }),
      },
      responses: {
        '201': ok('The schedule.', ref('ChangedSchedule')),
        ...errors(400, 401, 403, 404, 409, 413, 415, 422, 429),
      },
    },
    get: {
      operationId: 'listSchedules',
      tags: ['schedules'],
      summary: 'Schedules of the account, with their next instants',
      responses: { '200': ok('Schedules.', all('schedules', 'Schedule')), ...refused },
    },
  },
  '/v1/schedules/{id}': {
    parameters: [id],
    get: {
      operationId: 'describeSchedule',
      tags: ['schedules'],
      summary: 'One schedule',
      responses: { '200': ok('The schedule.', ref('Schedule')), ...refusedOrNone },
    },
    delete: {
      operationId: 'removeSchedule',
      tags: ['schedules'],
      summary: 'Remove a schedule; its calls and receipts stay',
      responses: { '200': ok('Removed.', ref('Done')), ...refusedOrNone },
    },
  },
  '/v1/schedules/{id}/runs': {
    parameters: [id],
    get: {
      operationId: 'listScheduleRuns',
      tags: ['schedules'],
      summary: 'Firings of a schedule, newest first',
      parameters: [cursor],
      responses: { '200': ok('A page.', page('runs', 'ScheduleRun')), ...errors(400, 401, 403, 404, 429) },
    },
  },
  '/v1/schedules/{id}/pause': change('pauseSchedule', 'Fire no more until it is resumed'),
  '/v1/schedules/{id}/resume': change('resumeSchedule', 'Fire again, in the name of the key that resumes it'),
  '/v1/schedules/{id}/run': {
    parameters: [id],
    post: {
      operationId: 'runSchedule',
      tags: ['schedules'],
      summary: 'Fire it now',
      responses: { '202': ok('The firing under way.', ref('StartedRun')), ...refusedOrNone },
    },
  },
};
