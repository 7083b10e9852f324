import type { FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import { identify } from '#src/platform/admit.ts';
import { permit } from '#src/platform/permit.ts';
import type { Platform } from '#src/platform/platform.ts';

export interface ServiceParams {
  account?: string;
  service: string;
}

/** Paths of a service: in the caller's account, and in a named one. */
export const servicePrefixes = ['/v1/services/:service', '/v1/accounts/:account/services/:service'] as const;

/**
 * Services of other accounts can be neither looked into nor changed, and look as if they were not there.
 *
 * @throws CrankError `not-found`
 */
export const demandOwnAccount = async (
  platform: Platform,
  request: FastifyRequest<{ Params: ServiceParams }>,
): Promise<void> => {
  const { account, service } = request.params;
  if (account === undefined) return;
  const principal = await identify(platform, request.headers.authorization);
  if (principal.account === account) return;
  await permit(platform, principal, 'service.change', { type: 'service', account, service });
  throw new CrankError('not-found', 'There is no such thing that this key may see.'); // whatever policy says
};
