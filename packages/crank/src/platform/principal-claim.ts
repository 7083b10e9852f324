import type { Principal } from '#src/core/service.ts';
import type { StatedPrincipal } from '#src/engines/audit/statement.ts';

/** What a receipt says of who acted, its members in canonical order. */
export const principalClaim = (principal: Principal): StatedPrincipal => {
  const { account, id, issuer, kind, onBehalfOf, role, scopes, tokenId } = principal;
  return {
    account,
    id,
    ...(issuer !== undefined && { issuer }),
    kind,
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    role,
    ...(scopes !== undefined && { scopes }),
    ...(tokenId !== undefined && { tokenId }),
  };
};
