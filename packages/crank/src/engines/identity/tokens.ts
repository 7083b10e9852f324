import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import type { Principal, Role } from '#src/core/service.ts';
import { type Bearer, badToken, refusalOf } from './bearer.ts';
import type { TokenKeys } from './token-keys.ts';

export const MOST_LIFE_MS = 3_600_000;
export const LIFE_MS = 600_000;

/** Roles that a key's tokens may have: what is no more than its own. */
const within: Readonly<Record<Role, readonly Role[]>> = {
  owner: ['owner', 'developer', 'caller', 'auditor'],
  developer: ['developer', 'caller'],
  caller: ['caller'],
  auditor: ['auditor'],
  operator: ['operator'],
};

export interface TokenWish {
  /** The key's own where absent. */
  role?: Role;
  /** What it is for; everything that its role may where absent. */
  scopes?: readonly string[];
  lifeMs: number;
  /** The user whom it acts for, as the agent knows them. */
  onBehalfOf?: string;
}

export interface Minted {
  token: string;
  id: string;
  role: Role;
  scopes: readonly string[] | null;
  /** Milliseconds since 1970. */
  expires: number;
}

/** Short-lived tokens that keys mint: access tokens as RFC 9068 has them, for this node and of it. */
export interface Tokens {
  readonly keys: TokenKeys;
  /** @throws CrankError `forbidden` for a role that is more than the key's */
  mint(principal: Principal, wish: TokenWish): Promise<Minted>;
  readonly verify: Bearer;
}

/** What a delegated token is for, unless something else is said: calls, and what came of those for its user. */
const DELEGATED = {
  role: 'caller',
  scopes: ['service.call', 'service.read', 'call.read', 'call.cancel', 'receipt.read'],
} as const;

/**
 * @param node issuer and audience of the tokens: its log's name, which is its own
 * @param principalOf finds a key that is not revoked by its id
 */
export const createTokens = (options: {
  node: string;
  keys: TokenKeys;
  principalOf: (key: string) => Promise<Principal | undefined>;
}): Tokens => {
  const { node, keys, principalOf } = options;
  return {
    keys,
    mint: async (principal, { role: wanted, scopes, lifeMs, onBehalfOf }) => {
      const delegated = onBehalfOf !== undefined && within[principal.role].includes(DELEGATED.role);
      const role = wanted ?? (delegated ? DELEGATED.role : principal.role);
      if (!within[principal.role].includes(role))
        throw new CrankError(
          'forbidden',
          `A key of the role ${principal.role} mints no token of the role ${role}: choose from ${within[principal.role].join(', ')}.`,
        );
      const id = newId('tok');
      const issued = Math.floor(Date.now() / 1000);
      const expires = issued + Math.floor(lifeMs / 1000);
      const granted = scopes ?? (onBehalfOf === undefined ? undefined : DELEGATED.scopes);
      const { kid, privateKey } = keys.all.at(-1)!;
      const token = await new SignJWT({
        client_id: principal.id,
        role,
        ...(granted && { scope: granted.join(' ') }),
        // RFC 8693: the subject is the user, and who acts stands in `act`.
        ...(onBehalfOf !== undefined && { act: { sub: principal.id } }),
      })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
        .setIssuer(node)
        .setAudience(node)
        .setSubject(onBehalfOf ?? principal.id)
        .setJti(id)
        .setIssuedAt(issued)
        .setExpirationTime(expires)
        .sign(privateKey);
      return { token, id, role, scopes: granted ?? null, expires: expires * 1000 };
    },
    verify: async (jwt, { iss }) => {
      if (iss !== node) return undefined;
      const claims = await verified(jwt, node, keys);
      const key = await principalOf(String(claims['client_id']));
      if (key === undefined) throw badToken('The key that minted this token is revoked: mint one with another key.');
      return { principal: principalFrom(key, claims), until: claims.exp! * 1000 };
    },
  };
};

const verified = async (jwt: string, node: string, keys: TokenKeys): Promise<JWTPayload> => {
  try {
    const { payload } = await jwtVerify(
      jwt,
      ({ kid }) => {
        const key = keys.all.find((one) => one.kid === kid);
        if (key === undefined) throw badToken('The key that signed this token is no longer in use: mint another one.');
        return key.published;
      },
      {
        algorithms: ['EdDSA'],
        typ: 'at+jwt',
        issuer: node,
        audience: node,
        requiredClaims: ['sub', 'jti', 'iat', 'exp', 'client_id', 'role'],
        maxTokenAge: MOST_LIFE_MS / 1000,
      },
    );
    return payload;
  } catch (error) {
    throw refusalOf(error);
  }
};

/** Only what a key may, and less where the token says so: account, name and kind are the key's as they are now. */
const principalFrom = (key: Principal, claims: JWTPayload): Principal => {
  const role = claims['role'] as Role;
  if (!within[key.role].includes(role)) throw badToken('The key of this token may no longer give it this role.');
  const { scope } = claims;
  return {
    ...key,
    role,
    credential: 'token',
    tokenId: claims.jti!,
    ...(claims['act'] !== undefined && { onBehalfOf: claims.sub! }),
    ...(scope !== undefined && { scopes: String(scope).split(' ') }),
  };
};
