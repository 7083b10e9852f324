import type { Logger } from 'pino';
import { CrankError, type ErrorCode } from '#src/core/error.ts';
import { problemOf } from '#src/core/problem.ts';
import type { QuotaLeft } from '#src/core/quota.ts';
import type { TraceContext } from '#src/core/trace-context.ts';
import { ownsService } from './call-record.ts';
import type { CallState } from './call-state.ts';
import type { KeptAnswer } from './idempotency.ts';
import { infoOf, type JobInfo } from './jobs/job-view.ts';
import type { Platform } from './platform.ts';
import type { SubjectKey } from './subject-key.ts';

/** What a call gives back. The receiver of a file owns it and deletes it. */
export type Answer =
  | { type: 'json'; json: Uint8Array }
  | { type: 'file'; name: string; contentType: string; path: string; size: number }
  | { type: 'stream'; items: number; error?: CrankError /** The problem document of `error`. */; problem?: Uint8Array }
  | {
      type: 'error';
      error: CrankError /** The problem document: the bytes that the receipt commits to. */;
      problem: Uint8Array;
    };

/** An answer with the call that it belongs to; the id of the receipt is the id of the call. */
export interface CallAnswer {
  id: string;
  version: string;
  /** What is left of the quotas that it counted against; absent where it counted against none. */
  quotas?: readonly QuotaLeft[];
  /** Milliseconds per step. */
  timing: readonly (readonly [step: string, ms: number, start?: number])[];
  answer: Answer | JobTaken;
  /** What was signed about it; absent where it is given again, or goes on. */
  statement?: string;
  /** Its place in a trace, where somebody traces. */
  trace?: TraceContext;
}

/** The call goes on as a job. */
export interface JobTaken {
  type: 'job';
  job: JobInfo;
}

/** Worth another try under the same key, so never kept: nothing was found out about the call itself. */
const unsettled: ReadonlySet<ErrorCode> = new Set([
  'cancelled',
  'internal',
  'overloaded',
  'unavailable',
  'isolation-unavailable',
]);

/** The answer to something thrown on the way. What is not a CrankError is our fault: the details go to the node's log, not out. */
export const failureOf = (error: unknown, state: CallState, log: Logger): Answer => {
  const { id: call } = state;
  if (!(error instanceof CrankError))
    log.error({ err: error, call, trace: state.trace?.own.traceId }, 'a call failed by our fault');
  const left =
    error instanceof CrankError
      ? error
      : new CrankError('internal', `The node failed; nothing was charged. Give the operator the call's id ${call}.`);
  if (state.stream?.opening !== undefined) return streamEnd(state, state.stream.items, left);
  const told = new CrankError(left.code, left.message, { ...left.extras, call });
  const problem = problemOf(told, ownsService(state.principal, state.target.account));
  return { type: 'error', error: told, problem: Buffer.from(JSON.stringify(problem)) };
};

/** The end of a stream whose first byte may be out already, with what ended it early. */
export const streamEnd = (state: CallState, items: number, error: CrankError | undefined): Answer => {
  if (error === undefined) return { type: 'stream', items };
  const left = new CrankError(error.code, error.message, { ...error.extras, call: state.id });
  const problem = problemOf(left, ownsService(state.principal, state.target.account));
  return { type: 'stream', items, error: left, problem: Buffer.from(JSON.stringify(problem)) };
};

/** What is kept of an answer for repeats under the same key; undefined where a repeat should run again. */
export const keptAnswer = (state: CallState): KeptAnswer | undefined => {
  const head = { call: state.id, version: state.target.digest };
  const { answer } = state;
  switch (answer.type) {
    case 'json':
      return { ...head, type: 'json', json: Buffer.from(answer.json).toString() };
    case 'error': {
      if (unsettled.has(answer.error.code)) return undefined;
      return { ...head, type: 'error', code: answer.error.code, problem: Buffer.from(answer.problem).toString() };
    }
    case 'file':
    case 'stream':
      return { ...head, type: 'not-kept' };
  }
};

/** Gives a kept answer again; of a job how it is now. @throws CrankError `idempotency-conflict` where it was too large to keep */
export const replay = async (platform: Platform, kept: KeptAnswer, subject: SubjectKey): Promise<CallAnswer> => {
  const head = { id: kept.call, version: kept.version, timing: [['replay', 0]] as const };
  switch (kept.type) {
    case 'json':
      return { ...head, answer: { type: 'json', json: Buffer.from(kept.json) } };
    case 'error':
      return {
        ...head,
        answer: { type: 'error', error: new CrankError(kept.code, 'given again'), problem: Buffer.from(kept.problem) },
      };
    case 'job': {
      const row = await platform.store.db
        .selectFrom('jobs')
        .selectAll()
        .where('id', '=', kept.call)
        .executeTakeFirstOrThrow();
      return { ...head, answer: { type: 'job', job: infoOf(row, subject) } };
    }
    case 'not-kept':
      throw new CrankError(
        'idempotency-conflict',
        `The call ${kept.call} was made under this key and is done; its answer was a file, a stream or too large to keep. Its receipt is at /v1/receipts/${kept.call}; use a new key to run it again.`,
      );
  }
};
