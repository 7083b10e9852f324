import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CrankError } from '#src/core/error.ts';
import { isRunName } from '#src/core/run-name.ts';
import type { Manifest } from '#src/core/service.ts';
import { identify } from '../admit.ts';
import { type Deployment, deployAs } from '../deploy.ts';
import { permit } from '../permit.ts';
import type { Platform } from '../platform.ts';
import { CODE, REQUIREMENTS } from './run-code.ts';

/**
 * Makes a service with a name of code that was run: the same code, as `deploy` would have it.
 *
 * @param version of the run, as its receipt and its answer name it; at least 8 hexadecimal digits
 * @throws CrankError as `deploy`; `not-found` where no such code is kept
 */
export const promote = async (
  platform: Platform,
  authorization: string | undefined,
  version: string,
  read: () => Promise<{ name: string }>,
  signal: AbortSignal,
): Promise<Deployment> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.deploy', { type: 'service', account });
  const { name } = await read();
  const kept = await find(platform, account, version);
  const { digest } = kept;
  // It is not taken away meanwhile.
  platform.flights.enter(digest);
  try {
    const { python, lock } = JSON.parse(kept.manifest) as Manifest;
    const { codeDir } = platform.packaging.locate({ digest, python, lock });
    const files = new Map<string, Uint8Array>([[CODE, await readFile(join(codeDir, CODE))]]);
    const requirements = await readFile(join(codeDir, REQUIREMENTS)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (requirements !== undefined) files.set(REQUIREMENTS, requirements);
    return await deployAs(platform, principal, { files }, { name, python }, signal);
  } finally {
    platform.flights.leave(digest);
  }
};

const find = async (platform: Platform, account: string, version: string) => {
  const prefix = /^(?:sha256:)?([0-9a-f]{8,64})$/.exec(version)?.[1];
  const rows =
    prefix === undefined
      ? []
      : await platform.store.db
          .selectFrom('versions')
          .select(['service', 'digest', 'manifest'])
          .where('account', '=', account)
          .where('service', 'like', 'run-%')
          .where('digest', 'like', `sha256:${prefix}%`)
          .execute();
  const runs = rows.filter(({ service }) => isRunName(service));
  if (runs.length === 1) return runs[0]!;
  throw new CrankError(
    'not-found',
    `No code ${version.slice(0, 80)} is kept in this account: it goes an hour after it was last run. Run it again, and name the Crank-Version of that answer.`,
  );
};
