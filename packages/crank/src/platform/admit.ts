import { CrankError } from '#src/core/error.ts';
import type { QuotaLeft } from '#src/core/quota.ts';
import type { Principal } from '#src/core/service.ts';
import type { Within } from './nested-calls.ts';
import type { Platform } from './platform.ts';

/** Who asks, and what is left of the quotas that the request counted against. */
export interface Admitted {
  principal: Principal;
  quotas: readonly QuotaLeft[];
}

/**
 * Lets a request in: the node takes work, the credentials are good, and their principal is within its rate.
 *
 * @throws CrankError `overloaded`, `unavailable`, `unauthenticated` (counted, not logged one by one), `rate-limited`
 */
export const admit = async (platform: Platform, authorization: string | undefined): Promise<Admitted> => {
  demandReady(platform);
  return identifyWithin(platform, authorization);
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
): Admitted => {
  demandReady(platform, within !== undefined);
  return { principal: as.principal, quotas: within === undefined ? [] : platform.rate.take(within.caller) };
};

const demandReady = (platform: Platform, within = false): void => {
  const { refusal } = platform.recorder;
  if (refusal !== undefined)
    throw new CrankError('unavailable', `Nothing runs while no receipt can be stored: ${refusal}`, { retryAfter: 1 });
  platform.load.demandRoom(within);
};

/** Who asks, for requests that are not calls. @throws CrankError `unauthenticated`, `rate-limited` */
export const identify = async (platform: Platform, authorization: string | undefined): Promise<Principal> =>
  (await identifyWithin(platform, authorization)).principal;

const identifyWithin = async (platform: Platform, authorization: string | undefined): Promise<Admitted> => {
  const principal = await authenticate(platform, authorization);
  try {
    return { principal, quotas: platform.rate.take(principal) };
  } catch (error) {
    if (error instanceof CrankError) platform.refusals.countOnce(error, error.code);
    throw error;
  }
};

/** Who asks, before it is known for what: that takes from the rate. @throws CrankError `unauthenticated` */
export const authenticate = async (platform: Platform, authorization: string | undefined): Promise<Principal> => {
  try {
    return await platform.identity.authenticate(authorization);
  } catch (error) {
    if (error instanceof CrankError) platform.refusals.countOnce(error, error.code);
    throw error;
  }
};
