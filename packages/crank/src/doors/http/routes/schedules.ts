import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseDuration } from '#src/core/duration.ts';
import { CrankError } from '#src/core/error.ts';
import type { Platform } from '#src/platform/platform.ts';
import {
  changeSchedule,
  createSchedule,
  describeSchedule,
  listRuns,
  listSchedules,
  removeSchedule,
  runSchedule,
  type WantedSchedule,
} from '#src/platform/schedules.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';
import { queryText } from '../request/query.ts';

const BODY_BYTES = 2 ** 20;
const MEMBERS = ['service', 'operation', 'version', 'cron', 'zone', 'input', 'grace', 'overlap', 'jitter'];
export const overlaps = ['skip', 'queue', 'allow'] as const;
export const scheduleDefaults = { zone: 'UTC', grace: '5m', overlap: 'skip', jitter: '0s' } as const;
const DAY_MS = 86_400_000;
/** Nodes look at the database every ten seconds: what is later than that is not late. */
const LEAST_GRACE = 30_000;

interface ById {
  Params: { id: string };
}

export const scheduleRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.post('/v1/schedules', async (request, reply) => {
    const made = await createSchedule(platform, request.headers.authorization, () => wantedOf(request));
    return reply.code(201).send(made);
  });
  app.get('/v1/schedules', async (request) => ({
    schedules: await listSchedules(platform, request.headers.authorization),
  }));
  app.get<ById>('/v1/schedules/:id', (request) =>
    describeSchedule(platform, request.headers.authorization, request.params.id),
  );
  app.delete<ById>('/v1/schedules/:id', (request) =>
    removeSchedule(platform, request.headers.authorization, request.params.id),
  );
  app.get<ById>('/v1/schedules/:id/runs', (request) =>
    listRuns(platform, request.headers.authorization, request.params.id, queryText(request, 'cursor')),
  );
  for (const change of ['pause', 'resume'] as const) {
    app.post<ById>(`/v1/schedules/:id/${change}`, (request) =>
      changeSchedule(platform, request.headers.authorization, request.params.id, change),
    );
  }
  app.post<ById>('/v1/schedules/:id/run', async (request, reply) => {
    const run = await runSchedule(platform, request.headers.authorization, request.params.id);
    return reply.code(202).header('location', `/v1/calls/${run.call}`).send(run);
  });
};

const wantedOf = async (request: FastifyRequest): Promise<WantedSchedule> => {
  const body = await readJsonObject(request, MEMBERS, BODY_BYTES);
  const text = (name: string, otherwise?: string): string =>
    body[name] === undefined && otherwise !== undefined ? otherwise : textMember(body, name);
  const input = body['input'] ?? {};
  if (typeof input !== 'object' || Array.isArray(input)) throw bad('input', 'must be an object of arguments by name');
  const overlap = text('overlap', scheduleDefaults.overlap) as WantedSchedule['overlap'];
  if (!overlaps.includes(overlap)) throw bad('overlap', `must be one of ${overlaps.join(', ')}`);
  return {
    service: text('service'),
    operation: text('operation'),
    ...(body['version'] !== undefined && { version: text('version') }),
    cron: text('cron'),
    zone: text('zone', scheduleDefaults.zone),
    input: JSON.stringify(input),
    graceMs: duration('grace', text('grace', scheduleDefaults.grace), 7 * DAY_MS, LEAST_GRACE),
    overlap,
    jitterMs: duration('jitter', text('jitter', scheduleDefaults.jitter), 3_600_000),
  };
};

const duration = (name: string, text: string, most: number, least = 0): number => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= least && ms <= most) return ms;
  const bounds = `${least > 0 ? `at least ${least / 1_000}s and ` : ''}at most ${most / 3_600_000}h`;
  throw bad(name, `must be a duration such as 30s, 5m or 1h, ${bounds}`);
};

const bad = (name: string, message: string): CrankError =>
  new CrankError('invalid-input', `The member "${name}" ${message}.`, { errors: [{ pointer: `/${name}`, message }] });
