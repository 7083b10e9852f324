import { quoteSeconds } from '#src/platform/prices/quotes.ts';
import { errors, ref } from './components.ts';
import { all, inPath, json, ok, query, refusedOrNone } from './path-parts.ts';
import { priceItem } from './price-schemas.ts';
import { text, time } from './schema-parts.ts';

const refusedBody = errors(400, 401, 403, 404, 409, 413, 415, 422, 429);
const version = { ...text, description: 'Digest prefix of at least 8, or an alias.' };
const operation = { ...text, description: 'May be left out where the service has one.' };

/** What a service charges, and what a call would cost. @param parameters of the service's own path */
export const pricePaths = (path: string, parameters: readonly object[], suffix: string): [string, object][] => [
  [
    `${path}/-/prices`,
    {
      parameters: [...parameters],
      get: {
        operationId: `listPrices${suffix}`,
        tags: ['prices'],
        summary: 'What the service charges, and did',
        responses: { '200': ok('Prices by time.', all('prices', 'Price')), ...refusedOrNone },
      },
      post: {
        operationId: `setPrice${suffix}`,
        tags: ['prices'],
        summary: 'What it charges from a moment on',
        requestBody: {
          required: true,
          ...json({
            type: 'object',
            properties: {
              items: { type: ['array', 'null'], items: priceItem, description: "Null: the node's tariff alone." },
              version: { ...version, description: 'For this one only.' },
              account: { ...text, description: 'For calls by this one only.' },
              from: { ...time, description: 'Otherwise from now on.' },
            },
            required: ['items'],
          }),
        },
        responses: {
          '201': ok('The price.', { allOf: [ref('Price'), { type: 'object', properties: { receipt: text } }] }),
          ...refusedBody,
        },
      },
    },
  ],
  [
    `${path}/-/prices/{price}`,
    {
      parameters: [...parameters, inPath('price')],
      delete: {
        operationId: `removePrice${suffix}`,
        tags: ['prices'],
        summary: 'Take back a price that is not in force yet',
        responses: { '200': ok('Taken back.', ref('Done')), ...errors(401, 403, 404, 409, 429) },
      },
    },
  ],
  [
    `${path}/-/quote`,
    {
      parameters: [...parameters],
      get: {
        operationId: `describeTerms${suffix}`,
        tags: ['prices'],
        summary: 'What a call costs; nothing is held to it',
        parameters: [query('operation', operation.description), query('version', version.description)],
        responses: { '200': ok('Terms.', ref('PriceTerms')), ...errors(400, 401, 403, 404, 422, 429) },
      },
      post: {
        operationId: `makeQuote${suffix}`,
        tags: ['prices'],
        summary: 'What calls cost at most until the quote expires (header Crank-Quote)',
        requestBody: {
          required: true,
          ...json({
            type: 'object',
            properties: {
              operation,
              version,
              inputBytes: {
                type: 'integer',
                minimum: 1,
                description: 'What will be sent; otherwise the most there may be.',
              },
              seconds: { type: 'integer', minimum: 1, maximum: quoteSeconds.most, default: quoteSeconds.standard },
            },
          }),
        },
        responses: { '201': ok('The quote.', ref('Quote')), ...refusedBody },
      },
    },
  ],
];
