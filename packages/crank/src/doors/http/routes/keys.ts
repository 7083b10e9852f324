import type { FastifyInstance } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import type { Role } from '#src/core/service.ts';
import { createKey, listKeys, revokeKey } from '#src/platform/keys.ts';
import type { Platform } from '#src/platform/platform.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';

export const roles = ['owner', 'developer', 'caller', 'auditor'] as const satisfies readonly Role[];

const isRole = (text: string): text is Role => (roles as readonly string[]).includes(text);

export const keyRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.post('/v1/keys', async (request, reply) => {
    const body = await readJsonObject(request, ['name', 'role']);
    const name = textMember(body, 'name');
    const role = textMember(body, 'role');
    if (!isRole(role)) {
      const message = `must be one of ${roles.join(', ')}`;
      throw new CrankError('invalid-input', `The role ${message}.`, { errors: [{ pointer: '/role', message }] });
    }
    const key = await createKey(platform, request.headers.authorization, { name, role });
    return reply.code(201).send(key);
  });
  app.get('/v1/keys', async (request) => ({ keys: await listKeys(platform, request.headers.authorization) }));
  app.delete<{ Params: { id: string } }>('/v1/keys/:id', (request) =>
    revokeKey(platform, request.headers.authorization, request.params.id),
  );
};
