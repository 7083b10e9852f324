import { CrankError } from '#src/core/error.ts';
import type { Kind, Role } from '#src/core/service.ts';
import type { KeyInfo } from '#src/engines/identity/identity.ts';
import { act } from './act.ts';
import { identify } from './admit.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';

/** A new key of the caller's account. The secret is in this answer only. @param read what is wanted, once it is known to be permitted */
export const createKey = async (
  platform: Platform,
  authorization: string | undefined,
  read: () => Promise<{ name: string; role: Role; kind: Kind }>,
): Promise<KeyInfo & { key: string; receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'key.create', { type: 'key', account });
  const wanted = await read();
  if (wanted.role === 'operator' && account !== platform.account)
    throw new CrankError(
      'invalid-input',
      `An operator looks after the node, so its key is of the node's own account: the account ${account} has none.`,
    );
  const { secret, info, query } = platform.identity.create({ account, ...wanted });
  const receipt = await act(
    platform,
    principal,
    'key.create',
    { key: info.id, name: info.name, role: info.role, kind: info.kind },
    [query],
  );
  return { ...info, key: secret, receipt };
};

export const listKeys = async (platform: Platform, authorization: string | undefined): Promise<KeyInfo[]> => {
  const principal = await identify(platform, authorization);
  await permit(platform, principal, 'key.read', { type: 'key', account: principal.account });
  return platform.identity.list(principal.account);
};

/** Revokes a key from now on. @throws CrankError `not-found`; `version-conflict` for the last owner's key */
export const revokeKey = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<{ receipt: string | null }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'key.revoke', { type: 'key', account, id });
  const key = await platform.identity.find(account, id);
  if (key.revoked !== null) return { receipt: null };
  if (key.role === 'owner' && (await platform.identity.owners(account)) === 1) {
    throw new CrankError('version-conflict', `${id} is the account's last owner key: create another owner key first.`);
  }
  const receipt = await act(platform, principal, 'key.revoke', { key: id, name: key.name }, [
    platform.identity.revoke(id),
  ]);
  platform.identity.forget();
  return { receipt };
};
