import type { FastifyRequest } from 'fastify';

/** The address that the caller used for this node, for examples that can be copied. */
export const baseUrl = (request: FastifyRequest): string => {
  const host = request.headers.host ?? '';
  return `http://${/^[\w.-]{1,253}(?::\d{1,5})?$|^\[[0-9a-fA-F:.]{2,45}\](?::\d{1,5})?$/.test(host) ? host : 'localhost'}`;
};
