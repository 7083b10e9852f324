import { errors, ref } from './components.ts';
import { all, inPath, json, ok, query, refused } from './path-parts.ts';
import { text } from './schema-parts.ts';

/** What accounts were charged, month by month. */
export const invoicePaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/invoices': {
    post: {
      operationId: 'makeInvoice',
      tags: ['invoices'],
      summary: 'Make the invoice of a month that is over',
      requestBody: { required: true, ...json({ type: 'object', properties: { month: text }, required: ['month'] }) },
      responses: {
        '201': ok('The invoice.', { allOf: [ref('Invoice'), { type: 'object', properties: { receipt: text } }] }),
        ...errors(400, 401, 403, 409, 413, 415, 422, 429, 503),
      },
    },
    get: {
      operationId: 'listInvoices',
      tags: ['invoices'],
      summary: 'Invoices of the account, newest first',
      responses: { '200': ok('Invoices.', all('invoices', 'InvoiceInfo')), ...refused },
    },
  },
  '/v1/invoices/{id}': {
    parameters: [inPath('id')],
    get: {
      operationId: 'getInvoice',
      tags: ['invoices'],
      summary: 'One invoice, also as CSV or PDF',
      parameters: [query('format', '`json` (default), `csv` or `pdf`.')],
      responses: {
        '200': {
          description: 'The invoice.',
          content: {
            'application/json': { schema: ref('Invoice') },
            'text/csv': { schema: text },
            'application/pdf': { schema: { type: 'string', contentMediaType: 'application/pdf' } },
          },
        },
        ...errors(400, 401, 403, 404, 429),
      },
    },
  },
};
