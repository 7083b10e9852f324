import { CrankError } from '#src/core/error.ts';
import type { AppliedBundle, PolicyLayer, RegoVersion } from '#src/engines/policy/bundle.ts';
import { act } from './act.ts';
import { identify } from './admit.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';

export interface PolicyInfo {
  name: string;
  /** `platform`, `account` or `service:NAME`. */
  layer: string;
  digest: string;
  regoVersion: RegoVersion;
  entrypoints: readonly string[];
}

/** What of a bundle is kept as JSON beside its WASM. */
export type KeptBundle = Omit<AppliedBundle, 'wasm' | 'account' | 'layer' | 'name' | 'digest'>;

/** Adds or replaces one bundle of the caller's account; it is in force once this resolves. @throws CrankError `not-deployable` with the compiler's findings */
export const applyPolicy = async (
  platform: Platform,
  authorization: string | undefined,
  read: () => Promise<{ layer?: string; files: readonly { path: string; text: string }[] }>,
): Promise<PolicyInfo & { receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'policy.apply', { type: 'policy', account });
  const wanted = await read();
  const layer = layerOf(wanted.layer);
  const bundle = await platform.compilePolicy(wanted.files);
  const { name, digest, wasm, ...kept } = bundle;
  const row = {
    account,
    layer,
    name,
    digest,
    bundle: JSON.stringify(kept satisfies KeptBundle),
    wasm,
    created_at: Date.now(),
  };
  const receipt = await act(platform, principal, 'policy.apply', { policy: name, layer, digest }, [
    platform.store.db
      .insertInto('policies')
      .values(row)
      .onConflict((c) => c.columns(['account', 'layer', 'name']).doUpdateSet(row))
      .compile(),
    // By digest, and never deleted: a receipt names it so, and a replay decides by it again.
    platform.store.db
      .insertInto('bundles')
      .values({ digest, name, bundle: row.bundle, wasm })
      .onConflict((c) => c.column('digest').doNothing())
      .compile(),
  ]);
  await loadPolicies(platform, account);
  return { name, layer, digest, regoVersion: bundle.regoVersion, entrypoints: bundle.entrypoints, receipt };
};

/** The bundles in force for the caller's account, the platform's own first. */
export const listPolicies = async (platform: Platform, authorization: string | undefined): Promise<PolicyInfo[]> => {
  const principal = await identify(platform, authorization);
  await permit(platform, principal, 'policy.read', { type: 'policy', account: principal.account });
  const { name, digest } = platform.policy.default;
  return [
    { name, layer: 'platform', digest, regoVersion: 'v1', entrypoints: [] },
    ...(await bundlesOf(platform, principal.account)).map(({ name, layer, digest, regoVersion, entrypoints }) => ({
      name,
      layer,
      digest,
      regoVersion,
      entrypoints,
    })),
  ];
};

/** The bundles that decide on a service's calls, the platform's own first. */
export const policiesFor = async (platform: Platform, account: string, service: string): Promise<PolicyInfo[]> => {
  const { name, digest } = platform.policy.default;
  const rows = await platform.store.db
    .selectFrom('policies')
    .select(['name', 'layer', 'digest', 'bundle'])
    .where('account', '=', account)
    .where('layer', 'in', ['account', `service:${service}`])
    .orderBy('layer')
    .orderBy('name')
    .execute();
  return [
    { name, layer: 'platform', digest, regoVersion: 'v1', entrypoints: [] },
    ...rows.map(({ bundle, ...row }) => {
      const { regoVersion, entrypoints } = JSON.parse(bundle) as KeptBundle;
      return { ...row, regoVersion, entrypoints };
    }),
  ];
};

/** Takes a bundle of the caller's account out of force. @throws CrankError `not-found` */
export const removePolicy = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
  wantedLayer?: string,
): Promise<{ receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'policy.remove', { type: 'policy', account, id: name });
  const layer = layerOf(wantedLayer);
  const { db } = platform.store;
  const row = await db
    .selectFrom('policies')
    .select('digest')
    .where('account', '=', account)
    .where('layer', '=', layer)
    .where('name', '=', name)
    .executeTakeFirst();
  if (row === undefined) {
    throw new CrankError(
      'not-found',
      `There is no policy "${name.slice(0, 80)}" in the layer ${layer}: \`crank policy list\` lists them; the platform's own cannot be removed.`,
    );
  }
  const receipt = await act(platform, principal, 'policy.remove', { policy: name, layer, digest: row.digest }, [
    db
      .deleteFrom('policies')
      .where('account', '=', account)
      .where('layer', '=', layer)
      .where('name', '=', name)
      .compile(),
  ]);
  await loadPolicies(platform, account);
  return { receipt };
};

/** Puts what is stored into force: of one account, or of all at start. */
export const loadPolicies = async (platform: Platform, account?: string): Promise<void> => {
  const accounts =
    account === undefined
      ? (await platform.store.db.selectFrom('policies').select('account').distinct().execute()).map(
          (row) => row.account,
        )
      : [account];
  for (const each of accounts)
    await platform.policy.setBundles(each, await bundlesOf(platform, each), { lazy: account === undefined });
};

/** What is in force for an account. */
export const bundlesOf = async (platform: Platform, account: string): Promise<AppliedBundle[]> => {
  const rows = await platform.store.db
    .selectFrom('policies')
    .selectAll()
    .where('account', '=', account)
    .orderBy('layer')
    .orderBy('name')
    .execute();
  return rows.map((row) => ({
    ...(JSON.parse(row.bundle) as KeptBundle),
    account,
    layer: row.layer as PolicyLayer,
    name: row.name,
    digest: row.digest,
    wasm: row.wasm,
  }));
};

/** @throws CrankError `malformed-request` */
export const layerOf = (text = 'account'): PolicyLayer => {
  if (text === 'account' || /^service:[a-z0-9][a-z0-9-]{0,62}$/.test(text)) return text as PolicyLayer;
  throw new CrankError('malformed-request', `"${text.slice(0, 80)}" is no layer: write account or service:NAME.`);
};
