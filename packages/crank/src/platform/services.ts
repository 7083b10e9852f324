import { LATEST } from '#src/core/alias.ts';
import { CrankError, type Finding } from '#src/core/error.ts';
import type { Manifest, Principal } from '#src/core/service.ts';
import { identify } from './admit.ts';
import { type AliasInfo, aliasesOf } from './aliases.ts';
import { type CanaryInfo, canaryInfo } from './canary.ts';
import { dispose } from './dispose.ts';
import { changeNames } from './names.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { type PolicyInfo, policiesFor } from './policies.ts';
import { type VersionInfo, versionsOf } from './versions.ts';

const PAGE = 100;
/** Names of code that is run once (`core/run-name.ts`), as a pattern of SQL. */
const HIDDEN = `run-${'_'.repeat(24)}`;

export interface ServiceInfo {
  account: string;
  name: string;
  description: string;
  version: string;
  created: string;
  manifest: Manifest;
  findings: Finding[];
}

/** A service with what stands beside its operations. */
export interface ServiceDetails extends ServiceInfo {
  aliases: AliasInfo[];
  /** The newest ones. */
  versions: VersionInfo[];
  /** How many there are. */
  versionCount: number;
  canary: CanaryInfo | null;
  /** The bundles that decide on its calls, the platform's own first. */
  policies: PolicyInfo[];
}

/** Versions that describing a service shows. */
const SHOWN = 10;

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
    .where('services.name', 'not like', HIDDEN)
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
): Promise<ServiceDetails> => {
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
  const at = { account, service: name };
  const { versions, total } = await versionsOf(platform, at, SHOWN);
  return {
    ...info({ ...row, name, description: version.manifest.description }),
    aliases: await aliasesOf(platform, at),
    versions,
    versionCount: total,
    canary: await canaryInfo(platform, at),
    policies: await policiesFor(platform, account, name),
  };
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
  return removeAs(platform, principal, name);
};

/** The same for whoever is known to be permitted. @throws CrankError `not-found` */
export const removeAs = async (
  platform: Platform,
  principal: Principal,
  name: string,
): Promise<{ receipt: string }> => {
  const { account } = principal;
  const { db } = platform.store;
  let versions: string[] = [];
  const receipt = await changeNames(platform, principal, { account, service: name }, async () => {
    const rows = await db
      .selectFrom('versions')
      .select('digest')
      .where('account', '=', account)
      .where('service', '=', name)
      .orderBy('digest')
      .execute();
    versions = rows.map(({ digest }) => digest);
    if (versions.length === 0) {
      throw new CrankError(
        'not-found',
        `There is no service "${name}" in the account ${account}: \`crank services\` lists what there is.`,
      );
    }
    return {
      act: 'service.remove',
      object: { service: name, versions: versions.length },
      // Changes are counted on, so that none which was decided on before goes through after it.
      moves: [{ kind: 'remove', alias: '', digest: null }],
      queries: [
        ...(['aliases', 'canaries', 'versions'] as const).map((table) =>
          db.deleteFrom(table).where('account', '=', account).where('service', '=', name).compile(),
        ),
        db.deleteFrom('services').where('account', '=', account).where('name', '=', name).compile(),
      ],
    };
  });
  await dispose(platform, account, versions);
  return { receipt: receipt! };
};

/** Services at their latest version; at their newest where they were only ever deployed under other names. */
const latest = (platform: Platform, account: string) =>
  platform.store.db
    .selectFrom('services')
    .innerJoin('versions', (join) =>
      join
        .onRef('versions.account', '=', 'services.account')
        .onRef('versions.service', '=', 'services.name')
        .on(({ eb, selectFrom }) =>
          eb(
            'versions.digest',
            '=',
            eb.fn.coalesce(
              selectFrom('aliases')
                .select('aliases.digest')
                .whereRef('aliases.account', '=', 'services.account')
                .whereRef('aliases.service', '=', 'services.name')
                .where('aliases.alias', '=', LATEST),
              selectFrom('versions as newest')
                .select('newest.digest')
                .whereRef('newest.account', '=', 'services.account')
                .whereRef('newest.service', '=', 'services.name')
                .orderBy('newest.created_at', 'desc')
                .orderBy('newest.digest')
                .limit(1),
            ),
          ),
        ),
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
