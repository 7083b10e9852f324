import { dimensions, grains, sides } from '#src/platform/usage/usage.ts';
import { errors, ref } from './components.ts';
import { cursor, ok, query } from './path-parts.ts';
import { text } from './schema-parts.ts';

const choice = (name: string, description: string, values: readonly string[]) => ({
  ...query(name, description),
  schema: { ...text, enum: [...values] },
});

const period = [
  choice('grain', 'For each of these; otherwise for the period as a whole.', grains),
  query('from', 'From this time on, RFC 3339 or a date; the beginning of this month where absent.'),
  query('to', 'Before this time; now where absent.'),
  query('zone', 'Time zone of dates, days and months (IANA); UTC where absent.'),
  cursor,
];

/** What was used. */
export const usagePaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/carbon': {
    get: {
      operationId: 'reportCarbon',
      tags: ['usage'],
      summary: 'Carbon of the services of the account and of their calls (ISO/IEC 21031), part by part',
      parameters: period.slice(1, 4),
      responses: { '200': ok('The report.', ref('CarbonReport')), ...errors(400, 401, 403, 429, 503) },
    },
  },
  '/v1/usage': {
    get: {
      operationId: 'reportUsage',
      tags: ['usage'],
      summary:
        'What was used, and what it cost: what the principal called, or all of the account where it may see that',
      parameters: [
        query('by', `What it is told apart by, with commas: ${dimensions.join(', ')}. By \`service\` where absent.`),
        choice('side', '`caller`: what the account called. `owner`: calls of its services.', sides),
        query('principal', 'Only what one principal called.'),
        query('service', 'Only calls of one service.'),
        choice('format', '`focus`: FinOps Open Cost and Usage Specification 1.2, by day, or by hour.', [
          ...['json', 'csv', 'focus'],
        ]),
        ...period,
      ],
      responses: {
        '200': {
          description: 'A page; of CSV the next one is in `Link`.',
          content: {
            'application/json': { schema: ref('UsageReport') },
            'text/csv': { schema: text },
          },
        },
        ...errors(400, 401, 403, 429, 503),
      },
    },
  },
  '/v1/accounts/-/usage': {
    get: {
      operationId: 'reportAccounts',
      tags: ['usage'],
      summary: "Totals of the node's accounts, for those who run it",
      parameters: period,
      responses: { '200': ok('A page.', ref('UsageReport')), ...errors(400, 401, 403, 429, 503) },
    },
  },
};
