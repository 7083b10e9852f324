import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import type { Platform } from '#src/platform/platform.ts';
import { reportCarbon } from '#src/platform/usage/carbon-report.ts';
import {
  dimensions,
  grains,
  reportAccounts,
  reportUsage,
  sides,
  type UsageQuestion,
} from '#src/platform/usage/usage.ts';
import { exportFocus } from '#src/platform/usage/usage-export.ts';
import { readableFrom } from '../answer/readable-from.ts';
import { usageCsv } from '../answer/usage-csv.ts';
import { queryText } from '../request/query.ts';

const CURSOR_LENGTH = 8_000;

const oneOf = <T extends string>(request: FastifyRequest, name: string, known: readonly T[]): T | undefined => {
  const text = queryText(request, name);
  if (text === undefined || (known as readonly string[]).includes(text)) return text as T | undefined;
  throw new CrankError('malformed-request', `The query parameter ${name} is none of ${known.join(', ')}.`);
};

const period = (request: FastifyRequest) => ({
  grain: oneOf(request, 'grain', grains),
  from: queryText(request, 'from'),
  to: queryText(request, 'to'),
  zone: queryText(request, 'zone'),
  cursor: queryText(request, 'cursor', CURSOR_LENGTH),
});

const question = (request: FastifyRequest): UsageQuestion => ({
  ...period(request),
  by: dimensionsIn(queryText(request, 'by') ?? 'service'),
  side: oneOf(request, 'side', sides) ?? 'caller',
  principal: queryText(request, 'principal', 600),
  service: queryText(request, 'service'),
});

const dimensionsIn = (text: string): UsageQuestion['by'] => {
  const names = [...new Set(text.split(','))] as UsageQuestion['by'][number][];
  const unknown = names.find((name) => !dimensions.includes(name));
  if (unknown === undefined) return names;
  throw new CrankError(
    'malformed-request',
    `"${unknown.slice(0, 80)}" is nothing that usage is told apart by: choose from ${dimensions.join(', ')}, with commas between them.`,
  );
};

/** What was used, and what it cost. */
export const usageRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.get('/v1/usage', async (request, reply) => {
    const { authorization } = request.headers;
    const format = oneOf(request, 'format', ['json', 'csv', 'focus'] as const) ?? 'json';
    const asked = question(request);
    if (format === 'focus')
      return reply.type('text/csv').send(await readableFrom(exportFocus(platform, authorization, asked)));
    const report = await reportUsage(platform, authorization, asked);
    if (format === 'json') return report;
    // A table has no place for a cursor.
    if (report.cursor !== null) reply.header('link', `<${next(request, report.cursor)}>; rel="next"`);
    return reply.type('text/csv').send(usageCsv(report));
  });
  app.get('/v1/carbon', (request) => {
    const { from, to, zone } = period(request);
    return reportCarbon(platform, request.headers.authorization, { from, to, zone });
  });
  app.get('/v1/accounts/-/usage', (request) =>
    reportAccounts(platform, request.headers.authorization, period(request)),
  );
};

const next = (request: FastifyRequest, cursor: string): string => {
  const url = new URL(request.url, 'http://node');
  url.searchParams.set('cursor', cursor);
  return `${url.pathname}${url.search}`;
};
