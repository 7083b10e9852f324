import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import type { Platform } from '#src/platform/platform.ts';
import { describeSecret, listSecrets, removeSecret, setSecret } from '#src/platform/secret-admin.ts';
import { readJsonObject } from '../request/json-body.ts';

const BODY_BYTES = 256 * 1024;

export const secretRoutes = (app: FastifyInstance, platform: Platform): void => {
  const set = async (request: FastifyRequest, reply: FastifyReply, name: string | undefined) => {
    const read = () => readValue(request, name);
    const { isNew, ...info } = await setSecret(platform, request.headers.authorization, name, read);
    return reply.code(isNew ? 201 : 200).send(info);
  };
  app.post('/v1/secrets', (request, reply) => set(request, reply, undefined));
  app.put<{ Params: { name: string } }>('/v1/secrets/:name', (request, reply) =>
    set(request, reply, request.params.name),
  );
  app.get('/v1/secrets', async (request) => ({ secrets: await listSecrets(platform, request.headers.authorization) }));
  app.get<{ Params: { name: string } }>('/v1/secrets/:name', (request) =>
    describeSecret(platform, request.headers.authorization, request.params.name),
  );
  app.delete<{ Params: { name: string } }>('/v1/secrets/:name', (request) =>
    removeSecret(platform, request.headers.authorization, request.params.name),
  );
};

/** Nothing of the body is repeated in an error: it is a secret. */
const readValue = async (
  request: FastifyRequest,
  named: string | undefined,
): Promise<{ name?: string; value: string }> => {
  const known = named === undefined ? ['name', 'value'] : ['value'];
  let body: Readonly<Record<string, unknown>>;
  try {
    body = await readJsonObject(request, known, BODY_BYTES);
  } catch (error) {
    if (!(error instanceof CrankError) || error.code !== 'malformed-request') throw error;
    throw new CrankError(
      'malformed-request',
      `The body is no JSON object with ${known.join(' and ')}, and nothing else.`,
    );
  }
  const { name = named, value } = body;
  if (typeof name !== 'string') throw notText('name');
  if (typeof value !== 'string') throw notText('value');
  return { name, value };
};

const notText = (member: string): CrankError => {
  const message = 'must be a text';
  return new CrankError('invalid-input', `The member "${member}" ${message}.`, {
    errors: [{ pointer: `/${member}`, message }],
  });
};
