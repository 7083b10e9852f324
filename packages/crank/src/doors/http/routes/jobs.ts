import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CrankError, catalogue, type ErrorCode } from '#src/core/error.ts';
import type { Problem } from '#src/core/problem.ts';
import { approveJob, rejectJob } from '#src/platform/jobs/approval.ts';
import { cancelJob, getJob, type JobResult, jobEvents, jobResult, listJobs } from '#src/platform/jobs/job-access.ts';
import type { JobInfo } from '#src/platform/jobs/job-view.ts';
import type { Platform } from '#src/platform/platform.ts';
import { callHeaders } from '../answer/answer-headers.ts';
import { PROBLEM } from '../answer/problem.ts';
import { fileHeaders } from '../answer/send-file.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';
import { queryText } from '../request/query.ts';

/** Something is said at least this often, so that nobody on the way takes the connection for dead. */
const HEARTBEAT_MS = 15_000;

interface ById {
  Params: { id: string };
}

/** Calls that outlive their request. */
export const jobRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.get('/v1/jobs', (request) =>
    listJobs(platform, request.headers.authorization, {
      cursor: queryText(request, 'cursor'),
      state: queryText(request, 'state'),
      service: queryText(request, 'service'),
    }),
  );
  app.get<ById>('/v1/jobs/:id', (request) => getJob(platform, request.headers.authorization, request.params.id));
  app.delete<ById>('/v1/jobs/:id', (request) => cancelJob(platform, request.headers.authorization, request.params.id));
  for (const [verdict, decide] of [
    ['approve', approveJob],
    ['reject', rejectJob],
  ] as const) {
    app.post<ById>(`/v1/jobs/:id/${verdict}`, async (request) =>
      decide(platform, request.headers.authorization, request.params.id, await commentIn(request)),
    );
  }
  app.get<ById>('/v1/jobs/:id/result', async (request, reply) =>
    sendResult(reply, await jobResult(platform, request.headers.authorization, request.params.id)),
  );
  app.get<ById>('/v1/jobs/:id/events', async (request, reply) => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const events = jobEvents(platform, request.headers.authorization, request.params.id, gone.signal);
    // What is wrong with the request shows before the head is out.
    const first = await events.next();
    await sendEvents(reply, first, events, gone.signal);
    return reply;
  });
};

const commentIn = async (request: FastifyRequest): Promise<string | undefined> => {
  if (request.headers['content-type'] === undefined) return undefined;
  const body = await readJsonObject(request, ['comment']);
  return body['comment'] === undefined ? undefined : textMember(body, 'comment', 1_000);
};

/** Where a job that was taken can be asked for. */
export const sendTaken = (reply: FastifyReply, job: JobInfo): FastifyReply =>
  reply
    .code(202)
    .headers({
      location: `/v1/jobs/${job.id}`,
      'crank-receipt': job.opening,
      // Nobody may have preferred it, where the call waits for an approval.
      ...(job.approval === null && { 'preference-applied': 'respond-async' }),
    })
    .send(job);

/** Answers as the call would have been answered; a stream has its last frame. */
const sendResult = async (reply: FastifyReply, result: JobResult): Promise<FastifyReply> => {
  const { job, problem, body } = result;
  reply.headers(callHeaders({ id: job.id, version: job.version }));
  if (body === undefined) {
    const { status } = catalogue[(JSON.parse(Buffer.from(problem!).toString()) as Problem).code as ErrorCode];
    return reply.code(status).header('content-type', PROBLEM).send(problem);
  }
  reply.header('content-type', result.contentType);
  if (job.result?.type === 'stream') return reply.send(Readable.from(withLastFrame(result, body)));
  if (result.fileName !== undefined) reply.headers(fileHeaders(result.fileName, result.contentType));
  return reply.header('content-length', String(result.bytes)).send(Readable.from(body));
};

async function* withLastFrame({ job, problem }: JobResult, body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let items = 0;
  for await (const piece of body) {
    for (const byte of piece) if (byte === 0x0a) items++;
    yield piece;
  }
  const frame = JSON.stringify({ call: job.id, receipt: job.receipt, outcome: job.outcome, items });
  yield Buffer.from(
    `{"$crank":${problem === undefined ? frame : `${frame.slice(0, -1)},"error":${Buffer.from(problem).toString()}}`}}\n`,
  );
}

/** `event: job` whenever it has moved on, `event: end` once it has ended; each has the job as data. */
const sendEvents = async (
  reply: FastifyReply,
  first: IteratorResult<JobInfo, void>,
  events: AsyncGenerator<JobInfo, void, void>,
  signal: AbortSignal,
): Promise<void> => {
  const { raw } = reply.hijack();
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-accel-buffering': 'no',
  });
  const beat = setInterval(() => raw.write(': still here\n\n'), HEARTBEAT_MS);
  try {
    for (let next = first; !next.done && !signal.aborted; next = await events.next()) {
      const name = next.value.state === 'ended' ? 'end' : 'job';
      if (!raw.write(`event: ${name}\ndata: ${JSON.stringify(next.value)}\n\n`)) await once(raw, 'drain', { signal });
    }
  } catch (error) {
    // Nobody reads any more, or the key was revoked meanwhile: the connection's end says it.
    if (!signal.aborted && !(error instanceof CrankError)) throw error;
  } finally {
    clearInterval(beat);
    await events.return();
    raw.end();
  }
};
