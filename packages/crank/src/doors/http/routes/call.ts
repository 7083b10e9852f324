import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import { problemOf } from '#src/core/problem.ts';
import { type CallRequest, call } from '#src/platform/call.ts';
import type { CallAnswer } from '#src/platform/call-answer.ts';
import type { Platform } from '#src/platform/platform.ts';
import { removeFiles } from '#src/platform/scratch.ts';
import { callHeaders, serverTiming } from '../answer/answer-headers.ts';
import { sendProblemBytes } from '../answer/problem.ts';
import { sendFile } from '../answer/send-file.ts';
import { type CallStream, openCallStream, progressEvent } from '../answer/stream-sink.ts';
import { readCallBody } from '../request/call-body.ts';
import { readCallHeaders } from '../request/call-headers.ts';
import { prefersAsync } from '../request/prefers-async.ts';
import { prefersEvents } from '../request/prefers-events.ts';
import { queryText } from '../request/query.ts';
import { sendTaken } from './jobs.ts';

interface Params {
  account?: string;
  service: string;
  operation: string;
}

/** What a door knows of a call before it is made: all but what is called, and how its body is read. */
type Begun = Omit<CallRequest, 'account' | 'service' | 'version' | 'operation' | 'read'>;

/** Answers with what a call comes to, in the form that it has: JSON, a file, a stream, a problem or the job that it becomes. */
export const answerCall = async (
  platform: Platform,
  request: FastifyRequest,
  reply: FastifyReply,
  make: (begun: Begun) => Promise<CallAnswer>,
): Promise<FastifyReply> => {
  const { headers } = request.raw;
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  const events = prefersEvents(headers.accept);
  const started: { stream?: CallStream; id?: string } = {};
  const begun: Begun = {
    authorization: headers.authorization,
    ...readCallHeaders(headers),
    ...(prefersAsync(headers['prefer']) && { later: true }),
    signal: gone.signal,
    open: (opened) => {
      reply.hijack();
      started.id = opened.id;
      started.stream = openCallStream(reply.raw, opened, events);
      return started.stream;
    },
    ...(events && { encodeProgress: progressEvent }),
  };
  try {
    const answer = await make(begun);
    if (started.stream === undefined) return await send(request, reply, answer);
    started.stream.finish(answer);
    return reply;
  } catch (error) {
    if (started.stream === undefined) throw error;
    // The head is out, so the last frame is the only place left to tell.
    if (!(error instanceof CrankError))
      platform.log.error({ err: error, call: started.id }, 'a stream failed by our fault');
    const known =
      error instanceof CrankError ? error : new CrankError('internal', 'The node failed; nothing was charged.');
    started.stream.fail(started.id!, Buffer.from(JSON.stringify(problemOf(known, false))));
    return reply;
  }
};

/** Calls: the hot path. */
export const callRoutes = (app: FastifyInstance, platform: Platform): void => {
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { raw } = request;
    const { account, service, operation } = request.params as Params;
    const version = queryText(request, 'version');
    const taken: string[] = [];
    try {
      return await answerCall(platform, request, reply, (begun) =>
        call(platform, {
          ...begun,
          ...{ account, service, operation, version },
          read: (target, limits) => readCallBody(raw, target, limits, platform.scratch, taken),
        }),
      );
    } finally {
      if (taken.length > 0) await removeFiles(taken);
    }
  };
  app.post('/v1/services/:service/:operation', handler);
  app.post('/v1/accounts/:account/services/:service/:operation', handler);
};

const send = (
  request: FastifyRequest,
  reply: FastifyReply,
  answered: CallAnswer,
): FastifyReply | Promise<FastifyReply> => {
  const { answer } = answered;
  if (answer.type === 'json') return sendJson(reply, answered, answer.json);
  reply.headers(callHeaders(answered)).header('server-timing', serverTiming(answered.timing));
  switch (answer.type) {
    case 'file':
      return sendFile(reply, answer);
    case 'error':
      return sendProblemBytes(request, reply, answer.error, answer.problem);
    case 'job':
      return sendTaken(reply, answer.job);
    case 'stream':
      throw new Error('a stream ended that was never opened');
  }
};

/** Bodies up to this many bytes go out in one piece with their head. */
const ONE_PIECE = 64 * 1024;

/** The answer of most calls, written past the framework. */
const sendJson = (reply: FastifyReply, answered: CallAnswer, json: Uint8Array): FastifyReply => {
  const { raw } = reply.hijack();
  const body = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  raw.writeHead(200, {
    ...callHeaders(answered),
    'server-timing': serverTiming(answered.timing),
    'content-type': 'application/json',
    'content-length': body.length,
  });
  // As a string of bytes it is joined to the head, which saves a gathering write.
  if (body.length <= ONE_PIECE) raw.end(body.toString('latin1'), 'latin1');
  else raw.end(body);
  return reply;
};
