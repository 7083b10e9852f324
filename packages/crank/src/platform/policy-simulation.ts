import { callAction } from '#src/core/run-name.ts';
import type { CallPredicate } from '#src/engines/audit/statement.ts';
import type { PolicyRequest } from '#src/engines/policy/decision.ts';
import type { PolicyEngine } from '#src/engines/policy/engine.ts';
import { identify } from './admit.ts';
import { askedAs } from './asked-as.ts';
import { callFacts } from './call-facts.ts';
import { unpackInput } from './keeping.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { type Candidate, onTrial, withCandidate } from './policy-trial.ts';
import { payloadOf } from './receipt-payload.ts';
import { manifestLimits, networkOf, versionOf, workspacesOf } from './replay-decisions.ts';

/** Changes that are told one by one. */
const SHOWN = 100;

/** A call on which the candidate would have decided in another way. */
export interface Change {
  call: string;
  service: string;
  operation: string;
  principal: string;
  time: string;
  point: string;
  before: { allow: boolean; reasons: readonly string[]; obligations: readonly string[] };
  after: { allow: boolean; reasons: readonly string[]; obligations: readonly string[] };
}

export interface Simulation {
  /** That were looked at, the newest ones. */
  calls: number;
  /** On which it would decide as it was decided. */
  same: number;
  /** That it would refuse, that it would not, and that it would let go with other obligations. */
  denied: number;
  allowed: number;
  otherwise: number;
  /** Of which the input was not kept, so that rules which look at it saw nothing. */
  blind: number;
  /** Whose version is gone. */
  gone: number;
  /** The newest ones. */
  changes: Change[];
}

/**
 * Takes the decisions of the newest calls again, with a bundle that is not in force: what would have been different. On
 * outputs nothing is decided: they are not kept as they were before redaction.
 *
 * @throws CrankError `not-deployable` for a candidate that does not compile
 */
export const simulate = async (
  platform: Platform,
  authorization: string | undefined,
  read: () => Promise<{ candidate: Candidate; last: number; service?: string }>,
): Promise<Simulation> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'policy.test', { type: 'policy', account });
  const { candidate, last, service } = await read();
  const bundles = await withCandidate(platform, account, candidate);
  const { db } = platform.store;
  let query = db
    .selectFrom('calls')
    .innerJoin('receipts', 'receipts.id', 'calls.id')
    .select(['calls.id', 'receipts.envelope'])
    .where('calls.account', '=', account);
  if (service !== undefined) query = query.where('calls.service', '=', service);
  const rows = await query.orderBy('calls.id', 'desc').limit(last).execute();
  const done: Simulation = {
    calls: rows.length,
    same: 0,
    denied: 0,
    allowed: 0,
    otherwise: 0,
    blind: 0,
    gone: 0,
    changes: [],
  };
  await onTrial(account, bundles, async (engine) => {
    for (const { id, envelope } of rows) {
      const then = payloadOf(envelope).predicate as CallPredicate;
      const content = await keptContent(platform, id);
      const change = await changeOf(platform, engine, then, content);
      if (change === 'gone') done.gone++;
      else if (change === undefined) done.same++;
      else {
        if (change.before.allow && !change.after.allow) done.denied++;
        else if (!change.before.allow && change.after.allow) done.allowed++;
        else done.otherwise++;
        if (done.changes.length < SHOWN) done.changes.push(change);
      }
      if (content === undefined && change !== 'gone') done.blind++;
    }
  });
  return done;
};

const changeOf = async (
  platform: Platform,
  engine: PolicyEngine,
  then: CallPredicate,
  content: unknown,
): Promise<Change | 'gone' | undefined> => {
  const known = await Promise.all([
    ...([
      manifestLimits(platform, then),
      networkOf(platform, then),
      askedAs(platform, then),
      workspacesOf(platform, then),
      versionOf(platform, then),
    ] as const),
  ]).catch(() => undefined);
  if (known === undefined) return 'gone';
  const [asked, network, { principals, within }, workspaces, target] = known;
  const { account, service, version, operation } = then;
  const request: Omit<PolicyRequest, 'principal'> = {
    action: callAction(service),
    time: then.received,
    resource: { type: 'operation', account, service, version, operation, runtime: target.manifest.runtime },
    ...(network && { network }),
    ...(workspaces && { workspaces }),
    ...(within && { call: within }),
  };
  let limits = asked;
  const turns = (['authorise', 'input'] as const).flatMap((point) =>
    principals.map((principal, nth) => ({ point, principal, nth })),
  );
  for (const { point, principal, nth } of turns) {
    const before = then.decisions.filter((decision) => decision.point === point)[nth];
    const after =
      point === 'authorise'
        ? await engine.authorise({ ...request, principal, limits })
        : await engine.decideInput({
            ...{ ...request, principal, limits, content },
            ...callFacts(platform, { limits, target }),
          });
    limits = after.limits ?? limits;
    // A call that failed in between had no decision on its input.
    if (before === undefined) return undefined;
    const tell = ({ allow, reasons, obligations }: Change['before']): string =>
      JSON.stringify([allow, allow ? obligations : reasons]);
    if (tell(before) === tell(after)) {
      if (!after.allow) return undefined;
      continue;
    }
    return {
      ...{ call: then.call, service, operation, principal: then.principal.id, time: then.received, point },
      before: pick(before),
      after: pick(after),
    };
  }
  return undefined;
};

const pick = ({ allow, reasons, obligations }: Change['before']): Change['before'] => ({ allow, reasons, obligations });

const keptContent = async (platform: Platform, id: string): Promise<unknown> => {
  const row = await platform.store.db
    .selectFrom('kept')
    .selectAll()
    .where('call', '=', id)
    .where('part', '=', 'input')
    .executeTakeFirst();
  const key = row && (await platform.subjects.byId(row.subject));
  const bytes = key?.open(row!.sealed, `${id} input`);
  return bytes === undefined ? undefined : unpackInput(bytes).value;
};
