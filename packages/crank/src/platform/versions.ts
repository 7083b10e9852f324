import { CANARY, LATEST } from '#src/core/alias.ts';
import { CrankError, type Finding } from '#src/core/error.ts';
import type { Manifest } from '#src/core/service.ts';
import { identify } from './admit.ts';
import { dispose } from './dispose.ts';
import { WHOLE } from './draw.ts';
import { changeNames, type Names, readNames } from './names.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';

export interface VersionInfo {
  version: string;
  created: string;
  createdBy: string;
  aliases: string[];
  /** Of the calls that name no version: 1 is all. */
  share: number;
  /** Bytes of its source; null for what was deployed before that was noted. */
  size: number | null;
  /** Since when and why it is not run; null where nothing is known against it. */
  quarantine: { since: string; reason: string } | null;
}

export interface VersionDetails extends VersionInfo {
  manifest: Manifest;
  findings: Finding[];
}

interface At {
  account: string;
  service: string;
}

const PAGE = 100;

/** Versions, newest first. `cursor` is of the page before. @throws CrankError `not-found`, `malformed-request` */
export const listVersions = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
  cursor?: string,
): Promise<{ versions: VersionInfo[]; cursor: string | null }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.read', { type: 'service', account, service });
  const { versions, more, total } = await versionsOf(platform, { account, service }, PAGE, cursor);
  if (total === 0) await platform.catalog.resolve(account, service);
  const last = versions.at(-1);
  return { versions, cursor: more && last ? `${Date.parse(last.created)}.${last.version.slice(7)}` : null };
};

/** @param most versions that are given; @param cursor behind which they begin */
export const versionsOf = async (
  platform: Pick<Platform, 'store'>,
  at: At,
  most: number,
  cursor?: string,
): Promise<{ versions: VersionInfo[]; more: boolean; total: number }> => {
  const { db } = platform.store;
  const all = db.selectFrom('versions').where('account', '=', at.account).where('service', '=', at.service);
  let query = all.select(['digest', 'created_at', 'created_by', 'quarantined_at', 'quarantine', 'size_bytes']);
  if (cursor !== undefined) {
    const match = /^(\d{1,15})\.([0-9a-f]{64})$/.exec(cursor);
    if (match === null) throw new CrankError('malformed-request', 'The cursor is none of an earlier page.');
    const [created, digest] = [Number(match[1]), `sha256:${match[2]}`];
    query = query.where(({ eb, and, or }) =>
      or([eb('created_at', '<', created), and([eb('created_at', '=', created), eb('digest', '>', digest)])]),
    );
  }
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('digest')
    .limit(most + 1)
    .execute();
  const { n } = await all.select(({ fn }) => fn.countAll().as('n')).executeTakeFirstOrThrow();
  const names = await readNames(platform, at);
  return {
    versions: rows.slice(0, most).map((row) => infoOf(row, names)),
    more: rows.length > most,
    total: Number(n),
  };
};

/** One version with its manifest. @throws CrankError `not-found` */
export const describeVersion = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
  reference: string,
): Promise<VersionDetails> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.read', { type: 'service', account, service });
  const { digest } = await platform.catalog.resolve(account, service, reference);
  const row = await platform.store.db
    .selectFrom('versions')
    .selectAll()
    .where('account', '=', account)
    .where('service', '=', service)
    .where('digest', '=', digest)
    .executeTakeFirstOrThrow();
  return {
    ...infoOf(row, await readNames(platform, { account, service })),
    manifest: JSON.parse(row.manifest) as Manifest,
    findings: JSON.parse(row.findings) as Finding[],
  };
};

/** Removes a version that nothing names; its receipts stay. @throws CrankError `not-found`, `version-conflict` */
export const removeVersion = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
  reference: string,
): Promise<{ version: string; receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.remove', { type: 'service', account, service });
  const { digest } = await platform.catalog.resolve(account, service, reference);
  const receipt = await changeNames(platform, principal, { account, service }, (names) => {
    const naming = [...names.aliases].filter(([, named]) => named === digest).map(([alias]) => alias);
    if (naming.length > 0) {
      throw new CrankError(
        'version-conflict',
        `The version ${digest.slice(7, 19)} of "${service}" is in use: ${naming.join(', ')} names it. Let ${naming.length === 1 ? 'that' : 'those'} name another version first.`,
      );
    }
    return {
      act: 'version.remove',
      object: { service, version: digest },
      moves: [{ kind: 'remove', alias: '', digest: null }],
      queries: [
        platform.store.db
          .deleteFrom('versions')
          .where('account', '=', account)
          .where('service', '=', service)
          .where('digest', '=', digest)
          .compile(),
      ],
    };
  });
  await dispose(platform, account, [digest]);
  return { version: digest, receipt: receipt! };
};

const infoOf = (
  row: {
    digest: string;
    created_at: number;
    created_by: string;
    quarantined_at: number | null;
    quarantine: string | null;
    size_bytes: number | null;
  },
  { aliases, canary }: Names,
): VersionInfo => {
  const names = [...aliases].filter(([, digest]) => digest === row.digest).map(([alias]) => alias);
  const tried = Number(canary?.share ?? 0) / WHOLE;
  return {
    version: row.digest,
    created: new Date(Number(row.created_at)).toISOString(),
    createdBy: row.created_by,
    aliases: names.sort(),
    share: (names.includes(LATEST) ? 1 - tried : 0) + (names.includes(CANARY) ? tried : 0),
    size: row.size_bytes === null ? null : Number(row.size_bytes),
    quarantine:
      row.quarantined_at === null
        ? null
        : { since: new Date(Number(row.quarantined_at)).toISOString(), reason: row.quarantine ?? '' },
  };
};
