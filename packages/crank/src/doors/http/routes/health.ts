import type { FastifyInstance } from 'fastify';
import { readMetrics } from '#src/platform/metrics.ts';
import type { Platform } from '#src/platform/platform.ts';
import type { AnswerCounts } from '../answer-counts.ts';
import { formatMetrics } from '../metrics-text.ts';

/** For load balancers and monitoring. */
export const healthRoutes = (app: FastifyInstance, platform: Platform, answers: AnswerCounts): void => {
  app.get('/healthz', (_request, reply) => reply.send({ status: 'ok' }));
  app.get('/readyz', (_request, reply) => {
    const status = platform.load.draining
      ? 'stopping'
      : platform.recorder.refusal !== undefined
        ? 'cannot record'
        : 'ready';
    return reply.code(status === 'ready' ? 200 : 503).send({ status });
  });
  app.get('/metrics', async (request, reply) => {
    const metrics = await readMetrics(platform, request.headers.authorization);
    return reply
      .header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      .send(formatMetrics(metrics, answers));
  });
};
