import type { Principal } from '#src/core/service.ts';
import { identify } from './admit.ts';
import type { Platform } from './platform.ts';

/** What clients want to know before they offer it. */
const ACTIONS = [
  'service.read',
  'service.call',
  'service.deploy',
  'service.rollback',
  'service.remove',
  'call.read',
  'call.cancel',
  'call.approve',
  'receipt.read',
  'usage.read',
  'log.read',
  'key.read',
  'key.create',
  'key.revoke',
  'policy.read',
  'policy.apply',
  'policy.remove',
  'policy.test',
  'secret.read',
  'secret.set',
  'secret.remove',
  'budget.read',
  'budget.create',
  'budget.remove',
  'schedule.read',
  'schedule.create',
  'webhook.read',
  'webhook.create',
  'account.read',
] as const;

/** Who asks, as the node knows them. */
export interface Me extends Pick<Principal, 'id' | 'name' | 'kind' | 'account' | 'role'> {
  onBehalfOf: string | null;
  /** `node`, by its name in the log. */
  node: string;
  /** Actions that policy would let it do now, as far as that can be said without knowing on what; of some, on what is its own only. */
  may: string[];
}

/** Who asks. Nothing is done, so that nothing is counted where policy would refuse. @throws CrankError `unauthenticated`, `rate-limited` */
export const describeMe = async (platform: Platform, authorization: string | undefined): Promise<Me> => {
  const principal = await identify(platform, authorization);
  const { id, name, kind, account, role, onBehalfOf = null } = principal;
  const asked = ACTIONS.map(async (action) => {
    const resource = { type: action.split('.')[0]!, account, principal: id };
    const { allow } = await platform.policy.authorise({ action, principal, resource });
    return allow ? [action] : [];
  });
  return { id, name, kind, account, role, onBehalfOf, node: platform.node, may: (await Promise.all(asked)).flat() };
};
