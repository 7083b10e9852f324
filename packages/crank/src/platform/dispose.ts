import type { Manifest } from '#src/core/service.ts';
import type { Platform } from './platform.ts';
import { templateKey } from './template.ts';

/** Whether any service still stands on the content of a digest. */
const isUsed = async (platform: Platform, digest: string): Promise<boolean> => {
  const row = await platform.store.db
    .selectFrom('versions')
    .select('digest')
    .where('digest', '=', digest)
    .executeTakeFirst();
  return row !== undefined;
};

/** Takes away installed packages that no version of any account uses. */
export const collectPackages = async ({ store, packaging }: Pick<Platform, 'store' | 'packaging'>): Promise<void> => {
  const rows = await store.db.selectFrom('versions').select('manifest').execute();
  const used = rows
    .map(({ manifest }) => JSON.parse(manifest) as Manifest)
    .flatMap(({ lock, python }) => (lock === null ? [] : [{ lock, python }]));
  await packaging.collect(used);
};

/**
 * Takes away what versions that are no longer recorded left: their sandboxes, sources and packages. Calls in flight finish
 * first; where there are none it is done when this resolves.
 */
export const dispose = async (platform: Platform, account: string, digests: readonly string[]): Promise<void> => {
  const { flights, sandbox, packaging, log } = platform;
  const take = async (digest: string): Promise<void> => {
    while (flights.isBusy(digest)) await flights.idle(digest);
    if (await isUsed(platform, digest)) return;
    await sandbox.retire(templateKey(digest, account));
    if (!flights.isBusy(digest)) await packaging.drop(digest);
  };
  const all = async (some: readonly string[]): Promise<void> => {
    await Promise.all(some.map(take));
    await collectPackages(platform);
  };
  const busy = digests.filter((digest) => flights.isBusy(digest));
  await all(digests.filter((digest) => !busy.includes(digest)));
  if (busy.length > 0)
    all(busy).catch((err: unknown) =>
      log.error({ err, versions: busy }, 'what removed versions left could not be taken away'),
    );
};
