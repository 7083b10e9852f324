import { CrankError } from '#src/core/error.ts';
import type { Principal } from '#src/core/service.ts';
import type { Decision } from '#src/engines/policy/decision.ts';
import type { JobRow } from '#src/store/schema-service-life.ts';
import { act } from '../act.ts';
import { identify } from '../admit.ts';
import type { CallRequest } from '../call.ts';
import type { CallState } from '../call-state.ts';
import { permit } from '../permit.ts';
import type { Platform } from '../platform.ts';
import { endUnrun } from './end-job.ts';
import { show, visible } from './job-access.ts';
import type { JobInfo } from './job-view.ts';

/**
 * Why a call has to wait until another principal approves it: as a job, whether it was asked for as one or not. One that was
 * approved says so in its decisions.
 *
 * @returns undefined where it has not to
 * @throws CrankError `policy-denied` where it cannot wait
 */
export const wantedApproval = (
  state: CallState,
  decisions: readonly Decision[],
  { job, replays, within }: Pick<CallRequest, 'job' | 'replays' | 'within'>,
): readonly string[] | undefined => {
  const wanting = decisions.filter(({ approval }) => approval !== undefined);
  if (wanting.length === 0) return undefined;
  if (job?.approvedBy !== undefined) {
    const approved = `approved-by:${job.approvedBy}`;
    for (const [at, decision] of state.decisions.entries())
      if (wanting.includes(decision))
        state.decisions[at] = { ...decision, obligations: [...decision.obligations, approved] };
    return undefined;
  }
  const reasons = [...new Set(wanting.flatMap(({ approval = [] }) => approval))];
  if (job === undefined && replays === undefined && within === undefined) return reasons;
  throw new CrankError(
    'policy-denied',
    `A policy of the account wants this approved by somebody else, and this call cannot wait for that: ${reasons.join('; ')}. Call it by itself.`,
    { reasons },
  );
};

/**
 * Lets a job that waits run. Who called cannot approve, nor on whose behalf it was called.
 *
 * @throws CrankError `not-found`, `forbidden`, `version-conflict` where it does not wait
 */
export const approveJob = (
  platform: Platform,
  authorization: string | undefined,
  id: string,
  comment: string | undefined,
): Promise<JobInfo & { approvalReceipt: string }> =>
  decide(platform, authorization, id, async (principal, row) => {
    const query = platform.store.db
      .updateTable('jobs')
      .set({ state: 'queued', approved_by: principal.id })
      .where('id', '=', id)
      .where('state', '=', 'waiting')
      .compile();
    const receipt = await act(platform, principal, 'call.approve', saidOf(row, comment), [query]);
    platform.jobs.approved(row);
    return receipt;
  });

/** Ends a job that waits. @throws CrankError as `approveJob` */
export const rejectJob = (
  platform: Platform,
  authorization: string | undefined,
  id: string,
  comment: string | undefined,
): Promise<JobInfo & { approvalReceipt: string }> =>
  decide(platform, authorization, id, async (principal, row) => {
    const receipt = await act(platform, principal, 'call.reject', saidOf(row, comment), []);
    const why = `The call was not approved by ${principal.id}${comment === undefined ? '' : `: ${comment}`}.`;
    await endUnrun(platform, row, new CrankError('policy-denied', why, { reasons: reasonsOf(row) }));
    return receipt;
  });

/** Whether a principal is who called, or whom that was for: no token and no agent makes a second one of anybody. */
const isOf = (row: JobRow, { id, onBehalfOf }: Principal): boolean => {
  const caller: Partial<Principal> = row.acting === null ? {} : (JSON.parse(row.acting) as Principal);
  const people = [row.principal, caller.id, caller.onBehalfOf];
  return people.includes(id) || (onBehalfOf !== undefined && people.includes(onBehalfOf));
};

const decide = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
  run: (principal: Principal, row: JobRow) => Promise<string>,
): Promise<JobInfo & { approvalReceipt: string }> => {
  const principal = await identify(platform, authorization);
  const row = await visible(platform, principal, id);
  const resource = { type: 'call', account: row.account, service: row.service, id, principal: row.principal };
  await permit(platform, principal, 'call.approve', resource);
  if (isOf(row, principal))
    throw new CrankError('forbidden', 'Who called cannot approve the call: somebody else has to.');
  if (row.state !== 'waiting')
    throw new CrankError(
      'version-conflict',
      `The job is ${row.state}: only one that waits for approval can be decided on.`,
    );
  if (row.node !== platform.node) throw new CrankError('unavailable', `The job is of the node ${row.node}: ask there.`);
  const approvalReceipt = await platform.jobs.inTurn(id, async () => {
    const now = await visible(platform, principal, id);
    if (now.state !== 'waiting') throw new CrankError('version-conflict', `The job is ${now.state} already.`);
    return run(principal, now);
  });
  return { ...(await show(platform, principal, await visible(platform, principal, id))), approvalReceipt };
};

const saidOf = (row: JobRow, comment: string | undefined) => ({
  ...{ call: row.id, service: row.service, operation: row.operation, caller: row.principal, opening: row.opening },
  ...(comment !== undefined && { comment }),
});

const reasonsOf = ({ approval }: JobRow): string[] => (approval === null ? [] : (JSON.parse(approval) as string[]));
