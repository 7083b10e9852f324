import type { CallToolResult, ServerContext } from '@modelcontextprotocol/server';
import { MissingRequiredClientCapabilityError, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { CrankError } from '#src/core/error.ts';
import type { Problem } from '#src/core/problem.ts';
import type { Operation } from '#src/core/service.ts';
import { cancelJob, getJob, jobResult } from '#src/platform/jobs/job-access.ts';
import type { JobInfo } from '#src/platform/jobs/job-view.ts';
import type { Platform } from '#src/platform/platform.ts';
import { type Asked, named } from './call-tool.ts';
import { blob, jsonContent, problemContent, streamContent } from './content.ts';

/** The extension by which calls go on as tasks (SEP-2663). */
export const TASKS = 'io.modelcontextprotocol/tasks';
const POLL_MS = 1_000;

/** Whether the client of a request takes tasks. */
export const takesTasks = ({ mcpReq: { envelope } }: ServerContext): boolean => {
  const capabilities = (envelope as Readonly<Record<string, unknown>> | undefined)?.[
    'io.modelcontextprotocol/clientCapabilities'
  ] as { extensions?: Record<string, unknown> } | undefined;
  return capabilities?.extensions?.[TASKS] !== undefined;
};

/** @throws ProtocolError where the client did not say that it knows tasks */
export const demandTasks = (context: ServerContext): void => {
  if (!takesTasks(context))
    throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [TASKS]: {} } } });
};

/** A job as a task. */
export const taskOf = (job: JobInfo): Record<string, unknown> => ({
  taskId: job.id,
  status: statusOf(job),
  ...messageOf(job),
  createdAt: job.received,
  lastUpdatedAt: job.ended ?? job.progress?.at ?? job.started ?? job.received,
  // Until it has ended nobody knows; from then on its result is kept for so long.
  ttlMs: job.result === null ? null : Date.parse(job.result.until) - Date.parse(job.received),
  pollIntervalMs: POLL_MS,
});

const statusOf = ({ state, outcome }: JobInfo): 'working' | 'completed' | 'failed' | 'cancelled' => {
  if (state !== 'ended') return 'working';
  if (outcome === 'cancelled') return 'cancelled';
  return outcome === 'internal' ? 'failed' : 'completed';
};

const messageOf = ({ state, approval, progress }: JobInfo): { statusMessage?: string } => {
  if (state === 'waiting')
    return { statusMessage: `Somebody has to approve it: ${(approval?.reasons ?? []).join('; ')}` };
  return progress?.message ? { statusMessage: progress.message } : {};
};

/** `tasks/get`: how a job is, with its result once there is one. */
export const getTask = async (platform: Platform, asked: Asked, id: string): Promise<Record<string, unknown>> => {
  const job = await known(() => getJob(platform, asked.authorization, id));
  const task = taskOf(job);
  if (task['status'] === 'failed')
    return {
      ...task,
      error: { code: ProtocolErrorCode.InternalError, message: 'The node failed; nothing was charged.' },
    };
  return task['status'] === 'completed' ? { ...task, result: await resultOf(platform, asked, job) } : task;
};

/** `tasks/update`: input for a task that waits for some, which none does. @throws ProtocolError */
export const updateTask = async (platform: Platform, asked: Asked, id: string): Promise<Record<string, never>> => {
  const job = await known(() => getJob(platform, asked.authorization, id));
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, `The task ${job.id} waits for no input.`);
};

/** `tasks/cancel`. */
export const cancelTask = async (platform: Platform, asked: Asked, id: string): Promise<Record<string, never>> => {
  const job = await known(() => getJob(platform, asked.authorization, id));
  // Of one that has ended the platform would delete the result: a cancellation that comes late does not mean that.
  if (job.state !== 'ended') await known(() => cancelJob(platform, asked.authorization, id));
  return {};
};

const resultOf = async (platform: Platform, asked: Asked, job: JobInfo): Promise<CallToolResult> => {
  try {
    const { problem, body, contentType, fileName } = await jobResult(platform, asked.authorization, job.id);
    const chunks: Buffer[] = [];
    for await (const chunk of body ?? []) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const result =
      problem !== undefined
        ? problemContent(JSON.parse(Buffer.from(problem).toString()) as Problem)
        : job.result?.type === 'stream'
          ? streamContent(bytes.toString().trimEnd().split('\n'))
          : fileName !== undefined
            ? { content: [blob(fileName, contentType, bytes, job.id)] }
            : jsonContent(await operationOf(platform, job), bytes.toString());
    return named(result, job, asked.base);
  } catch (error) {
    if (!(error instanceof CrankError)) throw error;
    return { isError: true, content: [{ type: 'text', text: error.message }] };
  }
};

const operationOf = async (platform: Platform, job: JobInfo): Promise<Operation> => {
  const version = await platform.catalog.resolve(job.account, job.service, job.version);
  return version.operation(job.operation).operation;
};

/** @throws ProtocolError for what the platform refuses: tasks are no tools, whose errors would be results */
const known = async <T>(ask: () => Promise<T>): Promise<T> => {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof CrankError) throw new ProtocolError(ProtocolErrorCode.InvalidParams, error.message);
    throw error;
  }
};
