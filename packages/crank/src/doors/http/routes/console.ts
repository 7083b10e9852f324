import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';

/** Nothing runs or loads in the console but its own files, and nothing of its page can be sent elsewhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** First parts of its paths. What is behind them its own router knows. */
const PAGES = ['services', 'deploy', 'calls', 'receipts', 'usage', 'settings'];

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  woff2: 'font/woff2',
  svg: 'image/svg+xml',
};

/** Whether whoever asks shows pages: browsers say so, programs do not. */
const wantsPage = ({ headers }: FastifyRequest): boolean => headers.accept?.includes('text/html') ?? false;

/**
 * The web console: files that were built beforehand (ADR 0056), read when they are first asked for. Programs that ask at its paths
 * are answered as if it were not there; so is everybody where it was not built.
 *
 * @param folder where it was built
 */
export const consoleRoutes = (app: FastifyInstance, folder: string): void => {
  const assets = new Map<string, Promise<Buffer>>();
  const asset = (name: string): Promise<Buffer> => {
    let read = assets.get(name);
    if (read === undefined) {
      read = readFile(join(folder, 'assets', name));
      assets.set(name, read);
      // What is not there may be built later, and the names that strangers think of are many.
      read.catch(() => assets.delete(name));
    }
    return read;
  };

  /** Undefined where there is none. Read each time: it names the files of the newest build. */
  const page = (): Buffer | undefined => {
    try {
      return readFileSync(join(folder, 'index.html'));
    } catch {
      return undefined;
    }
  };
  const sendPage = (reply: FastifyReply, content: Buffer): FastifyReply =>
    reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'cross-origin-opener-policy': 'same-origin',
        'cache-control': 'no-cache',
        vary: 'accept',
      })
      .send(content);

  app.get('/', (request, reply) => {
    const content = wantsPage(request) ? page() : undefined;
    return content === undefined ? reply.header('vary', 'accept').redirect('/docs', 302) : sendPage(reply, content);
  });
  for (const name of PAGES) {
    for (const path of [`/${name}`, `/${name}/*`]) {
      app.get(path, (request, reply) => {
        const content = wantsPage(request) ? page() : undefined;
        if (content === undefined)
          throw new CrankError(
            'not-found',
            'Only a browser finds something at this path: /openapi.json and /docs list what there is.',
          );
        return sendPage(reply, content);
      });
    }
  }
  app.get<{ Params: { '*': string } }>('/assets/*', async (request, reply) => {
    const { '*': name } = request.params;
    const [, type] = /^[\w-]+(?:\.[\w-]+)*\.(js|css|woff2|svg)$/.exec(name) ?? [];
    const zipped = type !== 'woff2' && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    const content = type === undefined ? undefined : await asset(zipped ? `${name}.gz` : name).catch(() => undefined);
    if (content === undefined) throw new CrankError('not-found', 'The console has no such file: load its page again.');
    return reply
      .headers({
        'content-type': TYPES[type!]!,
        // Its name changes with it.
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'accept-encoding',
        ...(zipped && { 'content-encoding': 'gzip' }),
      })
      .send(content);
  });
};
