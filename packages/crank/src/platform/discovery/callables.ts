import type { Principal } from '#src/core/service.ts';
import { identify } from '../admit.ts';
import type { Platform } from '../platform.ts';
import type { Listed } from './directory.ts';

/**
 * The operations that a principal may call in its account, by name: what a token's scopes or a policy keep from it, it does
 * not see.
 *
 * @param services only those of these, where given
 * @throws CrankError `unauthenticated`, `rate-limited`
 */
export const callables = async (
  platform: Platform,
  authorization: string | undefined,
  services?: readonly string[],
): Promise<readonly Listed[]> => {
  const principal = await identify(platform, authorization);
  const all = await platform.directory.of(principal.account);
  const chosen = services === undefined ? all : all.filter(({ service }) => services.includes(service));
  return permitted(platform, principal, chosen);
};

/** Those of some operations that a principal may call, in their order. @param most how many are wanted */
export const permitted = async <T extends Listed>(
  platform: Platform,
  principal: Principal,
  all: readonly T[],
  most = Number.POSITIVE_INFINITY,
): Promise<readonly T[]> => {
  const may: T[] = [];
  for (const one of all) {
    if (may.length >= most) break;
    const { account, service, version, operation, manifest } = one;
    const resource = { type: 'operation', account, service, version, operation: operation.name };
    const asked = platform.policy.wouldAuthorise({
      action: 'service.call',
      principal,
      resource,
      limits: manifest.limits,
    });
    // A decision of the platform's own rules is there at once.
    const { allow } = asked instanceof Promise ? await asked : asked;
    if (allow) may.push(one);
  }
  return may;
};
