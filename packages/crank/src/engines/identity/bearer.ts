import { decodeJwt, errors, type JWTPayload } from 'jose';
import { CrankError } from '#src/core/error.ts';
import type { Principal } from '#src/core/service.ts';

/** Who a token shows, and until when without asking again (milliseconds since 1970). */
export interface Shown {
  principal: Principal;
  until: number;
}

/**
 * Reads tokens (JWT) of one sort.
 *
 * @param claims of the token, not verified yet
 * @returns undefined where it is of another sort
 * @throws CrankError `unauthenticated`
 */
export type Bearer = (jwt: string, claims: JWTPayload) => Promise<Shown | undefined>;

/** Seconds that clocks may differ by. */
export const SKEW = 60;

/** Whether a credential has the form of a signed JWT (RFC 7519, compact). */
export const isJwt = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);

export const badToken = (detail: string): CrankError =>
  new CrankError('unauthenticated', detail, { challenge: 'invalid_token' });

/** What a token says, before anything of it is believed. @throws CrankError `unauthenticated` */
export const claimsOf = (jwt: string): JWTPayload => {
  try {
    return decodeJwt(jwt);
  } catch {
    throw badToken('This token is no JWT whose claims are a JSON object: check that it was copied whole.');
  }
};

/** Why a token was refused, in words for whoever sent it. @throws what is no fault of the token */
export const refusalOf = (error: unknown): CrankError => {
  if (error instanceof CrankError) return error;
  if (error instanceof errors.JWTExpired) return badToken('This token has ended: get another one.');
  if (error instanceof errors.JWTClaimValidationFailed)
    return badToken(`This token is not for here: its claim "${error.claim}" does not hold (${error.reason}).`);
  if (error instanceof errors.JOSEAlgNotAllowed)
    return badToken('This token is signed with an algorithm that is not taken: RS256, PS256, ES256 and EdDSA are.');
  if (error instanceof errors.JOSEError)
    return badToken('This token could not be verified: it was changed, or another key signed it.');
  throw error;
};
