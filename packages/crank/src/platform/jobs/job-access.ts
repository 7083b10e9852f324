import { actorOf } from '#src/core/actor.ts';
import { CrankError } from '#src/core/error.ts';
import type { Principal } from '#src/core/service.ts';
import type { JobRow } from '#src/store/schema-service-life.ts';
import { identify } from '../admit.ts';
import { maySee } from '../calls.ts';
import { permit } from '../permit.ts';
import type { Platform } from '../platform.ts';
import { openText } from '../subject-key.ts';
import { subjectOf } from './end-job.ts';
import { contentTypeOf, infoOf, type JobInfo } from './job-view.ts';
import { deleteParts, readParts } from './parts.ts';

const PAGE = 100;
/** How often the row of a job of another node is looked at. */
const LOOK_MS = 1_000;

const none = (id: string): CrankError =>
  new CrankError('not-found', `There is no job ${id.slice(0, 80)} that this key may see: \`crank jobs\` lists them.`);

/** @throws CrankError `not-found`, also where it is not for this principal to see */
export const visible = async (platform: Platform, principal: Principal, id: string): Promise<JobRow> => {
  const row = await platform.store.db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined || !(await maySee(platform, principal, row, 'call.read'))) throw none(id);
  return row;
};

/** As it is now; what it says of its progress is for whoever may read its result. */
export const show = async (platform: Platform, principal: Principal, row: JobRow): Promise<JobInfo> => {
  const key = owns(principal, row) ? await subjectOf(platform, row) : undefined;
  return infoOf(row, key);
};

const owns = (principal: Principal, row: JobRow): boolean =>
  actorOf(principal) === row.principal && principal.account === row.caller;

/** One job. @throws CrankError `not-found` */
export const getJob = async (platform: Platform, authorization: string | undefined, id: string): Promise<JobInfo> => {
  const principal = await identify(platform, authorization);
  return show(platform, principal, await visible(platform, principal, id));
};

/** The newest jobs first: those of the account, or of the principal alone where it may see no others. `cursor` is the last id of the page before. */
export const listJobs = async (
  platform: Platform,
  authorization: string | undefined,
  { cursor, state, service }: { cursor?: string | undefined; state?: string | undefined; service?: string | undefined },
): Promise<{ jobs: JobInfo[]; cursor: string | null }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  const actor = actorOf(principal);
  await permit(platform, principal, 'call.read', { type: 'call', account, principal: actor });
  if (state !== undefined && !['waiting', 'queued', 'running', 'ended'].includes(state))
    throw new CrankError('malformed-request', '"state" is none of waiting, queued, running, ended.');
  let query = platform.store.db.selectFrom('jobs').selectAll().where('account', '=', account);
  if (!(await maySee(platform, principal, { account, principal: '' }, 'call.read')))
    query = query.where('principal', '=', actor);
  if (cursor !== undefined) query = query.where('id', '<', cursor);
  if (state !== undefined) query = query.where('state', '=', state);
  if (service !== undefined) query = query.where('service', '=', service);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(PAGE + 1)
    .execute();
  const jobs = await Promise.all(rows.slice(0, PAGE).map((row) => show(platform, principal, row)));
  return { jobs, cursor: rows.length > PAGE ? jobs.at(-1)!.id : null };
};

/**
 * Ends a job: one that waits at once, one that runs by ending its process. Of one that has ended the result is deleted.
 *
 * @returns the job as it is then; one that runs on another node ends within some seconds
 * @throws CrankError `not-found`, `forbidden`
 */
export const cancelJob = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<JobInfo> => {
  const principal = await identify(platform, authorization);
  const row = await visible(platform, principal, id);
  await permit(platform, principal, 'call.cancel', { type: 'call', account: row.account, principal: row.principal });
  const { db } = platform.store;
  if (row.state === 'ended') {
    await deleteParts(db, id, 'result').execute();
    await db
      .updateTable('jobs')
      .set({ result: null, result_bytes: 0, expires_at: null })
      .where('id', '=', id)
      .execute();
    if (row.node === platform.node) platform.jobs.forgot(row);
  } else {
    await db
      .updateTable('jobs')
      .set({ cancelled_at: Date.now() })
      .where('id', '=', id)
      .where('state', '!=', 'ended')
      .where('cancelled_at', 'is', null)
      .execute();
    if (row.node === platform.node) await platform.jobs.cancel(id);
  }
  return show(platform, principal, await visible(platform, principal, id));
};

/** What a job came to: as the call would have been answered. */
export interface JobResult {
  job: JobInfo;
  /** Problem document where it failed. */
  problem: Uint8Array | undefined;
  /** The bytes that the receipt commits to; undefined where it failed, unless that was in the middle of a stream. */
  body: AsyncGenerator<Buffer, void, void> | undefined;
  bytes: number;
  contentType: string;
  /** Of a file. */
  fileName: string | undefined;
}

/**
 * The result, for the principal that made the call.
 *
 * @throws CrankError `not-found` where there is none any more, `forbidden` for another principal, `version-conflict` where the job has not ended, `unavailable` where it is another node's
 */
export const jobResult = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<JobResult> => {
  const principal = await identify(platform, authorization);
  const row = await visible(platform, principal, id);
  if (!owns(principal, row)) throw new CrankError('forbidden', 'The result of a job is for the key that called it.');
  if (row.state !== 'ended')
    throw new CrankError('version-conflict', `The job is ${row.state}: wait for its end at /v1/jobs/${id}/events.`, {
      retryAfter: 1,
    });
  if (row.node !== platform.node)
    throw new CrankError(
      'unavailable',
      `The job is of the node ${row.node}, which alone can read its result: ask there.`,
    );
  const { db } = platform.store;
  const key = await subjectOf(platform, row);
  const called = await db.selectFrom('calls').select('problem').where('id', '=', id).executeTakeFirst();
  const sealed = called?.problem ?? '';
  const problem = sealed === '' ? undefined : Buffer.from(openText(sealed, key, `${id} problem`));
  const gone = key === undefined || (row.result === null && row.outcome === 'ok');
  if (gone || (problem === undefined && row.result === null)) {
    throw new CrankError(
      'not-found',
      key === undefined
        ? `The result of ${id} was erased.`
        : `The result of ${id} is kept no longer; its receipt is at /v1/receipts/${id}.`,
    );
  }
  return {
    job: infoOf(row, key),
    problem,
    body: row.result === null ? undefined : readParts({ db, key, job: id, kind: 'result' }),
    bytes: row.result_bytes,
    contentType: contentTypeOf(row),
    fileName: row.result_name ?? undefined,
  };
};

/** A job whenever it has moved on, from how it is now to its end. */
export async function* jobEvents(
  platform: Platform,
  authorization: string | undefined,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<JobInfo, void, void> {
  const principal = await identify(platform, authorization);
  let row = await visible(platform, principal, id);
  let wake: () => void = () => undefined;
  let moved = true;
  const unwatch = platform.jobs.watch(id, () => {
    moved = true;
    wake();
  });
  const stop = (): void => wake();
  signal.addEventListener('abort', stop, { once: true });
  let before = '';
  try {
    while (!signal.aborted) {
      moved = false;
      row = await visible(platform, principal, id);
      const info = await show(platform, principal, row);
      const now = JSON.stringify(info);
      if (now !== before) yield info;
      before = now;
      if (row.state === 'ended') return;
      if (moved) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    unwatch();
    signal.removeEventListener('abort', stop);
  }
}
