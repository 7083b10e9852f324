import type { FastifyInstance } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import { drawInvoice, getInvoice, invoiceCsv, listInvoices, makeInvoice } from '#src/platform/invoices/invoices.ts';
import type { Platform } from '#src/platform/platform.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';
import { queryText } from '../request/query.ts';

const FORMATS = ['json', 'csv', 'pdf'];

/** What accounts were charged, month by month. */
export const invoiceRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.post('/v1/invoices', async (request, reply) => {
    const made = await makeInvoice(platform, request.headers.authorization, async () =>
      textMember(await readJsonObject(request, ['month']), 'month'),
    );
    return reply.code(201).send(made);
  });
  app.get('/v1/invoices', async (request) => ({
    invoices: await listInvoices(platform, request.headers.authorization),
  }));
  app.get<{ Params: { id: string } }>('/v1/invoices/:id', async (request, reply) => {
    const format = queryText(request, 'format') ?? 'json';
    if (!FORMATS.includes(format))
      throw new CrankError('malformed-request', `The query parameter format is none of ${FORMATS.join(', ')}.`);
    const invoice = await getInvoice(platform, request.headers.authorization, request.params.id);
    if (format === 'json') return invoice;
    const file = `attachment; filename="${invoice.number}.${format}"`;
    reply.header('content-disposition', file);
    if (format === 'csv') return reply.type('text/csv').send(invoiceCsv(invoice));
    return reply.type('application/pdf').send(await drawInvoice(invoice));
  });
};
