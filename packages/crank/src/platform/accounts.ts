import { CrankError } from '#src/core/error.ts';
import type { KeyInfo } from '#src/engines/identity/identity.ts';
import { act } from './act.ts';
import { identify } from './admit.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';

export interface AccountInfo {
  name: string;
  created: string;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

const infoOf = ({ name, created_at }: { name: string; created_at: number }): AccountInfo => ({
  name,
  created: new Date(Number(created_at)).toISOString(),
});

/**
 * A new account with the key of its owner, which is in this answer only: from here on, what is in the account is the
 * owner's matter, and none of the node's operators can look into it.
 *
 * @throws CrankError `forbidden`, `invalid-input`; `version-conflict` where there is one of the name
 */
export const createAccount = async (
  platform: Platform,
  authorization: string | undefined,
  read: () => Promise<string>,
): Promise<AccountInfo & { owner: KeyInfo & { key: string }; receipt: string }> => {
  const principal = await identify(platform, authorization);
  await permit(platform, principal, 'account.create', { type: 'account', account: platform.account });
  const name = await read();
  if (!NAME.test(name))
    throw new CrankError(
      'invalid-input',
      `"${name.slice(0, 80)}" is no name of an account: write 1 to 63 lower-case letters, digits and -, the first no -.`,
      { errors: [{ pointer: '/name', message: 'must be lower-case letters, digits and -' }] },
    );
  await demandFree(platform, name);
  const { db } = platform.store;
  const row = { name, created_at: Date.now(), created_by: principal.id };
  const { secret, info, query } = platform.identity.create({ account: name, name: 'owner', role: 'owner' });
  try {
    const receipt = await act(platform, principal, 'account.create', { name, owner: info.id }, [
      db.insertInto('accounts').values(row).compile(),
      query,
    ]);
    return { ...infoOf(row), owner: { ...info, key: secret }, receipt };
  } catch (error) {
    await demandFree(platform, name); // somebody else made it meanwhile
    throw error;
  }
};

const demandFree = async ({ store }: Platform, name: string): Promise<void> => {
  const row = await store.db.selectFrom('accounts').select('name').where('name', '=', name).executeTakeFirst();
  if (row !== undefined)
    throw new CrankError('version-conflict', `There is an account ${name} already: choose another name.`);
};

/** The accounts of the node, by name; of what is in them, nothing. @throws CrankError `forbidden` */
export const listAccounts = async (platform: Platform, authorization: string | undefined): Promise<AccountInfo[]> => {
  const principal = await identify(platform, authorization);
  await permit(platform, principal, 'account.read', { type: 'account', account: platform.account });
  const rows = await platform.store.db.selectFrom('accounts').select(['name', 'created_at']).orderBy('name').execute();
  return rows.map(infoOf);
};
