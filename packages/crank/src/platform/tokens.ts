import { CrankError } from '#src/core/error.ts';
import type { Role } from '#src/core/service.ts';
import { isScope, MOST_SCOPES } from '#src/engines/identity/scopes.ts';
import type { PublicKey } from '#src/engines/identity/token-keys.ts';
import { LIFE_MS, MOST_LIFE_MS } from '#src/engines/identity/tokens.ts';
import { act } from './act.ts';
import { identify } from './admit.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';

export interface WantedToken {
  role?: Role;
  scopes?: readonly string[];
  lifeMs?: number;
  onBehalfOf?: string;
}

export interface TokenInfo {
  /** Shown this once, and stored nowhere. */
  token: string;
  id: string;
  role: Role;
  /** Null: whatever its role may. */
  scopes: readonly string[] | null;
  onBehalfOf: string | null;
  expires: string;
  receipt: string;
}

/**
 * Mints a short-lived token from the key that asks. Who acts on whose behalf is in the log before the token is out.
 *
 * @throws CrankError `forbidden`, also for a role that is more than the key's; `invalid-input`
 */
export const createToken = async (
  platform: Platform,
  authorization: string | undefined,
  read: () => Promise<WantedToken>,
): Promise<TokenInfo> => {
  const principal = await identify(platform, authorization);
  await permit(platform, principal, 'token.create', { type: 'token', account: principal.account });
  const { lifeMs = LIFE_MS, scopes, onBehalfOf, ...rest } = await read();
  if (lifeMs < 1_000 || lifeMs > MOST_LIFE_MS) throw wrong('life', 'must be a duration from 1s to 1h');
  const bad = scopes?.find((scope) => !isScope(scope));
  if (bad !== undefined)
    throw wrong(
      'scopes',
      `has "${bad.slice(0, 80)}": write scopes like service.call, service.call:NAME.OPERATION, call.*`,
    );
  if (scopes !== undefined && (scopes.length === 0 || scopes.length > MOST_SCOPES))
    throw wrong('scopes', `must have 1 to ${MOST_SCOPES} scopes`);
  if (onBehalfOf !== undefined && principal.kind === 'user')
    throw new CrankError(
      'forbidden',
      `The key ${principal.id} is of a user, who acts for nobody else: mint this with a key of the kind agent or service (\`crank key create --kind agent\`).`,
    );
  const { expires, ...minted } = await platform.tokens.mint(principal, {
    ...rest,
    lifeMs,
    ...(scopes && { scopes }),
    ...(onBehalfOf !== undefined && { onBehalfOf }),
  });
  const { id: token, role } = minted;
  const until = new Date(expires).toISOString();
  const receipt = await act(
    platform,
    principal,
    'token.create',
    { token, role, scopes: minted.scopes?.join(' ') ?? null, onBehalfOf: onBehalfOf ?? null, expires: until },
    [],
  );
  return { ...minted, onBehalfOf: onBehalfOf ?? null, expires: until, receipt };
};

/**
 * Has tokens signed by a new key from now on.
 *
 * @param discard whether tokens of the keys before are refused at once, not only when they have ended
 * @throws CrankError `forbidden`
 */
export const rotateTokenKey = async (
  platform: Platform,
  authorization: string | undefined,
  read: () => Promise<{ discard: boolean }>,
): Promise<{ kid: string; receipt: string }> => {
  const principal = await identify(platform, authorization);
  await permit(platform, principal, 'node.rotate-token-key', { type: 'node', account: platform.account });
  const { discard } = await read();
  const { kid } = await platform.tokens.keys.rotate();
  if (discard) platform.tokens.keys.discardOlder();
  platform.identity.forget();
  return { kid, receipt: await act(platform, principal, 'token.rotate-key', { kid, discard }, []) };
};

/** The keys that tokens of this node verify with (RFC 7517), for whoever is shown one. */
export const tokenKeySet = (platform: Platform): { keys: PublicKey[] } => ({
  keys: platform.tokens.keys.all.map(({ published }) => published),
});

const wrong = (member: string, message: string): CrankError =>
  new CrankError('invalid-input', `The member "${member}" ${message}.`, {
    errors: [{ pointer: `/${member}`, message }],
  });
