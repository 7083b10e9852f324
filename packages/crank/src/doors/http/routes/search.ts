import type { FastifyInstance } from 'fastify';
import { search } from '#src/platform/discovery/search.ts';
import type { Platform } from '#src/platform/platform.ts';
import { queryText } from '../request/query.ts';
import { operationPath } from '../view/operation-example.ts';

/** Finds operations by words, and by what goes in and what comes out. */
export const searchRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.get('/v1/search', async (request) => {
    const limit = queryText(request, 'limit');
    const found = await search(platform, request.headers.authorization, {
      text: queryText(request, 'q'),
      takes: queryText(request, 'takes'),
      gives: queryText(request, 'gives'),
      limit: limit === undefined ? undefined : Number(limit),
    });
    return {
      found: found.map(({ operation, ...one }) => {
        const { name, input, output, result, description } = operation;
        return {
          ...one,
          operation: name,
          description: description || one.description,
          ...{ input, output, result },
          path: operationPath(one.service, name),
        };
      }),
    };
  });
};
