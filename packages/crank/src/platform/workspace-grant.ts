import { CrankError } from '#src/core/error.ts';
import type { Operation } from '#src/core/service.ts';
import type { WantedWorkspaces, WorkspaceMode } from '#src/core/workspace.ts';
import type { Decision, PolicyRequest } from '#src/engines/policy/decision.ts';
import type { DeployedVersion } from './catalog.ts';

const wanted = new WeakMap<Operation, WantedWorkspaces>();

/** The workspaces that an operation asks for, with those of its version; undefined where there are none. `write` wins. */
export const wantedWorkspaces = (
  { manifest }: Pick<DeployedVersion, 'manifest'>,
  operation: Operation,
): WantedWorkspaces | undefined => {
  if (manifest.workspaces === undefined && operation.workspaces === undefined) return undefined;
  let all = wanted.get(operation);
  if (all === undefined) {
    const pairs = [...Object.entries(manifest.workspaces ?? {}), ...Object.entries(operation.workspaces ?? {})];
    const modes = new Map<string, WorkspaceMode>();
    for (const [name, mode] of pairs) if (modes.get(name) !== 'write') modes.set(name, mode);
    all = Object.fromEntries([...modes].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    wanted.set(operation, all);
  }
  return all;
};

/** What policy is told of them. */
export const askedWorkspaces = (all: WantedWorkspaces): { name: string; mode: WorkspaceMode }[] =>
  Object.entries(all).map(([name, mode]) => ({ name, mode }));

/** What a grant is called: in the `allow` of a policy, and behind `workspace:` among the obligations of a decision. */
const grantName = (name: string, mode: WorkspaceMode): string => `${name}:${mode}`;

/** Asks whether a call's principal may itself do that with a workspace of its service's account. */
export const workspaceRequest = (
  { principal, time, resource }: PolicyRequest,
  name: string,
  mode: WorkspaceMode,
): PolicyRequest => ({
  action: `workspace.${mode}`,
  principal,
  ...(time !== undefined && { time }),
  resource: {
    type: 'workspace',
    account: resource.account,
    ...(resource.service && { service: resource.service }),
    id: name,
  },
});

/** The decision that grants it, as the receipt has it. */
export const grantingDecision = (decision: Decision, name: string, mode: WorkspaceMode): Decision => ({
  ...decision,
  obligations: [...decision.obligations, `workspace:${grantName(name, mode)}`],
});

/**
 * Lets a call have the workspaces that its service asks for: whoever makes it may use them so, or a policy of the service's
 * account grants them to it. All or none, so that a service does not fail halfway.
 *
 * @param request what policy was asked about the call
 * @param granted names and modes that the decision on its input granted
 * @param authorise asks the platform's policy
 * @returns the decisions that grant them
 * @throws CrankError `policy-denied`, saying which grant is missing for what
 */
export const grantWorkspaces = async (
  all: WantedWorkspaces,
  request: PolicyRequest,
  granted: readonly string[],
  authorise: (request: PolicyRequest) => Decision | Promise<Decision>,
): Promise<Decision[]> => {
  const decisions: Decision[] = [];
  const reasons: string[] = [];
  for (const { name, mode } of askedWorkspaces(all)) {
    if (granted.includes(grantName(name, mode)) || granted.includes(grantName(name, 'write'))) continue;
    const own = await authorise(workspaceRequest(request, name, mode));
    if (own.allow) decisions.push(grantingDecision(own, name, mode));
    else
      reasons.push(
        `${mode} of the workspace ${name} is not granted (${own.reasons.join('; ')}): the owner of its account applies a policy whose package crank.workspaces has \`allow contains "${grantName(name, mode)}"\``,
      );
  }
  if (reasons.length === 0) return decisions;
  const { account, service } = request.resource;
  throw new CrankError(
    'policy-denied',
    `${account}/${service} asks for workspaces (${Object.keys(all).join(', ')}), and this call was not granted them: ${reasons.join('; ')}.`,
    { reasons },
  );
};
