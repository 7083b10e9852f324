import type { FastifyInstance } from 'fastify';
import { getCall, listCalls } from '#src/platform/calls.ts';
import type { Platform } from '#src/platform/platform.ts';
import { getReceipt } from '#src/platform/receipts.ts';
import { queryText } from '../request/query.ts';

/** History of calls, and receipts. */
export const historyRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.get('/v1/calls', (request) => {
    const cursor = queryText(request, 'cursor');
    const service = queryText(request, 'service');
    return listCalls(platform, request.headers.authorization, {
      ...(cursor !== undefined && { cursor }),
      ...(service !== undefined && { service }),
    });
  });
  app.get<{ Params: { id: string } }>('/v1/calls/:id', (request) =>
    getCall(platform, request.headers.authorization, request.params.id),
  );
  app.get<{ Params: { id: string } }>('/v1/receipts/:id', async (request, reply) => {
    const receipt = await getReceipt(platform, request.headers.authorization, request.params.id);
    return reply.header('content-type', 'application/json').send(receipt);
  });
};
