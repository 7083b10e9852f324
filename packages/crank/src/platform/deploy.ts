import { existsSync } from 'node:fs';
import type { CompiledQuery } from 'kysely';
import { LATEST } from '#src/core/alias.ts';
import type { Finding } from '#src/core/error.ts';
import { CrankError } from '#src/core/error.ts';
import { isRunName } from '#src/core/run-name.ts';
import type { Manifest, Principal } from '#src/core/service.ts';
import type { DeployOptions, Prepared, Source } from '#src/engines/packaging/packaging.ts';
import { identify } from './admit.ts';
import { type CanaryWish, canaryChange } from './canary.ts';
import { dispose } from './dispose.ts';
import { type Change, changeNames, endCanary, type Names, readNames } from './names.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { namesIn } from './secret-admin.ts';
import { templateKey } from './template.ts';

export interface DeployRequest {
  authorization: string | undefined;
  /** Reads the source, once the caller is known to be permitted. @throws CrankError 400, 413, 415 */
  read: () => Promise<{ source: Source; options: DeployOptions & Destiny }>;
  signal: AbortSignal;
}

/** What becomes of the version; absent: it is the latest from now on. */
export interface Destiny {
  /** It gets this name, and the latest stays what it is. */
  alias?: string | undefined;
  /** With a name of its own: it goes as soon as that names another version. */
  passing?: boolean | undefined;
  /** It gets a share of the calls first. */
  canary?: CanaryWish | undefined;
}

export interface Deployment {
  /** False where this version was there already. */
  created: boolean;
  /** What names it now. */
  aliases: string[];
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
  await permit(platform, principal, 'service.deploy', { type: 'service', account: principal.account });
  const { source, options } = await request.read();
  return deployAs(platform, principal, source, options, request.signal);
};

/**
 * The same for who is known, and permitted to.
 *
 * @param kind of the act that its receipt names
 * @throws CrankError `not-deployable` with findings, and nothing stays then; `invalid-input` where the name is kept for code that is run
 */
export const deployAs = async (
  platform: Platform,
  principal: Principal,
  source: Source,
  options: DeployOptions & Destiny,
  signal: AbortSignal,
  kind: 'service.deploy' | 'code.prepare' = 'service.deploy',
): Promise<Deployment> => {
  const { account } = principal;
  const began = performance.now();
  const { alias, passing, canary, ...wishes } = options;
  const destiny: Destiny = { alias, passing, canary };
  const prepared = await platform.packaging.prepare(source, { ...wishes, account, another: passing });
  const { name, digest } = prepared;
  const at = { account, service: name };
  if (isRunName(name) && kind === 'service.deploy') {
    await platform.packaging.discard(prepared);
    throw new CrankError('invalid-input', `"${name}" is a name of code that is run once: give another (--name).`);
  }
  // What is deployed again is not taken away meanwhile.
  platform.flights.enter(digest);
  try {
    const known = await findVersion(platform, account, name, digest);
    if (known?.quarantine != null) {
      throw new CrankError(
        'version-conflict',
        `This version of "${name}" is in quarantine: ${known.quarantine}. Change what it does when it is imported, or \`crank release ${name} ${digest.slice(7, 19)}\` if you know better.`,
      );
    }
    const made = known ?? (await describe(platform, prepared, account, signal));
    const size = [...source.files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    let gone: string[] = [];
    const receipt = await changeNames(platform, principal, at, async (names) => {
      const decided = await decideDestiny(platform, principal, at, digest, destiny, names);
      if (decided === undefined) return undefined;
      gone = decided.gone;
      const { lock } = made.manifest;
      return {
        act: kind,
        object: { service: name, version: digest, lock, ...decided.object, ...(known && { again: true }) },
        moves: decided.moves,
        queries: [
          ...rows(platform, principal, at, digest, made, { size, ms: performance.now() - began }, destiny),
          ...decided.queries,
        ],
      };
    });
    // Nobody has to wait for it.
    dispose(platform, account, gone).catch((err: unknown) =>
      platform.log.error({ err, versions: gone }, 'what replaced versions left could not be taken away'),
    );
    // Somebody removed the same version at the same time.
    if (!existsSync(prepared.codeDir)) await platform.packaging.prepare(source, { ...wishes, account });
    const names = await readNames(platform, at);
    return {
      created: known === undefined,
      account,
      service: name,
      version: digest,
      aliases: [...names.aliases].filter(([, named]) => named === digest).map(([one]) => one),
      manifest: made.manifest,
      findings: made.findings,
      ...(receipt && { receipt }),
    };
  } finally {
    platform.flights.leave(digest);
  }
};

/** Lets the code inside say what it is. Nothing stays where it fails. */
const describe = async (platform: Platform, prepared: Prepared, account: string, signal: AbortSignal) => {
  const key = templateKey(prepared.digest, account);
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
      signal,
    );
    const { manifest, findings } = platform.packaging.complete(prepared, descriptor);
    return { manifest, findings: [...findings, ...(await missing(platform, account, manifest))] };
  } catch (error) {
    await platform.sandbox.retire(key);
    await platform.packaging.discard(prepared);
    throw withRemarks(error, prepared.findings);
  }
};

