import type { FastifyInstance } from 'fastify';
import { listedIssuers } from '#src/platform/issuers.ts';
import type { Platform } from '#src/platform/platform.ts';
import { METADATA_PATH } from '../answer/challenge.ts';
import { baseUrl } from '../view/base-url.ts';

/** What clients of OAuth need to know of this node (RFC 9728): where tokens for it come from, and how they are sent. */
export const resourceMetadataRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.get(METADATA_PATH, async (request, reply) => {
    const issuers = await listedIssuers(platform);
    const resource = baseUrl(request);
    return reply.headers({ 'cache-control': 'no-store', 'access-control-allow-origin': '*' }).send({
      resource,
      ...(issuers.length > 0 && { authorization_servers: issuers }),
      bearer_methods_supported: ['header'],
      resource_name: 'Crank',
      resource_documentation: `${resource}/docs`,
    });
  });
};
