import { CrankError } from '#src/core/error.ts';
import { identify } from './admit.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';

/**
 * Who asks, and a row that is the account's own: another account's looks as if it were not there.
 *
 * @param find gets it by account and id
 * @throws CrankError `forbidden`, `not-found`
 */
export const permittedRow = async <Row>(
  platform: Platform,
  authorization: string | undefined,
  action: string,
  {
    type,
    id,
    find,
  }: {
    type: 'budget' | 'issuer' | 'schedule' | 'webhook';
    id: string;
    find: (account: string) => Promise<Row | undefined>;
  },
) => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, action, { type, account, id });
  const row = await find(account);
  if (row === undefined)
    throw new CrankError(
      'not-found',
      `There is no ${type} ${id.slice(0, 80)} in the account ${account}: \`crank ${type} list\` lists what there is.`,
    );
  return { principal, row };
};
