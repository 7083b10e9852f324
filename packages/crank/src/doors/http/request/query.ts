import type { FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';

/** A query parameter that may be given once. @throws CrankError `malformed-request` */
export const queryText = (request: FastifyRequest, name: string, most = 200): string | undefined => {
  const query = request.query as Record<string, string | string[] | undefined>;
  if (!Object.hasOwn(query, name)) return undefined;
  const value = query[name];
  if (typeof value === 'string' && value.length <= most) return value === '' ? undefined : value;
  throw new CrankError('malformed-request', `The query parameter ${name} is given twice or is too long: give it once.`);
};
