import type { FastifyInstance, FastifyReply } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import type { Platform } from '#src/platform/platform.ts';
import type { CosignAnswer } from '#src/platform/witness.ts';
import { askWitness, dropWitness, leaveLog, serveLog, witnessReport } from '#src/platform/witnesses.ts';
import { readBody } from '../request/body.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';
import { queryText } from '../request/query.ts';

/** A proof has at most 3 KiB, a checkpoint with many signatures some more. */
const MAX_BODY = 64 * 1024;
const MAX_URL = 500;

const TEXT = 'text/plain; charset=utf-8';
const statuses = { unknown: 404, unsigned: 403, malformed: 400, inconsistent: 422, forked: 422 } as const;

/** Answers in the words of tlog-witness, not in problem documents: its clients know no others. */
const sendVerdict = (reply: FastifyReply, answer: CosignAnswer): FastifyReply => {
  switch (answer.verdict) {
    case 'cosigned':
      return reply.type(TEXT).send(answer.lines);
    case 'conflict':
      return reply
        .code(409)
        .header('content-type', 'text/x.tlog.size')
        .send(Buffer.from(`${answer.size}\n`));
    default:
      return reply.code(statuses[answer.verdict]).type(TEXT).send(`${answer.why}\n`);
  }
};

/** The node as a witness (C2SP tlog-witness; submission and monitoring prefix are `/witness`), and who watches whom. */
export const witnessRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.get('/witness/vkey', (_request, reply) => reply.type(TEXT).send(`${platform.witness.vkey}\n`));
  app.post('/witness/add-checkpoint', async (request, reply) => {
    const body = await readBody(request.raw, MAX_BODY);
    return sendVerdict(reply, await platform.witness.addCheckpoint(body.toString()));
  });
  app.get<{ Params: { hash: string } }>('/witness/:hash/checkpoint', async (request, reply) => {
    const note = await platform.witness.checkpointOf(request.params.hash);
    if (note === undefined) throw new CrankError('not-found', 'This node has cosigned no checkpoint of that log.');
    return reply.type(TEXT).header('cache-control', 'no-cache').send(note);
  });

  app.get('/v1/log/witnesses', (request) => witnessReport(platform, request.headers.authorization));
  app.post('/v1/log/witnesses', async (request) => {
    const body = await readJsonObject(request, ['vkey', 'url']);
    const wanted = { vkey: textMember(body, 'vkey', MAX_URL), url: textMember(body, 'url', MAX_URL) };
    return askWitness(platform, request.headers.authorization, wanted);
  });
  app.delete('/v1/log/witnesses', (request) =>
    dropWitness(platform, request.headers.authorization, queryText(request, 'vkey') ?? ''),
  );
  app.post('/v1/log/witnessed', async (request) => {
    const body = await readJsonObject(request, ['vkey']);
    return serveLog(platform, request.headers.authorization, textMember(body, 'vkey', MAX_URL));
  });
  app.delete('/v1/log/witnessed', (request) =>
    leaveLog(platform, request.headers.authorization, queryText(request, 'origin') ?? ''),
  );
};
