import { CrankError } from '#src/core/error.ts';
import type { Principal } from '#src/core/service.ts';
import type { Within } from './nested-calls.ts';
import type { Platform } from './platform.ts';

/**
 * Lets a request in: the node takes work, the credentials are good, and their principal is within its rate.
 *
 * @throws CrankError `overloaded`, `unavailable`, `unauthenticated` (counted, not logged one by one), `rate-limited`
 */
export const admit = async (platform: Platform, authorization: string | undefined): Promise<Principal> => {
  demandReady(platform);
  return identify(platform, authorization);
};

/**
 * The same for a principal that the platform itself acts for. A call within another is within the rate of whoever made the
 * outermost; it is let in while the node stops, since that one waits for it.
 *
 * @throws CrankError `overloaded`, `unavailable`, `rate-limited`
 */
export const letIn = (
  platform: Platform,
  { as, within }: { as: { principal: Principal }; within: Within | undefined },
): Principal => {
  demandReady(platform, within !== undefined);
  if (within !== undefined) platform.rate.take(within.caller.id);
  return as.principal;
};

const demandReady = (platform: Platform, within = false): void => {
  const { refusal } = platform.recorder;
  if (refusal !== undefined)
    throw new CrankError('unavailable', `Nothing runs while no receipt can be stored: ${refusal}`, { retryAfter: 1 });
  platform.load.demandRoom(within);
};

/** Who asks, for requests that are not calls. @throws CrankError `unauthenticated`, `rate-limited` */
export const identify = async (platform: Platform, authorization: string | undefined): Promise<Principal> => {
  try {
    const principal = await platform.identity.authenticate(authorization);
    platform.rate.take(principal.id);
    return principal;
  } catch (error) {
    if (error instanceof CrankError) platform.refusals.countOnce(error, error.code);
    throw error;
  }
};
