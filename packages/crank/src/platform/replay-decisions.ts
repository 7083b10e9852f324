import type { Classification } from '#src/core/personal-data.ts';
import { callAction } from '#src/core/run-name.ts';
import type { WorkspaceMode } from '#src/core/workspace.ts';
import type { CallPredicate, ReceiptDecision } from '#src/engines/audit/statement.ts';
import type { AppliedBundle, PolicyLayer } from '#src/engines/policy/bundle.ts';
import type { Decision, PolicyRequest } from '#src/engines/policy/decision.ts';
import { createPolicyEngine } from '#src/engines/policy/engine.ts';
import { callFacts } from './call-facts.ts';
import type { Platform } from './platform.ts';
import type { KeptBundle } from './policies.ts';
import { askedWorkspaces, grantingDecision, wantedWorkspaces, workspaceRequest } from './workspace-grant.ts';

/** A decision taken again. */
export interface DecisionReplay {
  point: string;
  /** `same`; `different`, which means that the receipt, or this node, is not honest; `not-replayed` with the reason. */
  result: 'same' | 'different' | 'not-replayed';
  why?: string;
}

/** Decisions on an output need what the script returned before redaction, which is not kept. */
const OUTPUT = 'the output as it was before redaction is not kept';

/**
 * Takes the decisions of a call again: on the same request, at the time when it came, by the bundles whose digests the
 * receipt names. Bundles have no clock, network or randomness, so the same must come out.
 */
export const replayDecisions = async (
  platform: Platform,
  then: CallPredicate,
  content: unknown,
): Promise<DecisionReplay[]> => {
  const named = new Map(then.decisions.flatMap(({ bundles }) => Object.entries(bundles)));
  const own = platform.policy.default;
  const wanted = [...named].filter(([name]) => name !== own.name);
  const missing: string[] = [];
  if (named.has(own.name) && named.get(own.name) !== own.digest) missing.push(`${own.name} (the platform's own)`);
  const bundles: AppliedBundle[] = [];
  for (const [name, digest] of wanted) {
    const row = await platform.store.db
      .selectFrom('bundles')
      .selectAll()
      .where('digest', '=', digest)
      .executeTakeFirst();
    if (row === undefined) missing.push(name);
    else {
      const kept = JSON.parse(row.bundle) as KeptBundle;
      bundles.push({ ...kept, ...placeOf(name, then.account), name: row.name, digest, wasm: row.wasm });
    }
  }
  if (missing.length > 0) {
    const why = `this node no longer has the bundle ${missing.join(', ')}`;
    return then.decisions.map(({ point }) => ({ point, result: 'not-replayed', why }));
  }
  const engine = createPolicyEngine();
  try {
    for (const account of new Set(bundles.map((bundle) => bundle.account)))
      await engine.setBundles(
        account,
        bundles.filter((bundle) => bundle.account === account),
      );
    const target = await versionOf(platform, then);
    const network = await networkOf(platform, then);
    const workspaces = await workspacesOf(platform, then);
    const request: PolicyRequest = {
      action: callAction(then.service),
      principal: await principalOf(platform, then),
      time: then.received,
      resource: {
        type: 'operation',
        account: then.account,
        service: then.service,
        version: then.version,
        operation: then.operation,
        runtime: target.manifest.runtime,
      },
      ...(network && { network }),
      ...(workspaces && { workspaces }),
    };
    let limits = await manifestLimits(platform, then);

    const done: DecisionReplay[] = [];
    for (const before of then.decisions) {
      const lent = before.point === 'authorise' ? lentBy(before) : undefined;
      if (lent !== undefined) {
        const again = await engine.authorise(workspaceRequest(request, ...lent));
        done.push({ point: before.point, ...compare(before, grantingDecision(again, ...lent)) });
        continue;
      }
      if (before.point === 'output') {
        done.push({ point: before.point, result: 'not-replayed', why: OUTPUT });
        continue;
      }
      const again =
        before.point === 'authorise'
          ? await engine.authorise({ ...request, limits })
          : await engine.decideInput({
              ...request,
              limits,
              content,
              ...callFacts(platform, { limits, target }),
              ...(then.classification !== undefined && { classification: then.classification as Classification }),
            });
      limits = again.limits ?? limits;
      done.push({ point: before.point, ...compare(before, again) });
    }
    return done;
  } finally {
    await engine.close();
  }
};

/** `name`, `name@service:S`, `name@account:A`, as `judge` names bundles. */
const placeOf = (name: string, home: string): { account: string; layer: PolicyLayer } => {
  const at = name.slice(name.indexOf('@') + 1);
  if (name.includes('@service:')) return { account: home, layer: at as PolicyLayer };
  if (name.includes('@account:')) return { account: at.slice('account:'.length), layer: 'account' };
  return { account: home, layer: 'account' };
};

/** Receipts say who asked without the name of the key; rules may ask for it. */
export const principalOf = async (
  platform: Platform,
  { principal }: CallPredicate,
): Promise<PolicyRequest['principal']> => {
  const row = await platform.store.db
    .selectFrom('keys')
    .select('name')
    .where('id', '=', principal.id)
    .executeTakeFirst();
  const { id, account } = principal;
  const kind = principal.kind as PolicyRequest['principal']['kind'];
  const role = principal.role as PolicyRequest['principal']['role'];
  const { issuer, onBehalfOf, scopes, tokenId } = principal;
  const credential = issuer !== undefined ? 'issuer' : tokenId !== undefined ? 'token' : undefined;
  return {
    ...{ id, name: row?.name ?? '', kind, account, role },
    ...(credential && { credential }),
    ...(issuer !== undefined && { issuer }),
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    ...(scopes !== undefined && { scopes }),
    ...(tokenId !== undefined && { tokenId }),
  };
};

/** Its version, which says where it was to run. */
export const versionOf = (platform: Platform, { account, service, version }: CallPredicate) =>
  platform.catalog.resolve(account, service, version);

export const networkOf = async (platform: Platform, then: CallPredicate): Promise<readonly string[] | undefined> =>
  (await versionOf(platform, then)).manifest.network;

/** What a call asked for, as policy was told of it. */
export const workspacesOf = async (platform: Platform, then: CallPredicate): Promise<PolicyRequest['workspaces']> => {
  const version = await versionOf(platform, then);
  const wanted = wantedWorkspaces(version, version.operation(then.operation).operation);
  return wanted && askedWorkspaces(wanted);
};

/** The workspace that a decision grants, and how. */
const lentBy = ({ obligations }: ReceiptDecision): [name: string, mode: WorkspaceMode] | undefined => {
  const [, name, mode] = obligations.at(-1)?.split(':') ?? [];
  return obligations.at(-1)?.startsWith('workspace:') ? [name!, mode as WorkspaceMode] : undefined;
};

export const manifestLimits = async (platform: Platform, then: CallPredicate): Promise<CallPredicate['limits']> => ({
  ...(await versionOf(platform, then)).manifest.limits,
});

const compare = (before: ReceiptDecision, again: Decision): Omit<DecisionReplay, 'point'> => {
  const tell = ({ allow, bundles, obligations, reasons }: Omit<ReceiptDecision, 'id' | 'point'>): string =>
    JSON.stringify([allow, Object.entries(bundles).sort(), obligations, reasons]);
  if (tell(before) === tell(again)) return { result: 'same' };
  return { result: 'different', why: `then ${tell(before)}, now ${tell(again)}` };
};
