import type { Principal } from '#src/core/service.ts';
import type { Decision } from '#src/engines/policy/decision.ts';
import { denied } from './call-state.ts';
import type { Platform } from './platform.ts';

/**
 * Lets a principal do an administrative act, or not. Policy decides by role and account; refusals are counted.
 *
 * @throws CrankError `forbidden`, `policy-denied`
 */
export const permit = async (
  platform: Platform,
  principal: Principal,
  action: string,
  resource: { type: string; account: string; service?: string; id?: string; principal?: string },
): Promise<Decision> => {
  const decision = await platform.policy.authorise({ action, principal, resource });
  if (!decision.allow) {
    const error = denied(decision);
    platform.refusals.countOnce(error, `${error.code} ${action}`);
    throw error;
  }
  return decision;
};
