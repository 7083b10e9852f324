import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { act, nodePrincipal } from '#src/platform/act.ts';
import type { Platform } from '#src/platform/platform.ts';

/**
 * On a node without keys: makes the account's owner and writes its key to a file (mode 0600). The file comes first: where
 * the node dies in between, the next start makes another key and file.
 *
 * @returns whether this was the first start
 */
export const makeFirstOwner = async (
  platform: Pick<Platform, 'store' | 'identity' | 'node' | 'recorder'>,
  account: string,
  keyFile: string,
): Promise<boolean> => {
  const any = await platform.store.db.selectFrom('keys').select('id').limit(1).executeTakeFirst();
  if (any !== undefined) return false;
  const { secret, info, query } = platform.identity.create({ account, name: 'owner', role: 'owner' });
  const file = openSync(keyFile, 'w', 0o600);
  writeSync(file, `${secret}\n`);
  fsyncSync(file);
  closeSync(file);
  await act(
    platform,
    nodePrincipal(platform, account),
    'key.create',
    { key: info.id, name: info.name, role: info.role },
    [
      platform.store.db
        .insertInto('accounts')
        .values({ name: account, created_at: Date.now(), created_by: 'node' })
        .onConflict((c) => c.column('name').doNothing())
        .compile(),
      query,
    ],
  );
  return true;
};
