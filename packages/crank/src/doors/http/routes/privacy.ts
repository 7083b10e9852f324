import type { FastifyInstance } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import type { Platform } from '#src/platform/platform.ts';
import { detokenise } from '#src/platform/privacy/detokenise.ts';
import { readJsonObject } from '../request/json-body.ts';

const BODY_BYTES = 2 * 2 ** 20;

export const privacyRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.post('/v1/detokenise', (request) =>
    detokenise(platform, request.headers.authorization, async () => {
      const { tokens } = await readJsonObject(request, ['tokens'], BODY_BYTES);
      if (Array.isArray(tokens) && tokens.every((token) => typeof token === 'string')) return tokens;
      const message = 'must be a list of texts';
      throw new CrankError('invalid-input', `The member "tokens" ${message}.`, {
        errors: [{ pointer: '/tokens', message }],
      });
    }),
  );
};
