import { demandAlias, LATEST } from '#src/core/alias.ts';
import { CrankError } from '#src/core/error.ts';
import { identify } from './admit.ts';
import { changeNames } from './names.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { demandStartable } from './startable.ts';

export interface AliasInfo {
  alias: string;
  version: string;
  /** Null for what was set before that was noted. */
  set: string | null;
  setBy: string | null;
}

export interface AliasSet {
  alias: string;
  version: string | null;
  previous: string | null;
  /** Null where nothing was changed. */
  receipt: string | null;
}

/** What the names of a service stand for, by name. @throws CrankError `not-found` */
export const listAliases = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
): Promise<AliasInfo[]> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.read', { type: 'service', account, service });
  const aliases = await aliasesOf(platform, { account, service });
  if (aliases.length === 0) await platform.catalog.resolve(account, service);
  return aliases;
};

export const aliasesOf = async (
  { store }: Pick<Platform, 'store'>,
  { account, service }: { account: string; service: string },
): Promise<AliasInfo[]> => {
  const rows = await store.db
    .selectFrom('aliases')
    .selectAll()
    .where('account', '=', account)
    .where('service', '=', service)
    .orderBy('alias')
    .execute();
  return rows.map((row) => ({
    alias: row.alias,
    version: row.digest,
    set: row.set_at === null ? null : new Date(Number(row.set_at)).toISOString(),
    setBy: row.set_by,
  }));
};

/** Lets a name stand for a version that runs. @throws CrankError `invalid-input`, `not-found`, `version-conflict` */
export const setAlias = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
  name: string,
  reference: string,
): Promise<AliasSet> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.alias', { type: 'service', account, service });
  const alias = demandAlias(name);
  const version = await platform.catalog.resolve(account, service, reference);
  await demandStartable(platform, version);
  const { digest } = version;
  let previous: string | null = null;
  const receipt = await changeNames(platform, principal, { account, service }, async (names) => {
    previous = names.aliases.get(alias) ?? null;
    await platform.catalog.resolve(account, service, digest);
    if (previous === digest) return undefined;
    return {
      act: 'service.alias',
      object: { service, alias, version: digest, previous },
      moves: [{ kind: 'set', alias, digest }],
    };
  });
  return { alias, version: digest, previous, receipt: receipt ?? null };
};

/** Takes a name away; the version stays. @throws CrankError `invalid-input`, `not-found` */
export const deleteAlias = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
  name: string,
): Promise<AliasSet> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.alias', { type: 'service', account, service });
  const alias = demandAlias(name);
  let previous: string | null = null;
  const receipt = await changeNames(platform, principal, { account, service }, (names) => {
    previous = names.aliases.get(alias) ?? null;
    if (previous === null) {
      const known = [...names.aliases.keys()].filter((one) => one !== LATEST).join(', ');
      throw new CrankError(
        'not-found',
        `"${service}" has no alias "${alias}"${known === '' ? '' : `; it has ${known}`}.`,
      );
    }
    return {
      act: 'service.alias',
      object: { service, alias, version: null, previous },
      moves: [{ kind: 'delete', alias, digest: null }],
    };
  });
  return { alias, version: null, previous, receipt: receipt ?? null };
};
