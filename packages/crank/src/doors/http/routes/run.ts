import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Platform } from '#src/platform/platform.ts';
import { promote } from '#src/platform/run/promote.ts';
import { runCode } from '#src/platform/run/run-code.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';
import { readRunBody } from '../request/run-body.ts';
import { baseUrl } from '../view/base-url.ts';
import { serviceView } from '../view/service-view.ts';
import { answerCall } from './call.ts';

/** Code that is handed in with its input, run once, and kept as a service where somebody wants that. */
export const runRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.post('/v1/run', (request, reply) =>
    answerCall(platform, request, reply, (begun) => runCode(platform, { ...begun, read: () => readRunBody(request) })),
  );
  app.post('/v1/run/:version/promote', async (request: FastifyRequest<{ Params: { version: string } }>, reply) => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const { service, created, receipt, ...made } = await promote(
      platform,
      request.headers.authorization,
      request.params.version,
      async () => ({ name: textMember(await readJsonObject(request, ['name']), 'name', 63) }),
      gone.signal,
    );
    return reply.code(created ? 201 : 200).send({
      ...serviceView({ ...made, name: service }, baseUrl(request)),
      created,
      aliases: made.aliases,
      receipt: receipt ?? null,
    });
  });
};
