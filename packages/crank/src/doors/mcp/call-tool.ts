import type { CallToolResult } from '@modelcontextprotocol/server';
import { sha256Hex } from '#src/core/digest.ts';
import { CrankError } from '#src/core/error.ts';
import { type Problem, problemOf } from '#src/core/problem.ts';
import type { Progress } from '#src/core/progress.ts';
import type { Limits, Operation } from '#src/core/service.ts';
import type { CallBody, CallRequest, StreamSink } from '#src/platform/call.ts';
import type { CallAnswer } from '#src/platform/call-answer.ts';
import type { JobInfo } from '#src/platform/jobs/job-view.ts';
import type { Platform } from '#src/platform/platform.ts';
import { readJson } from '#src/platform/read-json.ts';
import { fileContent, jsonContent, problemContent, streamContent } from './content.ts';

/** Bytes of a stream, whose items all go into one result. */
const STREAM_BYTES = 8 * 2 ** 20;

/** What a request over MCP comes with. */
export interface Asked {
  authorization: string | undefined;
  /** Address of the node, as the client knows it. */
  base: string;
  /** Aborted where the client cancels or goes away. */
  signal: AbortSignal;
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Take it as a job where it takes long. */
  later?: boolean;
}

/** A call's part that all ways of calling share. */
type Begun = Pick<CallRequest, 'authorization' | 'signal' | 'open' | 'onProgress' | 'later'>;

/** What a tool came to: its result, or the job that it goes on as. */
export type ToolOutcome = { type: 'result'; result: CallToolResult } | { type: 'job'; job: JobInfo };

/** JSON text of arguments as the body of a call. */
export const bodyOf =
  (input: Buffer) =>
  async (_operation: Operation, _limits: Limits): Promise<CallBody> => ({
    input,
    value: readJson(input, 'The arguments'),
    files: [],
    fingerprint: () => sha256Hex(input),
  });

/**
 * Makes a call and turns its answer into a tool's result. Whatever is wrong with the call is a result, too, for the model to read.
 *
 * @param make the call, by `call()` or whatever else leads to one
 * @param operationOf the operation that was called, where the client knows its schema; asked once there is a JSON answer
 */
export const callTool = async (
  platform: Platform,
  asked: Asked,
  make: (begun: Begun) => Promise<CallAnswer>,
  operationOf?: (answer: CallAnswer) => Promise<Operation>,
): Promise<ToolOutcome> => {
  const items: string[] = [];
  let size = 0;
  const sink: StreamSink = {
    encode: (json) => {
      items.push(Buffer.from(json).toString());
      return json;
    },
    write: async (bytes) => {
      size += bytes.length;
      if (size > STREAM_BYTES)
        throw new CrankError('output-too-large', 'The stream has more than 8 MiB: read it over HTTP, piece by piece.');
    },
  };
  try {
    const answered = await make({
      authorization: asked.authorization,
      signal: asked.signal,
      open: () => sink,
      ...(asked.onProgress && { onProgress: asked.onProgress }),
      ...(asked.later && { later: true }),
    });
    if (answered.answer.type === 'job') return { type: 'job', job: answered.answer.job };
    const result = await resultOf(answered, items, operationOf);
    return { type: 'result', result: named(result, answered, asked.base) };
  } catch (error) {
    if (!(error instanceof CrankError)) throw error;
    platform.refusals.countOnce(error, error.code);
    return { type: 'result', result: problemContent(problemOf(error, false)) };
  }
};

const resultOf = async (
  answered: CallAnswer,
  items: readonly string[],
  operationOf?: (answer: CallAnswer) => Promise<Operation>,
): Promise<CallToolResult> => {
  const { answer, id } = answered;
  switch (answer.type) {
    case 'json':
      return jsonContent(await operationOf?.(answered), Buffer.from(answer.json).toString());
    case 'file':
      return fileContent(answer, id);
    case 'stream':
      return answer.problem === undefined ? streamContent(items) : broken(items, answer.problem);
    case 'error':
      return problemContent(JSON.parse(Buffer.from(answer.problem).toString()) as Problem);
    case 'job':
      throw new Error('a job is no result');
  }
};

/** A stream that broke off: what there is of it, and why. */
const broken = (items: readonly string[], problem: Uint8Array): CallToolResult => {
  const told = problemContent(JSON.parse(Buffer.from(problem).toString()) as Problem);
  return { ...told, content: [...streamContent(items).content, ...told.content] };
};

/** A result with what names the call and proves it. */
export const named = (result: CallToolResult, call: { id: string; version: string }, base: string): CallToolResult => ({
  ...result,
  _meta: {
    ...result._meta,
    'crank/call': call.id,
    'crank/receipt': `${base}/v1/receipts/${call.id}`,
    'crank/version': call.version,
  },
});
