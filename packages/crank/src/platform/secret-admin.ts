import { CrankError } from '#src/core/error.ts';
import { isSecretName } from '#src/core/secret-names.ts';
import type { Manifest } from '#src/core/service.ts';
import { act } from './act.ts';
import { identify } from './admit.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { retireUsers } from './secret-users.ts';
import { createTurns } from './turns.ts';

/** Shorter values could not be told from what is none, wherever they have to be masked. */
const LEAST_BYTES = 8;
const MOST_BYTES = 32 * 1024;

/** What can be known of a secret. Its value is not. */
export interface SecretInfo {
  name: string;
  version: number;
  created: string;
  createdBy: string;
  /** When the value was last set. */
  rotated: string;
  rotatedBy: string;
  /** Services whose newest version asks for it. */
  usedBy: string[];
}

const turns = new WeakMap<Platform, ReturnType<typeof createTurns>>();
/** One change after the other, so that versions count up. */
const inTurn = <T>(platform: Platform, work: () => Promise<T>): Promise<T> => {
  const known = turns.get(platform) ?? createTurns(1, 100, 'changes of secrets');
  turns.set(platform, known);
  return known(work);
};

/**
 * Sets a secret of the caller's account, or gives one another value.
 *
 * @param read reads the value, once the caller is known to be permitted
 * @throws CrankError `invalid-input`
 */
export const setSecret = async (
  platform: Platform,
  authorization: string | undefined,
  name: string | undefined,
  read: () => Promise<{ name?: string; value: string }>,
): Promise<SecretInfo & { isNew: boolean; receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'secret.set', { type: 'secret', account, ...(name !== undefined && { id: name }) });
  const given = await read();
  const wanted = demandName(name ?? given.name ?? '');
  demandValue(given.value);
  return inTurn(platform, async () => {
    const { version, created, query } = await platform.secrets.set(account, wanted, given.value, principal.id);
    const receipt = await act(
      platform,
      principal,
      created ? 'secret.set' : 'secret.rotate',
      { secret: wanted, version },
      [query],
    );
    await changed(platform, account, wanted);
    return { ...(await infoOf(platform, account, wanted)), isNew: created, receipt };
  });
};

export const listSecrets = async (platform: Platform, authorization: string | undefined): Promise<SecretInfo[]> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'secret.read', { type: 'secret', account });
  return infos(platform, account);
};

/** @throws CrankError `not-found` */
export const describeSecret = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
): Promise<SecretInfo> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'secret.read', { type: 'secret', account, id: name });
  return infoOf(platform, account, name);
};

/** Takes a secret away: calls that ask for it are refused from now on. @throws CrankError `not-found` */
export const removeSecret = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
): Promise<{ receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'secret.remove', { type: 'secret', account, id: name });
  return inTurn(platform, async () => {
    const row = await platform.secrets.find(account, name);
    if (row === undefined) throw none(account, name);
    const receipt = await act(platform, principal, 'secret.remove', { secret: name, version: row.version }, [
      platform.secrets.remove(account, name),
    ]);
    await changed(platform, account, name);
    return { receipt };
  });
};

/** What is decrypted, and processes that may remember it, go. */
const changed = async (platform: Platform, account: string, name: string): Promise<void> => {
  platform.secrets.forget();
  await retireUsers(platform, account, name);
};

const none = (account: string, name: string): CrankError =>
  new CrankError(
    'not-found',
    `There is no secret "${name.slice(0, 80)}" in the account ${account}: \`crank secret list\` lists what there is.`,
  );

const demandName = (name: string): string => {
  if (isSecretName(name)) return name;
  const message = 'must be a letter and up to 63 letters, digits, "_", "." and "-"';
  throw new CrankError('invalid-input', `The name of a secret ${message}.`, {
    errors: [{ pointer: '/name', message }],
  });
};

const demandValue = (value: string): void => {
  const bytes = Buffer.byteLength(value);
  const message =
    bytes < LEAST_BYTES
      ? `must have at least ${LEAST_BYTES} bytes: a shorter one could not be kept out of records`
      : bytes > MOST_BYTES
        ? `must have at most ${MOST_BYTES / 1024} KiB`
        : value.includes('\0') || !value.isWellFormed()
          ? 'must be text without null characters, as environment variables are'
          : undefined;
  if (message !== undefined)
    throw new CrankError('invalid-input', `The value ${message}.`, { errors: [{ pointer: '/value', message }] });
};

const infoOf = async (platform: Platform, account: string, name: string): Promise<SecretInfo> => {
  const info = (await infos(platform, account)).find((one) => one.name === name);
  if (info === undefined) throw none(account, name);
  return info;
};

const infos = async (platform: Platform, account: string): Promise<SecretInfo[]> => {
  const users = await usersOf(platform, account);
  return (await platform.secrets.list(account)).map((row) => ({
    name: row.name,
    version: row.version,
    created: new Date(row.created_at).toISOString(),
    createdBy: row.created_by,
    rotated: new Date(row.rotated_at).toISOString(),
    rotatedBy: row.rotated_by,
    usedBy: users.get(row.name) ?? [],
  }));
};

/** Services at their latest version, by the secrets that they ask for. */
const usersOf = async (platform: Platform, account: string): Promise<Map<string, string[]>> => {
  const rows = await platform.store.db
    .selectFrom('aliases')
    .innerJoin('versions', (join) =>
      join
        .onRef('versions.account', '=', 'aliases.account')
        .onRef('versions.service', '=', 'aliases.service')
        .onRef('versions.digest', '=', 'aliases.digest'),
    )
    .select(['versions.service', 'versions.manifest'])
    .where('aliases.account', '=', account)
    .where('aliases.alias', '=', 'latest')
    .orderBy('versions.service')
    .execute();
  const users = new Map<string, string[]>();
  for (const { service, manifest } of rows)
    for (const name of namesIn(JSON.parse(manifest) as Manifest))
      users.set(name, [...(users.get(name) ?? []), service]);
  return users;
};

/** All secrets that a version asks for, in any operation. */
export const namesIn = ({ secrets, operations }: Manifest): Set<string> =>
  new Set(
    [secrets, ...Object.values(operations).map((operation) => operation.secrets)].flatMap((one) =>
      Object.values(one ?? {}),
    ),
  );
