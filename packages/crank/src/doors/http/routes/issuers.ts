import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import { roles } from '#src/core/service.ts';
import { addIssuer, listIssuers, removeIssuer, type WantedIssuer } from '#src/platform/issuers.ts';
import type { Platform } from '#src/platform/platform.ts';
import { choiceMember, readJsonObject, textMember } from '../request/json-body.ts';

const MOST_CLAIMS = 20;
const MOST_TEXT = 500;

/** Issuers whose tokens an account takes. */
export const issuerRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.post('/v1/issuers', async (request, reply) => {
    const issuer = await addIssuer(platform, request.headers.authorization, () => wantedOf(request));
    return reply.code(201).send(issuer);
  });
  app.get('/v1/issuers', async (request) => ({
    issuers: await listIssuers(platform, request.headers.authorization),
  }));
  app.delete<{ Params: { id: string } }>('/v1/issuers/:id', (request) =>
    removeIssuer(platform, request.headers.authorization, request.params.id),
  );
};

const wantedOf = async (request: FastifyRequest): Promise<WantedIssuer> => {
  const body = await readJsonObject(request, ['url', 'audience', 'role', 'claims', 'listed']);
  const { claims = {}, listed = false } = body;
  if (!isClaims(claims)) throw bad('claims', `must be an object of at most ${MOST_CLAIMS} texts by name of the claim`);
  if (typeof listed !== 'boolean') throw bad('listed', 'must be true or false');
  const url = textMember(body, 'url', MOST_TEXT);
  const { protocol, search, hash } = URL.canParse(url) ? new URL(url) : { protocol: '', search: '', hash: '' };
  // Whether plain HTTP is possible there is seen when it is asked.
  if (!/^https?:$/.test(protocol) || search !== '' || hash !== '' || url.includes('?') || url.includes('#'))
    throw bad('url', 'must be an https URL without query, as in the claim "iss" of its tokens');
  return {
    url,
    audience: textMember(body, 'audience', MOST_TEXT),
    role: choiceMember(body, 'role', roles),
    claims,
    listed,
  };
};

const isClaims = (value: unknown): value is Record<string, string> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= MOST_CLAIMS &&
    entries.every(
      ([name, said]) => name !== '' && name.length <= 200 && typeof said === 'string' && said.length <= MOST_TEXT,
    )
  );
};

const bad = (name: string, message: string): CrankError =>
  new CrankError('invalid-input', `The member "${name}" ${message}.`, { errors: [{ pointer: `/${name}`, message }] });
