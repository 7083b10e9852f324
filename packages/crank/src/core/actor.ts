import type { Principal } from './service.ts';

/**
 * Whose a call is: the principal's, or of an agent's token what it did for that user, `key_... for alice@example.com`. So what
 * is an agent's own, its idempotency keys and the keys of its data are apart for each user. (Schedules and webhooks act for
 * whoever made them, and are principals of their own.)
 */
export const actorOf = ({
  id,
  onBehalfOf,
  tokenId,
  issuer,
}: Omit<Principal, 'name' | 'kind' | 'account' | 'role'>): string =>
  onBehalfOf === undefined || (tokenId === undefined && issuer === undefined) ? id : `${id} for ${onBehalfOf}`;
