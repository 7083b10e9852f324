import type { Json } from '#src/core/canonical-json.ts';
import { CrankError } from '#src/core/error.ts';
import { callAction } from '#src/core/run-name.ts';
import type { Limits, Principal } from '#src/core/service.ts';
import type { AppliedBundle } from '#src/engines/policy/bundle.ts';
import type { Decision, PolicyPoint, PolicyRequest } from '#src/engines/policy/decision.ts';
import { createPolicyEngine, type PolicyEngine, type RuleAnswer } from '#src/engines/policy/engine.ts';
import { outputFields } from '#src/engines/policy/redact.ts';
import { identify } from './admit.ts';
import { callFacts } from './call-facts.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { bundlesOf, layerOf } from './policies.ts';
import { askedWorkspaces, wantedWorkspaces } from './workspace-grant.ts';

/** A bundle that is not in force. */
export interface Candidate {
  files: readonly { path: string; text: string }[];
  layer?: string;
}

/** A call that nobody makes. */
export interface TrialCall {
  service: string;
  operation: string;
  version?: string;
  /** Id of a key; the asking one where absent. */
  as?: string;
  /** RFC 3339; now where absent. */
  time?: string;
  content?: Json;
  output?: Json;
}

/** A decision with what each rule said. */
export interface Trial {
  point: PolicyPoint;
  allow: boolean;
  reasons: readonly string[];
  obligations: readonly string[];
  bundles: Readonly<Record<string, string>>;
  limits?: Limits;
  /** JSON Pointers of what would be taken out. */
  redact?: readonly string[];
  rules: RuleAnswer[];
}

/** The bundles in force, with a candidate among them in place of one of its name. */
export const withCandidate = async (
  platform: Platform,
  account: string,
  candidate: Candidate | undefined,
): Promise<AppliedBundle[]> => {
  const inForce = await bundlesOf(platform, account);
  if (candidate === undefined) return inForce;
  const layer = layerOf(candidate.layer);
  const made: AppliedBundle = { ...(await platform.compilePolicy(candidate.files)), account, layer };
  return [...inForce.filter((one) => one.layer !== layer || one.name !== made.name), made];
};

/** Runs something on an engine of its own, with other bundles than those in force. */
export const onTrial = async <T>(
  account: string,
  bundles: readonly AppliedBundle[],
  run: (engine: PolicyEngine) => Promise<T>,
): Promise<T> => {
  const engine = createPolicyEngine();
  try {
    await engine.setBundles(account, bundles);
    return await run(engine);
  } finally {
    await engine.close();
  }
};

/**
 * What policy would decide on a call, at each point that there is something to decide on, and what each rule said. Nothing
 * runs, and nothing is recorded.
 *
 * @throws CrankError `not-found`, `not-deployable` for a candidate that does not compile
 */
export const decideTrial = async (
  platform: Platform,
  authorization: string | undefined,
  read: () => Promise<{ call: TrialCall; candidate?: Candidate }>,
): Promise<Trial[]> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'policy.test', { type: 'policy', account });
  const { call, candidate } = await read();
  const target = await platform.catalog.resolve(account, call.service, call.version);
  const { operation } = target.operation(call.operation);
  const { manifest, digest: version, service } = target;
  const workspaces = wantedWorkspaces(target, operation);
  const request: PolicyRequest = {
    action: callAction(service),
    principal: call.as === undefined ? principal : await keyOf(platform, account, call.as),
    time: timeOf(call.time),
    resource: { type: 'operation', account, service, version, operation: operation.name, runtime: manifest.runtime },
    limits: { ...manifest.limits },
    ...(manifest.network && { network: manifest.network }),
    ...(workspaces && { workspaces: askedWorkspaces(workspaces) }),
  };
  const bundles = await withCandidate(platform, account, candidate);
  const factsOf = (limits: Limits) => callFacts(platform, { limits, target });
  return onTrial(account, bundles, (engine) => decideAll(engine, request, call, factsOf));
};

const decideAll = async (
  engine: PolicyEngine,
  request: PolicyRequest,
  { content, output }: Pick<TrialCall, 'content' | 'output'>,
  factsOf: (limits: Limits) => Pick<PolicyRequest, 'node' | 'spend'>,
): Promise<Trial[]> => {
  const trials: Trial[] = [];
  const first = await engine.authorise(request);
  trials.push(trialOf(first, await engine.explain('authorise', request)));
  if (!first.allow || content === undefined) return trials;
  const limits = first.limits ?? request.limits!;
  const asked = { ...request, content, limits, ...factsOf(limits) };
  const second = await engine.decideInput(asked);
  trials.push(trialOf(second, await engine.explain('input', asked)));
  if (!second.allow || output === undefined) return trials;
  const { limits: _, ...shown } = asked;
  const output_fields = outputFields(JSON.stringify(output));
  const last = await engine.decideOutput({ ...shown, output_fields });
  const said = await engine.explain('output', shown, output_fields);
  trials.push({ ...trialOf(last.decision, said), redact: last.redact });
  return trials;
};

const trialOf = ({ point, allow, reasons, obligations, bundles, limits }: Decision, rules: RuleAnswer[]): Trial => ({
  point,
  allow,
  reasons,
  obligations,
  bundles,
  ...(limits && { limits }),
  rules,
});

const keyOf = async (platform: Platform, account: string, id: string): Promise<Principal> => {
  const principal = await platform.identity.byId(account, id);
  if (principal === undefined)
    throw new CrankError('not-found', `There is no key ${id.slice(0, 80)} in force in the account ${account}.`);
  return principal;
};

const timeOf = (text: string | undefined): string => {
  const ms = text === undefined ? Date.now() : Date.parse(text);
  if (Number.isNaN(ms))
    throw new CrankError(
      'malformed-request',
      `"${text!.slice(0, 80)}" is no time: write it like 2026-11-30T09:00:00Z.`,
    );
  return new Date(ms).toISOString();
};
