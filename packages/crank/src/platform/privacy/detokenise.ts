import { digest } from '#src/core/digest.ts';
import { CrankError } from '#src/core/error.ts';
import { act } from '../act.ts';
import { identify } from '../admit.ts';
import { permit } from '../permit.ts';
import type { Platform } from '../platform.ts';

/** At one time. */
const MOST = 1_000;

/** What a token stands for. */
export interface Revealed {
  token: string;
  type: string;
  value: string;
}

/**
 * Gives back what tokens of the caller's account stand for. That it was done, by whom and for which tokens is in the log
 * before anything is given; tokens that are not the account's are refused, all or nothing.
 *
 * @param read reads the tokens, once the caller is known to be permitted
 * @throws CrankError `forbidden`, `policy-denied`, `invalid-input`
 */
export const detokenise = async (
  platform: Platform,
  authorization: string | undefined,
  read: () => Promise<readonly string[]>,
): Promise<{ values: Revealed[]; receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'privacy.reveal', { type: 'token', account });
  const wanted = await read();
  if (wanted.length === 0 || wanted.length > MOST) throw wrong('/tokens', `must hold from 1 to ${MOST} tokens`);
  const tokens = await platform.privacy.tokens(account);
  const values = wanted.map((token, at): Revealed => {
    const known = tokens.reveal(token);
    if (known === undefined) throw wrong(`/tokens/${at}`, `is no token of the account ${account}, or was changed`);
    return { token, ...known };
  });
  const distinct = [...new Set(wanted)].sort();
  const receipt = await act(
    platform,
    principal,
    'privacy.reveal',
    { tokens: distinct.length, digest: digest(distinct.join('\n')) },
    [],
  );
  return { values, receipt };
};

const wrong = (pointer: string, message: string): CrankError =>
  new CrankError('invalid-input', `The member "tokens" has something wrong: ${pointer} ${message}.`, {
    errors: [{ pointer, message }],
  });
