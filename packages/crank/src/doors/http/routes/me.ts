import type { FastifyInstance } from 'fastify';
import { describeMe } from '#src/platform/me.ts';
import type { Platform } from '#src/platform/platform.ts';

export const meRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.get('/v1/me', (request) => describeMe(platform, request.headers.authorization));
};
