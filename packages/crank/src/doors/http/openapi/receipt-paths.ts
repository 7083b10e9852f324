import { errors, ref } from './components.ts';
import { cursor, inPath, json, ok, open, page, period, plain, query, refusedOrNone } from './path-parts.ts';

/** Receipts, and what is done with them. */
export const receiptPaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/receipts': {
    get: {
      operationId: 'listReceipts',
      tags: ['receipts'],
      summary: 'Receipts of calls and acts, newest first',
      parameters: [cursor, ...period],
      responses: { '200': ok('A page.', page('receipts', 'ReceiptInfo')), ...errors(400, 401, 403, 429) },
    },
  },
  '/v1/receipts/-/export': {
    get: {
      operationId: 'exportReceipts',
      tags: ['receipts'],
      summary: 'Receipts of a period as one archive, with what proves them',
      parameters: [...period, query('since', 'Size of an earlier head that the log is proven to extend.')],
      responses: {
        '200': plain('A tar archive; docs/receipts.md has its layout.', 'application/x-tar'),
        ...errors(400, 401, 403, 404, 429),
      },
    },
  },
  '/v1/receipts/{id}/replay': {
    parameters: [inPath('id')],
    post: {
      operationId: 'replayReceipt',
      tags: ['receipts'],
      summary: 'Run a call again on the input that was kept, and compare',
      responses: {
        '200': ok('What came out.', ref('Replay')),
        ...errors(401, 403, 404, 413, 422, 429, 503),
      },
    },
  },
  '/v1/erasures': {
    post: {
      operationId: 'erase',
      tags: ['receipts'],
      summary: "Destroy what is kept of a subject's data; receipts stay, and verify",
      requestBody: {
        required: true,
        ...json({ type: 'object', properties: { subject: { type: 'string' } }, required: ['subject'] }),
      },
      responses: { '200': ok('Erased.', ref('Erasure')), ...errors(400, 401, 403, 404, 413, 415, 422, 429) },
    },
  },
  '/schemas/receipt/{kind}/v1': {
    parameters: [{ ...inPath('kind'), schema: { type: 'string', enum: ['call', 'act'] } }],
    get: {
      operationId: 'receiptSchema',
      tags: ['receipts'],
      summary: 'JSON Schema of what a receipt states',
      ...open,
      responses: {
        '200': { description: 'The schema.', content: { 'application/schema+json': { schema: { type: 'object' } } } },
        ...errors(404),
      },
    },
  },
  '/v1/receipts/{id}': {
    parameters: [inPath('id')],
    get: {
      operationId: 'getReceipt',
      tags: ['receipts'],
      summary: 'The receipt of a call or an administrative act; it verifies offline',
      responses: { '200': ok('The receipt file.', ref('Receipt')), ...refusedOrNone },
    },
  },
};
