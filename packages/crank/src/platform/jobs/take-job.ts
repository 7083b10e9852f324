import { actorOf } from '#src/core/actor.ts';
import { newId } from '#src/core/id.ts';
import { formatTraceParent } from '#src/core/trace-context.ts';
import type { JobRow } from '#src/store/schema-service-life.ts';
import type { CallBody, CallRequest } from '../call.ts';
import type { CallAnswer } from '../call-answer.ts';
import { openingEntry } from '../call-record.ts';
import type { CallState } from '../call-state.ts';
import type { Platform } from '../platform.ts';
import { storeInput } from './job-input.ts';
import { infoOf } from './job-view.ts';

/**
 * Takes a call as a job: its opening receipt, its row, its arguments and the answer that repeats under its key get are
 * durable, in one commit, when this resolves.
 *
 * @param approval why it has to be approved before it runs, where it has
 * @throws CrankError `rate-limited`, `overloaded` where too many wait; what the recorder throws
 */
export const takeJob = async (
  platform: Platform,
  state: CallState,
  body: CallBody,
  request: CallRequest,
  approval?: readonly string[],
): Promise<CallAnswer> => {
  const { id, subject, target, principal } = state;
  const { db } = platform.store;
  platform.jobs.demandRoom(principal.account);
  const input = await storeInput({ db, key: subject, job: id, kind: 'input' }, body);
  const opening = newId('open');
  const row: JobRow = {
    id,
    node: platform.node,
    account: target.account,
    caller: principal.account,
    principal: actorOf(principal),
    acting: principal.credential === undefined ? null : JSON.stringify(principal),
    service: target.service,
    version: target.digest,
    operation: state.operation.name,
    opening,
    subject: subject.id,
    named: subject.named ? 1 : 0,
    tags: request.tags ?? null,
    quote: request.quote ?? null,
    state: approval === undefined ? 'queued' : 'waiting',
    approval: approval === undefined ? null : JSON.stringify(approval),
    approved_by: null,
    trace: state.trace === undefined ? null : formatTraceParent(state.trace.own),
    classification: request.classification ?? null,
    attempts: 0,
    received_at: state.received,
    deadline_at: state.deadline ?? null,
    not_before: null,
    started_at: null,
    ended_at: null,
    outcome: null,
    fraction: null,
    message: '',
    progress_at: null,
    cancelled_at: null,
    input_bytes: input.size,
    result: null,
    result_name: null,
    result_content_type: null,
    result_bytes: 0,
    expires_at: null,
  };
  platform.jobs.demandRoom(principal.account, input.size);
  const entry = openingEntry(state, platform, opening);
  const kept =
    state.slot && platform.idempotency.row(state.slot, { call: id, version: target.digest, type: 'job' }, subject);
  await state.step('commit', () =>
    platform.recorder.commit({
      ...entry,
      queries: [
        ...(entry.queries ?? []),
        ...input.finish(),
        db.insertInto('jobs').values(row).compile(),
        ...(kept === undefined ? [] : [platform.idempotency.keep(kept)]),
      ].map(({ sql, parameters }) => ({ sql, parameters })),
    }),
  );
  if (subject.pending !== undefined) await platform.subjects.stored(subject);
  platform.jobs.add(row);
  return {
    ...{ id, version: target.digest, timing: state.timing, answer: { type: 'job', job: infoOf(row) } },
    ...(state.trace && { trace: state.trace.own }),
  };
};
