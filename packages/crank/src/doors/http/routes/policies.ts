import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import type { Platform } from '#src/platform/platform.ts';
import { applyPolicy, listPolicies, removePolicy } from '#src/platform/policies.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';
import { queryText } from '../request/query.ts';

const BODY_BYTES = 4 * 2 ** 20;
const FILES = 500;

export const policyRoutes = (app: FastifyInstance, platform: Platform): void => {
  const apply = async (request: FastifyRequest) => {
    const { authorization } = request.headers;
    return applyPolicy(platform, authorization, async () => {
      const body = await readJsonObject(request, ['layer', 'files'], BODY_BYTES);
      const layer = body['layer'] === undefined ? undefined : textMember(body, 'layer');
      return { ...(layer !== undefined && { layer }), files: filesOf(body['files']) };
    });
  };
  app.post('/v1/policies', apply);
  app.put('/v1/policies', apply);
  app.get('/v1/policies', async (request) => ({
    policies: await listPolicies(platform, request.headers.authorization),
  }));
  app.delete<{ Params: { name: string } }>('/v1/policies/:name', (request) =>
    removePolicy(platform, request.headers.authorization, request.params.name, queryText(request, 'layer')),
  );
};

const filesOf = (value: unknown): { path: string; text: string }[] => {
  const message = `must be an array of 1 to ${FILES} objects {"path", "text"}`;
  if (!Array.isArray(value) || value.length === 0 || value.length > FILES || !value.every(isFile)) {
    throw new CrankError('invalid-input', `The member "files" ${message}.`, {
      errors: [{ pointer: '/files', message }],
    });
  }
  return value;
};

const isFile = (value: unknown): value is { path: string; text: string } => {
  const { path, text } = Object(value) as { path?: unknown; text?: unknown };
  return typeof path === 'string' && path !== '' && path.length <= 1_024 && typeof text === 'string';
};
