import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import { readBody } from '../request/body.ts';
import { queryText } from '../request/query.ts';
import { baseUrl } from '../view/base-url.ts';

/** The Model Context Protocol, whoever speaks it. */
export interface McpHandler {
  /** Answers a request whose body has been read. @throws CrankError `unauthenticated` */
  answer(request: {
    request: Request;
    body: Buffer;
    authorization: string | undefined;
    base: string;
    /** Services that the client wants to see, and how many tools one by one. */
    services: readonly string[] | undefined;
    most: number | undefined;
  }): Promise<Response>;
}

const BODY_BYTES = 9 * 2 ** 20;
const MOST = 5_000;

/** Streamable HTTP at `/mcp`: the transport is here, the protocol is `doors/mcp`. */
export const mcpRoutes = (app: FastifyInstance, mcp: McpHandler): void => {
  // Without sessions there is nothing to GET or to DELETE: what is not routed is answered with 405.
  app.route({
    method: 'POST',
    url: '/mcp',
    handler: async (request, reply) => {
      const { raw } = request;
      const gone = new AbortController();
      reply.raw.once('close', () => {
        if (!reply.raw.writableFinished) gone.abort();
      });
      const base = baseUrl(request);
      const services = queryText(request, 'services')?.split(',');
      const most = mostOf(request);
      const body = await readBody(raw, BODY_BYTES);
      const headers = new Headers();
      for (const [name, value] of Object.entries(raw.headers)) if (typeof value === 'string') headers.set(name, value);
      const answer = await mcp.answer({
        // The body goes beside it, so that it is read once; the library looks at the content type alone.
        request: new Request(`${base}/mcp`, { method: request.method, headers, signal: gone.signal }),
        body,
        authorization: raw.headers.authorization,
        base,
        services,
        most,
      });
      return send(reply, answer);
    },
  });
};

const mostOf = (request: FastifyRequest): number | undefined => {
  const text = queryText(request, 'tools');
  if (text === undefined) return undefined;
  const most = Number(text);
  if (/^\d{1,4}$/.test(text) && most <= MOST) return most;
  throw new CrankError(
    'malformed-request',
    `"tools" must be a whole number up to ${MOST}: how many are listed one by one.`,
  );
};

const send = async (reply: FastifyReply, { status, headers, body }: Response): Promise<FastifyReply> => {
  const { raw } = reply.hijack();
  const kept = [...headers].filter(([name]) => name !== 'connection');
  raw.writeHead(status, {
    ...Object.fromEntries(kept),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  if (body === null) raw.end();
  // A client that goes away ends the call; there is nobody left to tell.
  else await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), raw).catch(() => raw.destroy());
  return reply;
};
