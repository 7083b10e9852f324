import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseDuration } from '#src/core/duration.ts';
import { CrankError } from '#src/core/error.ts';
import type { Platform } from '#src/platform/platform.ts';
import { type WebhookKind, webhookKinds } from '#src/platform/webhook-verify.ts';
import {
  createWebhook,
  describeWebhook,
  listDeliveries,
  listWebhooks,
  removeWebhook,
  type WantedWebhook,
} from '#src/platform/webhooks.ts';
import { readBody } from '../request/body.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';
import { baseUrl } from '../view/base-url.ts';

/** Of a delivery. */
const BODY_BYTES = 2 ** 20;
const MOST_TOLERANCE = 3_600_000;
export const webhookTolerance = '5m';

interface ById {
  Params: { id: string; token?: string };
}

export const webhookRoutes = (app: FastifyInstance, platform: Platform): void => {
  const shown = <T extends { path: string }>(request: FastifyRequest, hook: T) => ({
    ...hook,
    url: baseUrl(request) + hook.path,
  });
  app.post('/v1/webhooks', async (request, reply) => {
    const made = await createWebhook(platform, request.headers.authorization, () => wantedOf(request));
    const hook = shown(request, made);
    return reply.code(201).send(made.verify === 'token' ? { ...hook, url: `${hook.url}/${made.secret}` } : hook);
  });
  app.get('/v1/webhooks', async (request) => ({
    webhooks: (await listWebhooks(platform, request.headers.authorization)).map((hook) => shown(request, hook)),
  }));
  app.get<ById>('/v1/webhooks/:id', async (request) =>
    shown(request, await describeWebhook(platform, request.headers.authorization, request.params.id)),
  );
  app.delete<ById>('/v1/webhooks/:id', (request) =>
    removeWebhook(platform, request.headers.authorization, request.params.id),
  );
  app.get<ById>('/v1/webhooks/:id/deliveries', async (request) => ({
    deliveries: await listDeliveries(platform, request.headers.authorization, request.params.id),
  }));

  const deliver = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { id, token } = request.params as ById['Params'];
    const body = await readBody(request.raw, BODY_BYTES);
    const { headers } = request.raw;
    const delivered = { headers, token, body, contentType: headers['content-type'] };
    const answer = await platform.deliveries.accept(platform, id, delivered);
    return reply.code(answer.duplicate ? 200 : 202).send(answer);
  };
  app.post<ById>('/v1/hooks/:id', deliver);
  app.post<ById>('/v1/hooks/:id/:token', deliver);
};

const isKind = (text: string): text is WebhookKind => (webhookKinds as readonly string[]).includes(text);

const wantedOf = async (request: FastifyRequest): Promise<WantedWebhook> => {
  const members = ['service', 'operation', 'version', 'verify', 'secret', 'map', 'tolerance'];
  const body = await readJsonObject(request, members);
  const verify = textMember(body, 'verify');
  if (!isKind(verify)) throw bad('verify', `must be one of ${webhookKinds.join(', ')}`);
  const { secret, map } = body;
  if (secret !== undefined && (typeof secret !== 'string' || secret.length > 500))
    throw bad('secret', 'must be a text of at most 500 characters');
  if (map !== undefined && !isMap(map)) throw bad('map', 'must be an object of texts by name of the argument');
  const tolerance = parseDuration(body['tolerance'] === undefined ? webhookTolerance : textMember(body, 'tolerance'));
  if (tolerance === undefined || tolerance > MOST_TOLERANCE) throw bad('tolerance', 'must be a duration of at most 1h');
  return {
    service: textMember(body, 'service'),
    operation: textMember(body, 'operation'),
    ...(body['version'] !== undefined && { version: textMember(body, 'version') }),
    verify,
    ...(secret !== undefined && { secret }),
    ...(map !== undefined && { map }),
    toleranceMs: tolerance,
  };
};

const isMap = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length <= 100 &&
  Object.values(value).every((source) => typeof source === 'string' && source.length <= 500);

const bad = (name: string, message: string): CrankError =>
  new CrankError('invalid-input', `The member "${name}" ${message}.`, { errors: [{ pointer: `/${name}`, message }] });
