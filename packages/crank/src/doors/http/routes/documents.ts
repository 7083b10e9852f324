import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import type { Platform } from '#src/platform/platform.ts';
import { llmsText } from '../docs/llms-text.ts';
import { CONTENT_SECURITY_POLICY, docsPage } from '../docs/page.ts';
import { openApiDocument } from '../openapi/document.ts';
import { baseUrl } from '../view/base-url.ts';
import { visibleServices } from '../view/visible-services.ts';

const asset = (name: string): Buffer => readFileSync(new URL(`../docs/${name}`, import.meta.url));

/** Documents about the node: each shows what the token may see, and to strangers what is public. */
export const documentRoutes = (app: FastifyInstance, platform: Platform): void => {
  const style = asset('page.css');
  const script = asset('page.js');
  app.get('/openapi.json', async (request) =>
    openApiDocument(baseUrl(request), await visibleServices(platform, request.headers.authorization)),
  );
  app.get('/llms.txt', async (request, reply) => {
    const services = await visibleServices(platform, request.headers.authorization);
    return reply.header('content-type', 'text/plain; charset=utf-8').send(llmsText(baseUrl(request), services));
  });
  app.get('/docs', async (request, reply) => {
    const { authorization } = request.headers;
    const services = authorization === undefined ? undefined : await visibleServices(platform, authorization);
    return reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'referrer-policy': 'no-referrer',
        vary: 'authorization',
      })
      .send(docsPage(baseUrl(request), platform.node, services));
  });
  app.get('/docs/page.css', (_request, reply) =>
    reply.headers({ 'content-type': 'text/css; charset=utf-8', 'cache-control': 'no-cache' }).send(style),
  );
  app.get('/docs/page.js', (_request, reply) =>
    reply.headers({ 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-cache' }).send(script),
  );
};
