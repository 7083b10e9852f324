import type { FastifyInstance } from 'fastify';
import { createAccount, listAccounts } from '#src/platform/accounts.ts';
import type { Platform } from '#src/platform/platform.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';

/** The accounts of the node, for its operators. */
export const accountRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.post('/v1/accounts', async (request, reply) => {
    const read = async () => textMember(await readJsonObject(request, ['name']), 'name');
    return reply.code(201).send(await createAccount(platform, request.headers.authorization, read));
  });
  app.get('/v1/accounts', async (request) => ({
    accounts: await listAccounts(platform, request.headers.authorization),
  }));
};
