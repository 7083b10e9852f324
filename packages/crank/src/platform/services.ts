import { CrankError, type Finding } from '#src/core/error.ts';
import type { Manifest } from '#src/core/service.ts';
import { act } from './act.ts';
import { identify } from './admit.ts';
import { isUsed } from './deploy.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { templateKey } from './template.ts';

const PAGE = 100;

export interface ServiceInfo {
  account: string;
  name: string;
  description: string;
  version: string;
  created: string;
  manifest: Manifest;
  findings: Finding[];
}

export interface VersionInfo {
  version: string;
  created: string;
  createdBy: string;
  aliases: string[];
  /** Since when and why it is not run; null where nothing is known against it. */
  quarantine: { since: string; reason: string } | null;
}

/** The services of the caller's account at their latest version, by name; `cursor` is the last name of the page before. */
export const listServices = async (
  platform: Platform,
  authorization: string | undefined,
  cursor = '',
): Promise<{ services: ServiceInfo[]; cursor: string | null }> => {
  const principal = await identify(platform, authorization);
  await permit(platform, principal, 'service.read', { type: 'service', account: principal.account });
  const rows = await latest(platform, principal.account)
    .where('services.name', '>', cursor)
    .limit(PAGE + 1)
    .execute();
  const services = rows.slice(0, PAGE).map(info);
  return { services, cursor: rows.length > PAGE ? services.at(-1)!.name : null };
};

/** One service, at its latest or the given version. @throws CrankError `not-found` */
export const describeService = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
  reference?: string,
): Promise<ServiceInfo> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.read', { type: 'service', account, service: name });
  const version = await platform.catalog.resolve(account, name, reference);
  const row = await platform.store.db
    .selectFrom('versions')
    .selectAll()
    .where('account', '=', account)
    .where('service', '=', name)
    .where('digest', '=', version.digest)
    .executeTakeFirstOrThrow();
  return info({ ...row, name, description: version.manifest.description });
};

export const listVersions = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
): Promise<VersionInfo[]> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.read', { type: 'service', account, service: name });
  await platform.catalog.resolve(account, name);
  const { db } = platform.store;
  const rows = await db
    .selectFrom('versions')
    .select(['digest', 'created_at', 'created_by', 'quarantined_at', 'quarantine'])
    .where('account', '=', account)
    .where('service', '=', name)
    .orderBy('created_at', 'desc')
    .execute();
  const aliases = await db
    .selectFrom('aliases')
    .selectAll()
    .where('account', '=', account)
    .where('service', '=', name)
    .execute();
  return rows.map((row) => ({
    version: row.digest,
    created: new Date(row.created_at).toISOString(),
    createdBy: row.created_by,
    aliases: aliases.filter((alias) => alias.digest === row.digest).map((alias) => alias.alias),
    quarantine:
      row.quarantined_at === null
        ? null
        : { since: new Date(row.quarantined_at).toISOString(), reason: row.quarantine ?? '' },
  }));
};

/** Removes a service with all its versions; its calls and receipts stay. */
export const removeService = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
): Promise<{ receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.remove', { type: 'service', account, service: name });
  const { db } = platform.store;
  const versions = await db
    .selectFrom('versions')
    .select('digest')
    .where('account', '=', account)
    .where('service', '=', name)
    .execute();
  if (versions.length === 0)
    throw new CrankError(
      'not-found',
      `There is no service "${name}" in the account ${account}: \`crank services\` lists what there is.`,
    );
  const receipt = await act(platform, principal, 'service.remove', { service: name, versions: versions.length }, [
    db.deleteFrom('aliases').where('account', '=', account).where('service', '=', name).compile(),
    db.deleteFrom('versions').where('account', '=', account).where('service', '=', name).compile(),
    db.deleteFrom('services').where('account', '=', account).where('name', '=', name).compile(),
  ]);
  platform.catalog.forget(account, name);
  for (const { digest } of versions) {
    await platform.sandbox.retire(templateKey(digest, account));
    if (!(await isUsed(platform, digest))) await platform.packaging.drop(digest);
  }
  await collectPackages(platform);
  return { receipt };
};

/** Takes away installed packages that no version of any account uses. */
export const collectPackages = async ({ store, packaging }: Pick<Platform, 'store' | 'packaging'>): Promise<void> => {
  const rows = await store.db.selectFrom('versions').select('manifest').execute();
  const used = rows
    .map(({ manifest }) => JSON.parse(manifest) as Manifest)
    .flatMap(({ lock, python }) => (lock === null ? [] : [{ lock, python }]));
  await packaging.collect(used);
};

const latest = (platform: Platform, account: string) =>
  platform.store.db
    .selectFrom('services')
    .innerJoin('aliases', (join) =>
      join
        .onRef('aliases.account', '=', 'services.account')
        .onRef('aliases.service', '=', 'services.name')
        .on('aliases.alias', '=', 'latest'),
    )
    .innerJoin('versions', (join) =>
      join
        .onRef('versions.account', '=', 'services.account')
        .onRef('versions.service', '=', 'services.name')
        .onRef('versions.digest', '=', 'aliases.digest'),
    )
    .select([
      'services.account',
      'services.name',
      'services.description',
      'versions.digest',
      'versions.created_at',
      'versions.manifest',
      'versions.findings',
    ])
    .where('services.account', '=', account)
    .orderBy('services.name');

const info = (row: {
  account: string;
  name: string;
  description: string;
  digest: string;
  created_at: number;
  manifest: string;
  findings: string;
}): ServiceInfo => ({
  account: row.account,
  name: row.name,
  description: row.description,
  version: row.digest,
  created: new Date(row.created_at).toISOString(),
  manifest: JSON.parse(row.manifest) as Manifest,
  findings: JSON.parse(row.findings) as Finding[],
});
