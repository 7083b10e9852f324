import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import type { Role } from '#src/core/service.ts';
import type { IssuerRow } from '#src/store/schema-identity.ts';
import { act } from './act.ts';
import { identify } from './admit.ts';
import { permit } from './permit.ts';
import { permittedRow } from './permitted-row.ts';
import type { Platform } from './platform.ts';

export interface WantedIssuer {
  url: string;
  audience: string;
  role: Role;
  claims: Readonly<Record<string, string>>;
  /** Whether the node names it to clients that ask where tokens come from. */
  listed: boolean;
}

export interface IssuerInfo extends WantedIssuer {
  id: string;
  created: string;
  createdBy: string;
}

const infoOf = (row: IssuerRow): IssuerInfo => ({
  id: row.id,
  url: row.url,
  audience: row.audience,
  role: row.role as Role,
  claims: JSON.parse(row.claims) as IssuerInfo['claims'],
  listed: Number(row.listed) === 1,
  created: new Date(Number(row.created_at)).toISOString(),
  createdBy: row.created_by,
});

/**
 * Has the account take tokens of an OpenID provider for an audience, for those who say what is wanted. The provider is asked
 * for its keys first, so that one which cannot be used is found out here.
 *
 * @throws CrankError `forbidden`, `invalid-input`; `version-conflict` where issuer and audience are taken
 */
export const addIssuer = async (
  platform: Platform,
  authorization: string | undefined,
  read: () => Promise<WantedIssuer>,
): Promise<IssuerInfo & { receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'issuer.create', { type: 'issuer', account });
  const wanted = await read();
  if (wanted.role === 'operator' && account !== platform.account)
    throw wrong('role', `cannot be operator: that is of the node's own account, not of ${account}`);
  const claims = JSON.stringify(Object.fromEntries(Object.entries(wanted.claims).sort()));
  const { db } = platform.store;
  const there = await db
    .selectFrom('issuers')
    .select(['account', 'role', 'claims'])
    .where('url', '=', wanted.url)
    .where('audience', '=', wanted.audience)
    .execute();
  if (there.some((row) => row.account !== account || row.claims === claims))
    throw new CrankError(
      'version-conflict',
      'There is a rule for this issuer, audience and claims already, or the audience is taken: choose an audience of your own.',
    );
  await platform.discover(wanted.url).catch((error: Error) => {
    throw wrong('url', `is no OpenID provider that can be used: ${error.message}`);
  });
  const row: IssuerRow = {
    ...{ id: newId('iss'), account, url: wanted.url, audience: wanted.audience, role: wanted.role, claims },
    listed: wanted.listed ? 1 : 0,
    created_at: Date.now(),
    created_by: principal.id,
  };
  const { id: issuer, url, audience, role } = row;
  const receipt = await act(
    platform,
    principal,
    'issuer.create',
    { issuer, url, audience, role, claims, listed: wanted.listed },
    [db.insertInto('issuers').values(row).compile()],
  );
  platform.identity.forget();
  return { ...infoOf(row), receipt };
};

export const listIssuers = async (platform: Platform, authorization: string | undefined): Promise<IssuerInfo[]> => {
  const { account, ...rest } = await identify(platform, authorization);
  await permit(platform, { account, ...rest }, 'issuer.read', { type: 'issuer', account });
  const rows = await platform.store.db
    .selectFrom('issuers')
    .selectAll()
    .where('account', '=', account)
    .orderBy('id')
    .execute();
  return rows.map(infoOf);
};

/** Takes tokens by this rule no more, from now on. @throws CrankError `forbidden`, `not-found` */
export const removeIssuer = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<{ receipt: string }> => {
  const { db } = platform.store;
  const { principal, row } = await permittedRow(platform, authorization, 'issuer.remove', {
    type: 'issuer',
    id,
    find: (account) =>
      db.selectFrom('issuers').selectAll().where('account', '=', account).where('id', '=', id).executeTakeFirst(),
  });
  const { url, audience, role } = row;
  const receipt = await act(platform, principal, 'issuer.remove', { issuer: id, url, audience, role }, [
    db.deleteFrom('issuers').where('id', '=', id).compile(),
  ]);
  platform.identity.forget();
  return { receipt };
};

/** The issuers that their accounts want named to whoever asks where tokens come from. */
export const listedIssuers = async ({ store }: Platform): Promise<string[]> => {
  const rows = await store.db
    .selectFrom('issuers')
    .select('url')
    .distinct()
    .where('listed', '=', 1)
    .orderBy('url')
    .execute();
  return rows.map(({ url }) => url);
};

const wrong = (member: string, message: string): CrankError =>
  new CrankError('invalid-input', `The member "${member}" ${message}.`, {
    errors: [{ pointer: `/${member}`, message }],
  });
