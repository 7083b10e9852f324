import { CrankError } from '#src/core/error.ts';
import type { Principal } from '#src/core/service.ts';
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

/** The same for a principal that the platform itself acts for. @throws CrankError `overloaded`, `unavailable` */
export const letIn = (platform: Platform, { principal }: { principal: Principal }): Principal => {
  demandReady(platform);
  return principal;
};

const demandReady = (platform: Platform): void => {
  const { refusal } = platform.recorder;
  if (refusal !== undefined)
    throw new CrankError('unavailable', `Nothing runs while no receipt can be stored: ${refusal}`, { retryAfter: 1 });
  platform.load.demandRoom();
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
