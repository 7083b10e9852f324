import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseDuration } from '#src/core/duration.ts';
import { CrankError } from '#src/core/error.ts';
import { roles } from '#src/core/service.ts';
import type { Platform } from '#src/platform/platform.ts';
import { createToken, rotateTokenKey, tokenKeySet, type WantedToken } from '#src/platform/tokens.ts';
import { choiceMember, readJsonObject, textMember } from '../request/json-body.ts';

/** Tokens that keys mint, and the keys of the node that they verify with. */
export const tokenRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.post('/v1/tokens', async (request, reply) => {
    const token = await createToken(platform, request.headers.authorization, () => wantedOf(request));
    return reply.code(201).send(token);
  });
  app.post('/v1/tokens/rotate-key', (request) =>
    rotateTokenKey(platform, request.headers.authorization, async () => {
      if (request.headers['content-type'] === undefined) return { discard: false };
      const { discard = false } = await readJsonObject(request, ['discard']);
      if (typeof discard !== 'boolean') throw bad('discard', 'must be true or false');
      return { discard };
    }),
  );
  app.get('/.well-known/jwks.json', (_request, reply) =>
    reply
      .headers({ 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=300' })
      .send(JSON.stringify(tokenKeySet(platform))),
  );
};

const wantedOf = async (request: FastifyRequest): Promise<WantedToken> => {
  if (request.headers['content-type'] === undefined) return {};
  const body = await readJsonObject(request, ['role', 'scopes', 'life', 'onBehalfOf']);
  const { scopes } = body;
  if (scopes !== undefined && !(Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string')))
    throw bad('scopes', 'must be an array of texts');
  const lifeMs = body['life'] === undefined ? undefined : parseDuration(textMember(body, 'life'));
  if (body['life'] !== undefined && lifeMs === undefined) throw bad('life', 'must be a duration such as 10m');
  return {
    ...(body['role'] !== undefined && { role: choiceMember(body, 'role', roles) }),
    ...(scopes !== undefined && { scopes: scopes as string[] }),
    ...(lifeMs !== undefined && { lifeMs }),
    ...(body['onBehalfOf'] !== undefined && { onBehalfOf: textMember(body, 'onBehalfOf') }),
  };
};

const bad = (name: string, message: string): CrankError =>
  new CrankError('invalid-input', `The member "${name}" ${message}.`, { errors: [{ pointer: `/${name}`, message }] });
