import type { JobRow } from '#src/store/schema-service-life.ts';
import type { SubjectKey } from '../subject-key.ts';
import { openText } from '../subject-key.ts';

export type JobState = 'waiting' | 'queued' | 'running' | 'ended';

/** How far a job says it is. */
export interface JobProgress {
  /** From 0 to 1; it never goes back. Null: unknown. */
  fraction: number | null;
  message: string;
  at: string;
}

/** A job as doors show it. Its id is the id of its call, and of its receipt once it has ended. */
export interface JobInfo {
  id: string;
  account: string;
  service: string;
  version: string;
  operation: string;
  principal: string;
  state: JobState;
  /** Where another principal has to approve it: why, who did, and until when it waits. */
  approval: { reasons: string[]; by: string | null; until: string } | null;
  /** How often it was begun. */
  attempts: number;
  received: string;
  started: string | null;
  ended: string | null;
  /** When it is begun again, after an attempt that failed. */
  next: string | null;
  progress: JobProgress | null;
  /** Somebody asked for its end. */
  cancelling: boolean;
  /** `ok` or an error code, once it has ended. */
  outcome: string | null;
  result: { type: string; bytes: number; contentType: string; path: string; until: string } | null;
  /** Of the opening: that the job was taken, with what input and under which decisions. */
  opening: string;
  /** Of the call, once it has ended. */
  receipt: string | null;
  tags: string | null;
}

/** For so long a call waits for somebody's approval where it has no deadline of its own. */
const WAIT_MS = 7 * 86_400_000;

/** Until when a job waits for approval. */
export const waitsUntil = ({ received_at, deadline_at }: Pick<JobRow, 'received_at' | 'deadline_at'>): number =>
  deadline_at ?? received_at + WAIT_MS;

const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(Number(ms)).toISOString());

/** @param key of its subject; the message stays empty without it */
export const infoOf = (row: JobRow, key?: SubjectKey): JobInfo => {
  const ended = row.state === 'ended';
  return {
    id: row.id,
    account: row.account,
    service: row.service,
    version: row.version,
    operation: row.operation,
    principal: row.principal,
    state: row.state as JobState,
    approval:
      row.approval === null
        ? null
        : {
            reasons: JSON.parse(row.approval) as string[],
            by: row.approved_by,
            until: timeOf(waitsUntil(row))!,
          },
    attempts: row.attempts,
    received: timeOf(row.received_at)!,
    started: timeOf(row.started_at),
    ended: timeOf(row.ended_at),
    next: row.state === 'queued' ? timeOf(row.not_before) : null,
    progress:
      row.progress_at === null
        ? null
        : {
            fraction: row.fraction,
            message: openText(row.message, key, messageContext(row.id)),
            at: timeOf(row.progress_at)!,
          },
    cancelling: !ended && row.cancelled_at !== null,
    outcome: row.outcome,
    result:
      row.result === null || row.expires_at === null
        ? null
        : {
            type: row.result,
            bytes: row.result_bytes,
            contentType: contentTypeOf(row),
            path: `/v1/jobs/${row.id}/result`,
            until: timeOf(row.expires_at)!,
          },
    opening: `/v1/receipts/${row.opening}`,
    receipt: ended ? `/v1/receipts/${row.id}` : null,
    tags: row.tags,
  };
};

/** What the message of its progress is bound to. */
export const messageContext = (job: string): string => `${job} progress`;

export const contentTypeOf = ({ result, result_content_type }: JobRow): string =>
  result === 'json'
    ? 'application/json'
    : result === 'stream'
      ? 'application/x-ndjson'
      : (result_content_type ?? 'application/octet-stream');
