import type { FastifyInstance } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import { handoversOf, vkeysOf } from '#src/platform/handovers.ts';
import type { Platform } from '#src/platform/platform.ts';
import { rotateKey } from '#src/platform/rotate-key.ts';
import { cosignedNote } from '#src/platform/witnesses.ts';

/** Any page may verify the log: it is public, and reveals nothing but hashes. */
const OPEN = { 'access-control-allow-origin': '*' };

/** The transparency log as files (C2SP tlog-tiles). */
export const logRoutes = (app: FastifyInstance, platform: Platform): void => {
  const { logFiles } = platform;
  app.get('/log/vkey', (_request, reply) =>
    reply
      .headers({ ...OPEN, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache' })
      .send(`${logFiles.vkey}\n`),
  );
  app.get('/log/vkeys', async (_request, reply) =>
    reply
      .headers({ ...OPEN, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache' })
      .send((await vkeysOf(platform)).map((vkey) => `${vkey}\n`).join('')),
  );
  app.get('/log/handovers', async (_request, reply) =>
    reply
      .headers({ ...OPEN, 'content-type': 'application/x-ndjson', 'cache-control': 'no-cache' })
      .send(await handoversOf(platform)),
  );
  app.post('/v1/log/rotate-key', (request) => rotateKey(platform, request.headers.authorization));
  app.get('/log/checkpoint', async (_request, reply) => {
    const newest = await logFiles.read('checkpoint');
    const cosigned = await cosignedNote(platform, platform.node);
    const checkpoint = newest !== undefined && cosigned?.note.startsWith(newest.toString()) ? cosigned.note : newest;
    if (checkpoint === undefined)
      throw new CrankError('not-found', 'The log is empty: its first entry comes with the first call or act.');
    return reply
      .headers({ ...OPEN, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache' })
      .send(checkpoint);
  });
  app.get('/log/witnessed', async (_request, reply) => {
    const cosigned = await cosignedNote(platform, platform.node);
    if (cosigned === undefined) throw new CrankError('not-found', 'No witness has cosigned this log yet.');
    return reply
      .headers({ ...OPEN, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache' })
      .send(cosigned.note);
  });
  app.get('/log/tile/*', async (request, reply) => {
    // As it stands in the request line: no second spelling of a path, such as an escaped one, is known.
    const path = request.raw.url!.slice('/log/'.length);
    const tile = await logFiles.read(path);
    if (tile === undefined)
      throw new CrankError('not-found', 'There is no such tile: /log/checkpoint tells the size of the log.');
    return reply
      .headers({
        ...OPEN,
        'content-type': 'application/octet-stream',
        // A partial tile never changes either, but it may be taken away once the full one is there.
        'cache-control': path.includes('.p/') ? 'public, max-age=300' : 'public, max-age=31536000, immutable',
      })
      .send(tile);
  });
};
