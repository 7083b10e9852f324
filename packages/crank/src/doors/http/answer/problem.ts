import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { CrankError, catalogue, type ErrorCode } from '#src/core/error.ts';
import { problemOf } from '#src/core/problem.ts';
import { baseUrl } from '../view/base-url.ts';
import { challengeOf } from './challenge.ts';
import { quotaHeaders } from './quota-headers.ts';

export const PROBLEM = 'application/problem+json';

/** Answers with an error (RFC 9457). What is not a CrankError is our fault: it goes to the log, not out. */
export const sendProblem = (
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
  log: Logger,
): FastifyReply => {
  const known = asCrankError(error);
  if (known.code === 'internal') {
    log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'a request failed by our fault');
  }
  return sendProblemBytes(request, reply, known, Buffer.from(JSON.stringify(problemOf(known, false))));
};

/** Answers with a problem document that is written already. */
export const sendProblemBytes = (
  request: FastifyRequest,
  reply: FastifyReply,
  error: CrankError,
  problem: Uint8Array,
): FastifyReply => {
  for (const [name, value] of Object.entries(problemHeaders(error))) reply.header(name, value);
  const challenge = challengeOf(error, baseUrl(request));
  if (challenge !== undefined) reply.header('www-authenticate', challenge);
  // What is left of a body nobody wants must be read, or the client would never turn to the answer.
  if (!request.raw.complete) request.raw.resume();
  return reply.code(catalogue[error.code].status).send(problem);
};

/** Headers that go with an error. */
export const problemHeaders = ({ code, extras }: CrankError): Record<string, string> => ({
  'content-type': PROBLEM,
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  ...quotaHeaders(extras.quotas),
  ...(catalogue[code].retry === 'after' && { 'retry-after': String(Math.ceil(extras.retryAfter ?? 1)) }),
});

/** Fastify's own refusals, in our words; by status, since it has a code for each small thing. */
const refusals: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  400: ['malformed-request', 'The request is not well-formed'],
  404: ['not-found', 'There is nothing at this path'],
  413: ['too-large', 'The request is too large'],
  414: ['too-large', 'The path is too long'],
  415: ['unsupported-media-type', 'The content type is not taken here'],
};

/** What leaves for an error, whatever it is. */
export const asCrankError = (error: unknown): CrankError => {
  if (error instanceof CrankError) return error;
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  const refusal = typeof code === 'string' && code.startsWith('FST_') ? refusals[statusCode ?? 0] : undefined;
  if (refusal !== undefined) return new CrankError(refusal[0], `${refusal[1]}: see /openapi.json for what is.`);
  return new CrankError('internal', 'The node failed at this request: its operator finds the reason in its log.');
};
