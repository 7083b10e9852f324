import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import { parseWebhookUrl } from '#src/platform/outgoing-webhook.ts';
import type { Platform } from '#src/platform/platform.ts';
import { readPromises } from '#src/platform/slo/promises.ts';
import { listSlos, removeSlo, type SloKind, setSlo, thresholds, type WantedSlo } from '#src/platform/slo/slo-admin.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';

interface Asked {
  Params: { service: string; objective: string };
}

/** Objectives of services, and the promises of the platform. */
export const sloRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.get('/v1/slos', async (request) => ({ slos: await listSlos(platform, request.headers.authorization) }));
  app.put<Asked>('/v1/slos/:service/:objective', (request) =>
    setSlo(platform, request.headers.authorization, {
      ...request.params,
      read: (kind) => wantedIn(request, kind),
    }),
  );
  app.delete<Asked>('/v1/slos/:service/:objective', ({ params, headers }) =>
    removeSlo(platform, headers.authorization, params.service, params.objective),
  );
  app.get('/v1/promises', (request) => readPromises(platform, request.headers.authorization));
};

const wantedIn = async (request: FastifyRequest, kind: SloKind): Promise<WantedSlo> => {
  const latency = kind === 'latency';
  const body = await readJsonObject(request, ['target', 'webhook', ...(latency ? ['thresholdMs'] : [])]);
  const { target, thresholdMs, webhook } = body;
  if (typeof target !== 'number' || target < 0.5 || target > 0.9999)
    throw bad('target', 'must be a share of calls from 0.5 to 0.9999, such as 0.99');
  const threshold = latency ? thresholds.find((one) => one * 1e3 === thresholdMs) : undefined;
  if (latency && threshold === undefined)
    throw bad('thresholdMs', `must be one of ${thresholds.map((one) => one * 1e3).join(', ')}`);
  const wanted = webhook === undefined || webhook === null;
  return { target, threshold, webhook: wanted ? undefined : parseWebhookUrl(textMember(body, 'webhook', 2_000)).href };
};

const bad = (name: string, message: string): CrankError =>
  new CrankError('invalid-input', `The member "${name}" ${message}.`, { errors: [{ pointer: `/${name}`, message }] });
