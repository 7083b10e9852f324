import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** Address of the node as its operator gave it. */
    publicUrl: string | undefined;
  }
}

/** The address of this node as its operator gave it, or as the caller used it, for examples that can be copied. */
export const baseUrl = (request: FastifyRequest): string => {
  if (request.server.publicUrl !== undefined) return request.server.publicUrl;
  const host = request.headers.host ?? '';
  return `http://${/^[\w.-]{1,253}(?::\d{1,5})?$|^\[[0-9a-fA-F:.]{2,45}\](?::\d{1,5})?$/.test(host) ? host : 'localhost'}`;
};
