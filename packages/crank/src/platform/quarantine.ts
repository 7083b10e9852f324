import { CrankError } from '#src/core/error.ts';
import { act, nodePrincipal } from './act.ts';
import { identify } from './admit.ts';
import type { DeployedVersion } from './catalog.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { digestOf } from './template.ts';

/** @throws CrankError `unavailable` for a version in quarantine */
export const demandTrust = ({ service, digest, quarantine }: DeployedVersion): void => {
  if (quarantine === null) return;
  throw new CrankError(
    'unavailable',
    `This version of "${service}" (${digest.slice(7, 19)}) is in quarantine: ${quarantine}. Its owner can deploy another version, or release this one.`,
  );
};

/**
 * Takes a version out of use wherever it is deployed on this node: code that runs when it is imported, outside of any
 * call, sent its host what no honest version can send.
 *
 * @param key of the sandbox's template
 * @param violation what it sent
 */
export const quarantine = async (platform: Platform, key: string, violation: string): Promise<void> => {
  const digest = digestOf(key);
  const { db } = platform.store;
  const hit = await db
    .selectFrom('versions')
    .select(['account', 'service'])
    .where('digest', '=', digest)
    .where('quarantined_at', 'is', null)
    .execute();
  const reason = `code that runs when it is imported sent its host ${violation}`;
  for (const { account, service } of hit) {
    await act(platform, nodePrincipal(platform, account), 'version.quarantine', { service, version: digest, reason }, [
      db
        .updateTable('versions')
        .set({ quarantined_at: Date.now(), quarantine: reason })
        .where('account', '=', account)
        .where('service', '=', service)
        .where('digest', '=', digest)
        .compile(),
    ]);
    platform.catalog.forget(account, service);
    platform.log.warn({ account, service, version: digest, reason }, 'a version was put in quarantine');
  }
};

/** Lets a version run again. @throws CrankError `not-found`, `version-conflict` where it is in no quarantine */
export const release = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
  reference: string,
): Promise<{ receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.deploy', { type: 'service', account, service });
  const { digest, quarantine: reason } = await platform.catalog.resolve(account, service, reference);
  if (reason === null) {
    throw new CrankError('version-conflict', `The version ${digest.slice(7, 19)} of "${service}" is in no quarantine.`);
  }
  const receipt = await act(platform, principal, 'version.release', { service, version: digest, reason }, [
    platform.store.db
      .updateTable('versions')
      .set({ quarantined_at: null, quarantine: null })
      .where('account', '=', account)
      .where('service', '=', service)
      .where('digest', '=', digest)
      .compile(),
  ]);
  platform.catalog.forget(account, service);
  return { receipt };
};
