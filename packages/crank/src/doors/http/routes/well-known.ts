import type { FastifyInstance } from 'fastify';
import { baseUrl } from '../view/base-url.ts';

/** `com.example.crank/crank` of the node at crank.example.com: the registry wants a namespace of reversed DNS names. */
const serverName = (base: string): string => {
  const { hostname } = new URL(base);
  const labels = /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+$/i.test(hostname)
    ? hostname.split('.').reverse()
    : ['local', 'crank'];
  return `${labels.join('.')}/crank`;
};

/** What a machine that knows only this node's address can read, without a key: where all else is (RFC 9727 for the first). */
export const wellKnownRoutes = (app: FastifyInstance, version: string): void => {
  app.get('/.well-known/api-catalog', (request, reply) => {
    const base = baseUrl(request);
    return reply
      .headers({
        'access-control-allow-origin': '*',
        'content-type': 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"',
      })
      .send(
        JSON.stringify({
          linkset: [
            {
              anchor: base,
              'service-desc': [{ href: `${base}/openapi.json`, type: 'application/openapi+json' }],
              'service-doc': [
                { href: `${base}/docs`, type: 'text/html' },
                { href: `${base}/llms.txt`, type: 'text/plain' },
              ],
              'service-meta': [
                { href: `${base}/.well-known/oauth-protected-resource`, type: 'application/json' },
                { href: `${base}/.well-known/mcp/server.json`, type: 'application/json' },
              ],
              status: [{ href: `${base}/readyz`, type: 'application/json' }],
            },
          ],
        }),
      );
  });
  app.get('/.well-known/mcp/server.json', (request, reply) => {
    const base = baseUrl(request);
    return reply.header('access-control-allow-origin', '*').send({
      $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
      name: serverName(base),
      title: 'Crank',
      description: 'Governed services as tools: policy, sandbox and a signed receipt for each call.',
      version,
      remotes: [
        {
          type: 'streamable-http',
          url: `${base}/mcp`,
          headers: [
            { name: 'Authorization', description: 'Bearer and an API key or token', isRequired: true, isSecret: true },
          ],
        },
      ],
    });
  });
};
