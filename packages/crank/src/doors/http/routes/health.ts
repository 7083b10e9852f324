import type { FastifyInstance } from 'fastify';
import { readMetrics } from '#src/platform/metrics.ts';
import type { Platform } from '#src/platform/platform.ts';
import type { AnswerCounts } from '../answer-counts.ts';
import { metricFamilies } from '../metric-families.ts';
import { formatMetrics, metricsFormatFor, metricsTypes } from '../metrics-text.ts';

/**
 * For load balancers and monitoring. `/livez`: the process answers, restart it where it does not. `/readyz`: send calls here;
 * also where the node is degraded, since it takes them.
 */
export const healthRoutes = (app: FastifyInstance, platform: Platform, answers: AnswerCounts): void => {
  for (const path of ['/livez', '/healthz']) app.get(path, (_request, reply) => reply.send({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const { status, reasons } = await platform.health.look();
    return reply.code(status === 'unready' ? 503 : 200).send({ status, reasons });
  });
  app.get('/metrics', async (request, reply) => {
    const metrics = await readMetrics(platform, request.headers.authorization);
    const format = metricsFormatFor(request.headers.accept);
    return reply
      .header('content-type', metricsTypes[format])
      .header('vary', 'accept')
      .send(formatMetrics(metricFamilies(metrics, answers), format));
  });
};
