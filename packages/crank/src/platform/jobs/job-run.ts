import { createReadStream } from 'node:fs';
import { CrankError, type ErrorCode } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import type { Operation } from '#src/core/service.ts';
import type { JobRow } from '#src/store/schema-service-life.ts';
import type { JobRun, StreamSink } from '../call.ts';
import { openingEntry } from '../call-record.ts';
import type { CallState } from '../call-state.ts';
import { itemLine } from '../item-line.ts';
import type { Platform } from '../platform.ts';
import type { LiveJob } from './live-job.ts';
import { createPartWriter, deleteParts, type PartWriter } from './parts.ts';

/** An attempt that is not the end of its job. */
export class NotTheEnd extends Error {
  override readonly name = 'NotTheEnd';
  /** `left`: the node stops, and the next start sees to it; else milliseconds until it is begun again. */
  readonly next: 'left' | number;

  constructor(next: 'left' | number) {
    super('the job has not ended');
    this.next = next;
  }
}

/** Outcomes after which an idempotent operation may be tried again. */
const retried: ReadonlySet<ErrorCode> = new Set(['script-error', 'crashed', 'internal']);
/** Nothing was run. */
const refused: ReadonlySet<ErrorCode> = new Set(['overloaded', 'rate-limited', 'isolation-unavailable']);
const BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 3_600_000;
/** Until a node that had no room is asked again. */
export const ROOM_MS = 1_000;

/** Milliseconds before attempt `n` + 1: twice as long after each, a fifth more or less so that many do not come at once. */
const backoffOf = ({ retry }: Operation, n: number): number =>
  Math.min(LONGEST_BACKOFF_MS, (retry?.backoffMs ?? BACKOFF_MS) * 2 ** (n - 1)) * (0.8 + 0.4 * Math.random());

/** What the runner knows of an attempt. */
export interface Attempt extends JobRun {
  /** Whether the operation may have run. */
  readonly begun: boolean;
  /** Takes the items of a stream. */
  sink(): StreamSink;
}

/**
 * One attempt at a job.
 *
 * @param leaving whether the node stops, and the attempt is to be left to the next start
 */
export const createAttempt = (platform: Platform, row: JobRow, live: LiveJob, leaving: () => boolean): Attempt => {
  const { db } = platform.store;
  const n = row.attempts + 1;
  let begun = false;
  let result: PartWriter | undefined;

  const writer = (state: Pick<CallState, 'subject'>): PartWriter =>
    (result ??= createPartWriter({ db, key: state.subject, job: row.id, kind: 'result' }));

  /** Why it has not ended yet; undefined where it has. */
  const goesOn = (state: CallState): NotTheEnd | undefined => {
    if (leaving()) return new NotTheEnd('left');
    const { answer, operation } = state;
    if (answer.type !== 'error' && answer.type !== 'stream') return undefined;
    const code = answer.error?.code;
    if (code === undefined) return undefined;
    if (refused.has(code)) return new NotTheEnd(ROOM_MS);
    const left = begun && operation.idempotent === true && n < (operation.retry?.attempts ?? 1);
    return left && retried.has(code) ? new NotTheEnd(backoffOf(operation, n)) : undefined;
  };

  const keep = async (state: CallState): Promise<Partial<JobRow>> => {
    const { answer } = state;
    switch (answer.type) {
      case 'error':
        return {};
      case 'json':
        await writer(state).write(answer.json);
        return { result: 'json' };
      case 'stream':
        writer(state);
        return { result: 'stream' };
      case 'file':
        for await (const chunk of createReadStream(answer.path, { highWaterMark: 2 ** 20 }))
          await writer(state).write(chunk as Buffer);
        return { result: 'file', result_name: answer.name, result_content_type: answer.contentType };
    }
  };

  let running: CallState | undefined;
  return {
    get begun() {
      return begun;
    },
    opening: row.opening,
    approvedBy: row.approved_by ?? undefined,
    begin: async (state) => {
      running = state;
      if (row.attempts > 0) await deleteParts(db, row.id, 'result').execute();
      const opening = n === 1 ? row.opening : newId('open');
      const query = db
        .updateTable('jobs')
        .set({ state: 'running', attempts: n, opening, not_before: null })
        .set((e) => ({ started_at: e.fn.coalesce('started_at', e.val(Date.now())) }))
        .where('id', '=', row.id)
        .where('state', '!=', 'ended')
        .where('cancelled_at', 'is', null);
      // That it is begun is durable before it is, or a job could be run twice that may run only once.
      if (n === 1) {
        const { numUpdatedRows } = await query.executeTakeFirst();
        if (numUpdatedRows !== 1n) throw new CrankError('cancelled', 'The job was cancelled before it began.');
      } else {
        const entry = openingEntry(state, platform, opening);
        await platform.recorder.commit({ ...entry, queries: [...(entry.queries ?? []), query.compile()] });
        state.predecessor = opening;
      }
      begun = true;
    },
    end: async (state) => {
      const more = goesOn(state);
      if (more !== undefined) throw more;
      const kept = await keep(state);
      const { type } = state.answer;
      const error = type === 'error' || type === 'stream' ? state.answer.error : undefined;
      const now = Date.now();
      return [
        ...(result?.finish() ?? []),
        deleteParts(db, row.id, 'input').compile(),
        db
          .updateTable('jobs')
          .set({
            ...{ state: 'ended', ended_at: now, outcome: error?.code ?? 'ok', not_before: null, input_bytes: 0 },
            ...live.columns(),
            ...kept,
            ...(kept.result && { result_bytes: result?.size ?? 0, expires_at: now + platform.jobs.keepMs }),
          })
          .where('id', '=', row.id)
          .compile(),
      ].map(({ sql, parameters }) => ({ sql, parameters }));
    },
    sink: () => ({
      encode: itemLine,
      write: async (bytes) => {
        const { limits } = running!;
        if (writer(running!).size + bytes.length > limits.fileBytes) {
          throw new CrankError(
            'output-too-large',
            `The items are more than the ${limits.fileBytes} bytes that are kept of a job: call it without a job, or raise the limit "file".`,
          );
        }
        await writer(running!).write(bytes);
      },
    }),
  };
};
