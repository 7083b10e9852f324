import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import { getCall, listCalls } from '#src/platform/calls.ts';
import { eraseSubject } from '#src/platform/erase.ts';
import type { Platform } from '#src/platform/platform.ts';
import { exportReceipts } from '#src/platform/receipt-export.ts';
import { listReceipts, type ReceiptQuery } from '#src/platform/receipt-list.ts';
import { getReceipt } from '#src/platform/receipts.ts';
import { replayReceipt } from '#src/platform/replay.ts';
import { readableFrom } from '../answer/readable-from.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';
import { queryText } from '../request/query.ts';

const asked = (request: FastifyRequest): ReceiptQuery => ({
  kind: queryText(request, 'kind'),
  service: queryText(request, 'service'),
  from: queryText(request, 'from'),
  to: queryText(request, 'to'),
});

const sizeOf = (text: string | undefined): number | undefined => {
  if (text === undefined || /^\d{1,15}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new CrankError('malformed-request', '"since" is no size of a log: give the number in an earlier checkpoint.');
};

/** History of calls, and receipts. */
export const historyRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.get('/v1/calls', (request) => {
    const cursor = queryText(request, 'cursor');
    const service = queryText(request, 'service');
    const since = queryText(request, 'since');
    return listCalls(platform, request.headers.authorization, {
      ...(cursor !== undefined && { cursor }),
      ...(service !== undefined && { service }),
      ...(since !== undefined && { since }),
    });
  });
  app.get<{ Params: { id: string } }>('/v1/calls/:id', (request) =>
    getCall(platform, request.headers.authorization, request.params.id),
  );
  app.get<{ Params: { id: string } }>('/v1/receipts/:id', async (request, reply) => {
    const receipt = await getReceipt(platform, request.headers.authorization, request.params.id);
    return reply.header('content-type', 'application/json').send(receipt);
  });
  app.get('/v1/receipts', (request) =>
    listReceipts(platform, request.headers.authorization, {
      ...asked(request),
      cursor: queryText(request, 'cursor'),
    }),
  );
  app.get('/v1/receipts/-/export', async (request, reply) => {
    const since = sizeOf(queryText(request, 'since'));
    const parts = await readableFrom(
      exportReceipts(platform, request.headers.authorization, { ...asked(request), since }),
    );
    return reply
      .headers({ 'content-type': 'application/x-tar', 'content-disposition': 'attachment; filename="receipts.tar"' })
      .send(parts);
  });
  app.post<{ Params: { id: string } }>('/v1/receipts/:id/replay', async (request, reply) => {
    const gone = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) gone.abort();
    });
    return replayReceipt(platform, request.headers.authorization, request.params.id, gone.signal);
  });
  app.post('/v1/erasures', async (request) => {
    const body = await readJsonObject(request, ['subject']);
    return eraseSubject(platform, request.headers.authorization, textMember(body, 'subject'));
  });
};
