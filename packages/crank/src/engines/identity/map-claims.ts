import type { JWTPayload } from 'jose';
import { sha256Hex } from '#src/core/digest.ts';
import type { Principal, Role } from '#src/core/service.ts';
import { badToken } from './bearer.ts';

/** What an account gives to tokens of an issuer for an audience, where they say this. */
export interface IssuerRule {
  id: string;
  account: string;
  url: string;
  audience: string;
  role: Role;
  /** Values by the names of claims; all must hold. */
  claims: Readonly<Record<string, string>>;
}

const MOST_NAME = 200;

/** A mail address that the issuer says it has verified. */
const emailOf = ({ email, email_verified: verified }: JWTPayload): string | undefined =>
  typeof email === 'string' && verified === true ? email : undefined;

/**
 * Whether a token says this: a claim of the value, or a list that has it. Of mail, only what was verified counts;
 * `email_domain` is what stands behind its last @.
 */
const says = (claims: JWTPayload, name: string, value: string): boolean => {
  if (name === 'email') return emailOf(claims) === value;
  if (name === 'email_domain')
    return emailOf(claims)?.split('@').slice(1).at(-1)?.toLowerCase() === value.toLowerCase();
  const said = Object.hasOwn(claims, name) ? claims[name] : undefined;
  const isIt = (one: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof one) && String(one) === value;
  return Array.isArray(said) ? said.some(isIt) : isIt(said);
};

/** The first rule whose claims all hold. */
export const ruleFor = (rules: readonly IssuerRule[], claims: JWTPayload): IssuerRule | undefined =>
  rules.find((rule) => Object.entries(rule.claims).every(([name, value]) => says(claims, name, value)));

/** Ids tell nothing of who it is, and of one person are others in each account. */
const idOf = (kind: Principal['kind'], { account, url }: IssuerRule, subject: string): string =>
  `${kind}_${sha256Hex(`${account}\n${url}\n${subject}`).slice(0, 26)}`;

/**
 * Who a verified token shows. One with `act` (RFC 8693) is of whoever acts, on behalf of its subject; one whose subject is
 * the client itself is a service's.
 *
 * @throws CrankError `unauthenticated`
 */
export const principalBy = (rule: IssuerRule, claims: JWTPayload): Principal => {
  const { sub, act } = claims;
  if (typeof sub !== 'string' || sub === '') throw badToken('This token names no subject ("sub").');
  const shared = { account: rule.account, role: rule.role, credential: 'issuer', issuer: rule.id } as const;
  const jti = typeof claims.jti === 'string' && /^[\x21-\x7e]{1,128}$/.test(claims.jti) ? { tokenId: claims.jti } : {};
  if (act !== undefined) {
    const { sub: actor } = Object(act) as { sub?: unknown };
    if (typeof actor !== 'string' || actor === '') throw badToken('The claim "act" of this token names nobody.');
    const onBehalfOf = idOf('user', rule, sub);
    return {
      id: idOf('agent', rule, actor),
      name: actor.slice(0, MOST_NAME),
      kind: 'agent',
      ...shared,
      ...jti,
      onBehalfOf,
    };
  }
  const kind = sub === (claims['azp'] ?? claims['client_id']) ? 'service' : 'user';
  const name = (emailOf(claims) ?? sub).slice(0, MOST_NAME);
  return { id: idOf(kind, rule, sub), name, kind, ...shared, ...jti };
};
