import type { FastifyInstance } from 'fastify';
import { kinds, roles } from '#src/core/service.ts';
import { createKey, listKeys, revokeKey } from '#src/platform/keys.ts';
import type { Platform } from '#src/platform/platform.ts';
import { choiceMember, readJsonObject, textMember } from '../request/json-body.ts';

export const keyRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.post('/v1/keys', async (request, reply) => {
    const key = await createKey(platform, request.headers.authorization, async () => {
      const body = await readJsonObject(request, ['name', 'role', 'kind']);
      return {
        name: textMember(body, 'name'),
        role: choiceMember(body, 'role', roles),
        kind: body['kind'] === undefined ? 'user' : choiceMember(body, 'kind', kinds),
      };
    });
    return reply.code(201).send(key);
  });
  app.get('/v1/keys', async (request) => ({ keys: await listKeys(platform, request.headers.authorization) }));
  app.delete<{ Params: { id: string } }>('/v1/keys/:id', (request) =>
    revokeKey(platform, request.headers.authorization, request.params.id),
  );
};
