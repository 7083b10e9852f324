import { CrankError } from '#src/core/error.ts';
import type { Operation, Principal } from '#src/core/service.ts';
import type { CallPredicate } from '#src/engines/audit/statement.ts';
import type { JobRow } from '#src/store/schema-service-life.ts';
import { failureOf } from '../call-answer.ts';
import { callEntry } from '../call-record.ts';
import { CallState } from '../call-state.ts';
import type { DeployedVersion } from '../catalog.ts';
import type { Platform } from '../platform.ts';
import { payloadOf } from '../receipt-payload.ts';
import type { SubjectKey } from '../subject-key.ts';
import { deleteParts } from './parts.ts';

/** The key of a job's subject; undefined where it was erased. */
export const subjectOf = async (platform: Platform, row: JobRow): Promise<SubjectKey | undefined> => {
  const key = row.named
    ? await platform.subjects.byId(row.subject)
    : await platform.subjects.of(row.account, row.principal);
  return key?.id === row.subject ? key : undefined;
};

/**
 * Ends a job that does not run, or of which nobody knows how far it came: with a receipt, and without a charge.
 *
 * @throws CrankError as the recorder does
 */
export const endUnrun = async (platform: Platform, row: JobRow, error: unknown): Promise<void> => {
  const { db } = platform.store;
  const opened = await openedAs(platform, row);
  const target = await targetOf(platform, row, opened);
  const subject = (await subjectOf(platform, row)) ?? (await platform.subjects.of(row.account, row.principal));
  const state = new CallState({
    id: row.id,
    received: row.received_at,
    principal: { name: '', ...opened.principal } as Principal,
    target,
    operation: { name: row.operation } as Operation,
    subject,
    predecessor: row.opening,
  });
  Object.assign(state.limits, opened.limits);
  state.answer = failureOf(error, state, platform.log);
  const entry = await callEntry(state, platform, platform.meter(0), row.tags ?? undefined, undefined);
  const outcome = state.answer.type === 'error' ? state.answer.error.code : 'ok';
  const queries = [
    deleteParts(db, row.id, 'input').compile(),
    deleteParts(db, row.id, 'result').compile(),
    db
      .updateTable('jobs')
      .set({ state: 'ended', ended_at: Date.now(), outcome, not_before: null, input_bytes: 0 })
      .where('id', '=', row.id)
      .compile(),
  ].map(({ sql, parameters }) => ({ sql, parameters }));
  await platform.recorder.commit({ ...entry, queries: [...(entry.queries ?? []), ...queries] });
  if (subject.pending !== undefined) await platform.subjects.stored(subject);
  const { account, service } = row;
  const nothing = { seconds: undefined, cpuNs: 0, joules: 0, grams: 0, timing: [], trace: undefined };
  platform.counts.add({ account, service, outcome, ...nothing });
};

/** What the receipt of its opening says. */
const openedAs = async (platform: Platform, { opening }: JobRow): Promise<CallPredicate> => {
  const { envelope } = await platform.store.db
    .selectFrom('receipts')
    .select('envelope')
    .where('id', '=', opening)
    .executeTakeFirstOrThrow();
  return payloadOf(envelope).predicate as CallPredicate;
};

/** Its version, or what is known of it where that was removed. */
const targetOf = async (
  platform: Platform,
  { account, service, version, operation }: JobRow,
  { limits, isolation }: CallPredicate,
): Promise<DeployedVersion> => {
  try {
    return await platform.catalog.resolve(account, service, version);
  } catch (error) {
    if (!(error instanceof CrankError) || error.code !== 'not-found') throw error;
    const none = (): never => {
      throw error;
    };
    const manifest = { limits, isolation, operations: { [operation]: { name: operation } } };
    return { account, service, digest: version, quarantine: null, manifest: manifest as never, operation: none };
  }
};
