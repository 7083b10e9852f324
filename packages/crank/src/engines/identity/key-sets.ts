import {
  type CompactJWSHeaderParameters,
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';
import { CrankError } from '#src/core/error.ts';

/** Gets a JSON document of somebody else's. @throws Error that says why not */
export type FetchJson = (url: string) => Promise<unknown>;

/** Milliseconds: keys are asked for again after the first; not more often than the second; and used without an answer for the third. */
const FRESH_MS = 600_000;
const APART_MS = 10_000;
const STALE_MS = 3_600_000;
const MOST_KEYS = 100;

/** The keys of OpenID providers, kept for a while. */
export interface KeySets {
  /** Finds the key that a token of this issuer names. A name that is not known is asked for, at most every ten seconds. */
  of(issuer: string): JWTVerifyGetKey;
  /** What a provider publishes, asked now. @throws Error that says what is wrong with it */
  discover(issuer: string): Promise<JSONWebKeySet>;
}

interface Known {
  find?: ReturnType<typeof createLocalJWKSet>;
  got: number;
  asked: number;
  pending?: Promise<void>;
  why: string;
}

export const createKeySets = (fetchJson: FetchJson, now: () => number = Date.now): KeySets => {
  const known = new Map<string, Known>();

  const discover = async (issuer: string): Promise<JSONWebKeySet> => {
    const found = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const { issuer: named, jwks_uri: at } = Object(found) as Record<string, unknown>;
    // OpenID Connect Discovery 1.0, 4.3: another name would let one provider speak for another.
    if (named !== issuer) throw new Error(`its configuration is of "${String(named).slice(0, 200)}", not of ${issuer}`);
    if (typeof at !== 'string') throw new Error('its configuration has no "jwks_uri"');
    const { keys } = Object(await fetchJson(at)) as Record<string, unknown>;
    if (!Array.isArray(keys) || keys.length === 0 || keys.length > MOST_KEYS)
      throw new Error(`what is at ${at} has no list of 1 to ${MOST_KEYS} keys`);
    const isPublic = (key: unknown): boolean =>
      ['RSA', 'EC', 'OKP'].includes(Object(key).kty) && [undefined, 'sig'].includes(Object(key).use);
    return { keys: keys.filter(isPublic) };
  };

  const ask = (issuer: string, state: Known): Promise<void> => {
    state.asked = now();
    state.pending ??= discover(issuer)
      .then(
        (set) => {
          state.find = createLocalJWKSet(set);
          state.got = now();
        },
        (error: Error) => {
          state.why = error.message;
        },
      )
      .finally(() => {
        delete state.pending;
      });
    return state.pending;
  };

  return {
    discover,
    of: (issuer) => async (header, token) => {
      const state = known.get(issuer) ?? { got: 0, asked: 0, why: '' };
      known.set(issuer, state);
      const mayAsk = (): boolean => state.pending !== undefined || now() - state.asked >= APART_MS;
      const find = async (last: boolean) => {
        if (state.find === undefined || now() - state.got > STALE_MS)
          throw new CrankError('unavailable', `The keys of ${issuer} could not be fetched: ${state.why}.`, {
            retryAfter: APART_MS / 1000,
          });
        try {
          return await state.find(header as CompactJWSHeaderParameters, token);
        } catch (error) {
          if (last || !(error instanceof errors.JWKSNoMatchingKey) || !mayAsk()) throw error;
          return undefined;
        }
      };
      if (now() - state.got > FRESH_MS && mayAsk()) await ask(issuer, state);
      const first = await find(false);
      if (first !== undefined) return first;
      await ask(issuer, state); // the key may be newer than what is known
      return (await find(true))!;
    },
  };
};
