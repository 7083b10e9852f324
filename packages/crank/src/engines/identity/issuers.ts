import { type JWTPayload, jwtVerify, type ProtectedHeaderParameters } from 'jose';
import type { Kysely } from 'kysely';
import { CrankError } from '#src/core/error.ts';
import type { Role } from '#src/core/service.ts';
import type { Database } from '#src/store/schema.ts';
import { type Bearer, badToken, refusalOf, SKEW } from './bearer.ts';
import type { KeySets } from './key-sets.ts';
import { type IssuerRule, principalBy, ruleFor } from './map-claims.ts';

/** None that a public key could be taken for a shared secret in. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];
/** What tokens for a resource may say that they are: access tokens and ID tokens, no logout tokens, proofs or events (RFC 8725, 3.11). */
const TYPES = ['jwt', 'at+jwt', 'application/at+jwt'];
const OLDEST = 86_400;

/** Takes tokens of the issuers that accounts trust. */
export const createIssuers = (db: Kysely<Database>, keySets: KeySets): Bearer => {
  const rulesOf = async (url: string): Promise<IssuerRule[]> => {
    const rows = await db.selectFrom('issuers').selectAll().where('url', '=', url).orderBy('id').execute();
    return rows.map(({ id, account, audience, role, claims }) => ({
      ...{ id, account, url, audience, role: role as Role },
      claims: JSON.parse(claims) as IssuerRule['claims'],
    }));
  };
  return async (jwt, { iss, aud }) => {
    if (typeof iss !== 'string') return undefined;
    const audiences = [aud].flat();
    const rules = (await rulesOf(iss)).filter(({ audience }) => audiences.includes(audience));
    // Two accounts cannot both mean these tokens: whoever came second must not get the first one's.
    if (rules.length === 0 || rules.some(({ account }) => account !== rules[0]!.account)) return undefined;
    const claims = await verified(jwt, rules, keySets);
    const rule = ruleFor(rules, claims);
    if (rule === undefined)
      throw new CrankError(
        'forbidden',
        'This token is good, but nothing that it says gives it a role here: the owner of the account can add a rule with `crank issuer add`.',
      );
    return { principal: principalBy(rule, claims), until: claims.exp! * 1000 };
  };
};

const verified = async (jwt: string, rules: readonly IssuerRule[], keySets: KeySets): Promise<JWTPayload> => {
  const [{ url }] = rules as [IssuerRule];
  try {
    const { payload, protectedHeader } = await jwtVerify(jwt, keySets.of(url), {
      algorithms: ALGORITHMS,
      issuer: url,
      audience: rules.map(({ audience }) => audience),
      requiredClaims: ['sub', 'iat', 'exp'],
      clockTolerance: SKEW,
      maxTokenAge: OLDEST,
    });
    demandUsable(payload, protectedHeader);
    return payload;
  } catch (error) {
    throw refusalOf(error);
  }
};

/** @throws CrankError `unauthenticated` for tokens that are for something else, or for somebody whom nothing here shows */
const demandUsable = (claims: JWTPayload, { typ }: ProtectedHeaderParameters): void => {
  if (typ !== undefined && !TYPES.includes(String(typ).toLowerCase()))
    throw badToken(`This token is no access token or ID token, but "${String(typ).slice(0, 40)}".`);
  if (claims['cnf'] !== undefined)
    throw badToken('This token is bound to a key of its holder, which is not checked here: ask for one that is not.');
};
