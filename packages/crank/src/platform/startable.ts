import { existsSync } from 'node:fs';
import { CrankError } from '#src/core/error.ts';
import type { DeployedVersion } from './catalog.ts';
import type { Platform } from './platform.ts';
import { templateOf } from './template.ts';

/**
 * Makes sure, before a name points to a version, that it still runs: it is in no quarantine, its files are there, and it is
 * imported. Its sandboxes then stand ready for the account's own calls.
 *
 * @throws CrankError `version-conflict` where it does not
 */
export const demandStartable = async (platform: Platform, version: DeployedVersion): Promise<void> => {
  const { service, account, digest, quarantine } = version;
  const no = (why: string, cause?: unknown): CrankError =>
    new CrankError(
      'version-conflict',
      `The version ${digest.slice(7, 19)} of "${service}" cannot run any more: ${why}. Nothing was changed; deploy its source again.`,
      { cause },
    );
  if (quarantine !== null) throw no(`it is in quarantine (${quarantine})`);
  try {
    const template = templateOf(platform, version, account);
    const gone = [template.codeDir, ...template.libDirs].find((folder) => !existsSync(folder));
    if (gone !== undefined) {
      throw no(
        gone === template.codeDir
          ? 'its source is gone from this node'
          : 'the packages that it needs are gone from this node',
      );
    }
    await platform.sandbox.describe(template, AbortSignal.timeout(60_000));
  } catch (error) {
    if (!(error instanceof CrankError) || error.code !== 'not-deployable') throw error;
    throw no(error.message.replace(/\.$/, ''), error);
  }
};