/** What names the version, and which versions go with that; undefined where all is so already. */
const decideDestiny = async (
  platform: Platform,
  principal: Principal,
  at: { account: string; service: string },
  digest: string,
  { alias = LATEST, passing, canary }: Destiny,
  names: Names,
): Promise<(Pick<Change, 'moves' | 'object'> & { queries: CompiledQuery[]; gone: string[] }) | undefined> => {
  // The first version has nothing to be compared with.
  if (canary !== undefined && names.aliases.has(LATEST)) {
    const change = canaryChange(platform, principal, at, digest, canary, names);
    return change && { ...change, gone: [] };
  }
  const before = names.aliases.get(alias);
  if (before === digest) return undefined;
  const moves = [{ kind: 'deploy' as const, alias, digest }];
  if (alias === LATEST) {
    const ended = endCanary(platform, at, names, names.canary?.digest === digest ? 'promote' : 'abort');
    const object = names.canary && { endedCanary: names.canary.digest };
    return { moves: [...moves, ...ended.moves], queries: ended.queries, object: { ...object }, gone: [] };
  }
  const left = passing && before !== undefined ? await unnamedPassing(platform, at, alias, before, names) : undefined;
  const { db } = platform.store;
  return {
    moves,
    object: { alias, ...(left && { removed: left }) },
    queries:
      left === undefined
        ? []
        : [
            db
              .deleteFrom('versions')
              .where('account', '=', at.account)
              .where('service', '=', at.service)
              .where('digest', '=', left)
              .compile(),
          ],
    gone: left === undefined ? [] : [left],
  };
};

/** The version that an alias leaves, where it was deployed for that alone. */
const unnamedPassing = async (
  platform: Platform,
  { account, service }: { account: string; service: string },
  alias: string,
  digest: string,
  names: Names,
): Promise<string | undefined> => {
  if ([...names.aliases].some(([other, named]) => other !== alias && named === digest)) return undefined;
  const row = await platform.store.db
    .selectFrom('versions')
    .select('passing')
    .where('account', '=', account)
    .where('service', '=', service)
    .where('digest', '=', digest)
    .executeTakeFirst();
  return Number(row?.passing ?? 0) === 1 ? digest : undefined;
};

const rows = (
  { store: { db } }: Platform,
  principal: Principal,
  { account, service }: { account: string; service: string },
  digest: string,
  { manifest, findings }: { manifest: Manifest; findings: readonly Finding[] },
  { size, ms }: { size: number; ms: number },
  { passing }: Destiny,
): CompiledQuery[] => {
  const { description } = manifest;
  const now = Date.now();
  const stays = passing ? {} : { passing: null };
  return [
    db
      .insertInto('services')
      .values({ account, name: service, description, created_at: now })
      .onConflict((c) => c.columns(['account', 'name']).doUpdateSet({ description }))
      .compile(),
    db
      .insertInto('versions')
      .values({
        ...{ account, service, digest, size_bytes: size, passing: passing ? 1 : null },
        manifest: JSON.stringify(manifest),
        findings: JSON.stringify(findings),
        deploy_ms: Math.round(ms),
        created_at: now,
        created_by: principal.id,
      })
      // What was tried out and is deployed now stays.
      .onConflict((c) => c.columns(['account', 'service', 'digest']).doUpdateSet({ size_bytes: size, ...stays }))
      .compile(),
  ];
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
const missing = async (platform: Platform, account: string, manifest: Manifest): Promise<Finding[]> => [
  ...(await missingSecrets(platform, account, manifest)),
  ...(await missingWorkspaces(platform, account, manifest)),
];

const missingWorkspaces = async (platform: Platform, account: string, manifest: Manifest): Promise<Finding[]> => {
  const all = [manifest.workspaces, ...Object.values(manifest.operations).map((operation) => operation.workspaces)];
  const names = [...new Set(all.flatMap((one) => Object.keys(one ?? {})))];
  if (names.length === 0) return [];
  const there = (await platform.workspaces.list(account)).map(({ name }) => name);
  return names
    .filter((name) => !there.includes(name))
    .map((name) => ({
      level: 'warning',
      file: 'workspaces',
      message: `It asks for the workspace ${name}, which is not there. Calls that need it are refused until it is.`,
      fix: `Make it: \`crank workspace create ${name}\`.`,
    }));
};

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
