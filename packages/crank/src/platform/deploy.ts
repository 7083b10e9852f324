import type { Finding } from '#src/core/error.ts';
import { CrankError } from '#src/core/error.ts';
import type { Manifest } from '#src/core/service.ts';
import type { DeployOptions, Source } from '#src/engines/packaging/packaging.ts';
import { act } from './act.ts';
import { identify } from './admit.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { namesIn } from './secret-admin.ts';
import { templateKey } from './template.ts';

export interface DeployRequest {
  authorization: string | undefined;
  /** Reads the source, once the caller is known to be permitted. @throws CrankError 400, 413, 415 */
  read: () => Promise<{ source: Source; options: DeployOptions }>;
  signal: AbortSignal;
}

export interface Deployment {
  /** False where this version was there already. */
  created: boolean;
  account: string;
  service: string;
  version: string;
  manifest: Manifest;
  findings: readonly Finding[];
  /** Id of the act's receipt, where something was done. */
  receipt?: string;
}

/**
 * Makes a version of what the user has. Unchanged source gives the same digest and does nothing.
 *
 * @throws CrankError `not-deployable` with findings; nothing stays then
 */
export const deploy = async (platform: Platform, request: DeployRequest): Promise<Deployment> => {
  const principal = await identify(platform, request.authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.deploy', { type: 'service', account });
  const { source, options } = await request.read();
  const prepared = await platform.packaging.prepare(source, { ...options, account });
  const { name, digest } = prepared;
  const known = await findVersion(platform, account, name, digest);
  if (known !== undefined) {
    if (known.quarantine !== null) {
      throw new CrankError(
        'version-conflict',
        `This version of "${name}" is in quarantine: ${known.quarantine}. Change what it does when it is imported, or \`crank release ${name} ${digest.slice(7, 19)}\` if you know better.`,
      );
    }
    const receipt = await makeLatest(platform, principal, account, name, digest);
    return {
      created: false,
      account,
      service: name,
      version: digest,
      manifest: known.manifest,
      findings: known.findings,
      ...(receipt && { receipt }),
    };
  }
  const key = templateKey(digest, account);
  try {
    const descriptor = await platform.sandbox.describe(
      {
        key,
        account,
        isolation: platform.sandbox.level(prepared.isolation),
        interpreter: prepared.interpreter,
        codeDir: prepared.codeDir,
        libDirs: prepared.libDirs,
        entry: prepared.entry,
        limits: prepared.limits,
        ...(prepared.declared.network && { network: true }),
      },
      request.signal,
    );
    const { manifest, findings } = platform.packaging.complete(prepared, descriptor);
    findings.push(...(await missingSecrets(platform, account, manifest)));
    const now = Date.now();
    const { db } = platform.store;
    const receipt = await act(
      platform,
      principal,
      'service.deploy',
      { service: name, version: digest, lock: manifest.lock },
      [
        db
          .insertInto('services')
          .values({ account, name, description: manifest.description, created_at: now })
          .onConflict((c) => c.columns(['account', 'name']).doUpdateSet({ description: manifest.description }))
          .compile(),
        db
          .insertInto('versions')
          .values({
            account,
            service: name,
            digest,
            manifest: JSON.stringify(manifest),
            findings: JSON.stringify(findings),
            created_at: now,
            created_by: principal.id,
          })
          .onConflict((c) => c.columns(['account', 'service', 'digest']).doNothing())
          .compile(),
        aliasQuery(platform, account, name, 'latest', digest),
      ],
    );
    platform.catalog.forget(account, name);
    return { created: true, account, service: name, version: digest, manifest, findings, receipt };
  } catch (error) {
    await platform.sandbox.retire(key);
    await platform.packaging.discard(prepared);
    throw withRemarks(error, prepared.findings);
  }
};

/** What was remarked before the code was run explains why it does not run. */
const withRemarks = (error: unknown, remarks: readonly Finding[]): unknown => {
  if (!(error instanceof CrankError) || error.code !== 'not-deployable' || remarks.length === 0) return error;
  const findings = [
    ...(error.extras.findings ?? []),
    ...remarks.filter((one) => !error.extras.findings?.includes(one)),
  ];
  return new CrankError(error.code, error.message, { ...error.extras, findings, cause: error });
};

/** Deploying comes before setting as often as not, so that what is not set yet is a remark. */
const missingSecrets = async (platform: Platform, account: string, manifest: Manifest): Promise<Finding[]> => {
  const names = [...namesIn(manifest)];
  if (names.length === 0) return [];
  const there = (await platform.secrets.list(account)).map(({ name }) => name);
  return names
    .filter((name) => !there.includes(name))
    .map((name) => ({
      level: 'warning',
      file: 'secrets',
      message: `It asks for the secret ${name}, which is not set. Calls that need it are refused until it is.`,
      fix: `Set it: \`crank secret set ${name}\`.`,
    }));
};

const findVersion = async (platform: Platform, account: string, service: string, digest: string) => {
  const row = await platform.store.db
    .selectFrom('versions')
    .select(['manifest', 'findings', 'quarantine'])
    .where('account', '=', account)
    .where('service', '=', service)
    .where('digest', '=', digest)
    .executeTakeFirst();
  return (
    row && {
      quarantine: row.quarantine,
      manifest: JSON.parse(row.manifest) as Manifest,
      findings: JSON.parse(row.findings) as Finding[],
    }
  );
};

/** Whether any service still stands on the content of a digest. */
export const isUsed = async (platform: Platform, digest: string): Promise<boolean> => {
  const row = await platform.store.db
    .selectFrom('versions')
    .select('digest')
    .where('digest', '=', digest)
    .executeTakeFirst();
  return row !== undefined;
};

const aliasQuery = (platform: Platform, account: string, service: string, alias: string, digest: string) =>
  platform.store.db
    .insertInto('aliases')
    .values({ account, service, alias, digest })
    .onConflict((c) => c.columns(['account', 'service', 'alias']).doUpdateSet({ digest }))
    .compile();

/** Deploying an older version again makes it the latest: the user's files are what should run. */
const makeLatest = async (
  platform: Platform,
  principal: Parameters<typeof act>[1],
  account: string,
  service: string,
  digest: string,
): Promise<string | undefined> => {
  const latest = await platform.store.db
    .selectFrom('aliases')
    .select('digest')
    .where('account', '=', account)
    .where('service', '=', service)
    .where('alias', '=', 'latest')
    .executeTakeFirst();
  if (latest?.digest === digest) return undefined;
  const receipt = await act(platform, principal, 'service.deploy', { service, version: digest, again: true }, [
    aliasQuery(platform, account, service, 'latest', digest),
  ]);
  platform.catalog.forget(account, service);
  return receipt;
};
