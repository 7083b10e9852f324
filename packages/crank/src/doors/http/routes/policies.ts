import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Json } from '#src/core/canonical-json.ts';
import { CrankError } from '#src/core/error.ts';
import type { Platform } from '#src/platform/platform.ts';
import { applyPolicy, listPolicies, removePolicy } from '#src/platform/policies.ts';
import { simulate } from '#src/platform/policy-simulation.ts';
import { type Candidate, decideTrial } from '#src/platform/policy-trial.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';
import { queryText } from '../request/query.ts';

const BODY_BYTES = 4 * 2 ** 20;
/** With data of 64 Mi characters, which is what a bundle may have. */
const APPLY_BYTES = 72 * 2 ** 20;
const FILES = 500;
/** Calls that a simulation looks at. */
const MOST_CALLS = 10_000;

export const policyRoutes = (app: FastifyInstance, platform: Platform): void => {
  const apply = async (request: FastifyRequest) => {
    const { authorization } = request.headers;
    return applyPolicy(platform, authorization, async () => {
      const body = await readJsonObject(request, ['layer', 'files'], APPLY_BYTES);
      const layer = body['layer'] === undefined ? undefined : textMember(body, 'layer');
      return { ...(layer !== undefined && { layer }), files: filesOf(body['files']) };
    });
  };
  app.post('/v1/policies', apply);
  app.put('/v1/policies', apply);
  app.get('/v1/policies', async (request) => ({
    policies: await listPolicies(platform, request.headers.authorization),
  }));
  app.post('/v1/policies/-/decide', async (request) => ({
    decisions: await decideTrial(platform, request.headers.authorization, () => trialIn(request)),
  }));
  app.post('/v1/policies/-/simulate', (request) =>
    simulate(platform, request.headers.authorization, () => simulationIn(request)),
  );
  app.delete<{ Params: { name: string } }>('/v1/policies/:name', (request) =>
    removePolicy(platform, request.headers.authorization, request.params.name, queryText(request, 'layer')),
  );
};

/** A bundle that is not in force, where the body has one. */
const candidateIn = (body: Readonly<Record<string, unknown>>): Candidate | undefined =>
  body['files'] === undefined
    ? undefined
    : { files: filesOf(body['files']), ...(body['layer'] !== undefined && { layer: textMember(body, 'layer') }) };

const TRIAL = ['service', 'operation', 'version', 'as', 'time', 'content', 'output', 'files', 'layer'];

const trialIn = async (request: FastifyRequest) => {
  const body = await readJsonObject(request, TRIAL, BODY_BYTES);
  const text = (name: 'version' | 'as' | 'time') => body[name] !== undefined && { [name]: textMember(body, name) };
  const candidate = candidateIn(body);
  return {
    call: {
      service: textMember(body, 'service'),
      operation: textMember(body, 'operation'),
      ...text('version'),
      ...text('as'),
      ...text('time'),
      ...(body['content'] !== undefined && { content: body['content'] as Json }),
      ...(body['output'] !== undefined && { output: body['output'] as Json }),
    },
    ...(candidate && { candidate }),
  };
};

const simulationIn = async (request: FastifyRequest) => {
  const body = await readJsonObject(request, ['files', 'layer', 'last', 'service'], BODY_BYTES);
  const { last = 100 } = body;
  if (!Number.isInteger(last) || (last as number) < 1 || (last as number) > MOST_CALLS) {
    const message = `must be a whole number from 1 to ${MOST_CALLS}`;
    throw new CrankError('invalid-input', `The member "last" ${message}.`, { errors: [{ pointer: '/last', message }] });
  }
  return {
    candidate: candidateIn(body) ?? { files: filesOf(undefined) },
    last: last as number,
    ...(body['service'] !== undefined && { service: textMember(body, 'service') }),
  };
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
