import { LATEST } from '#src/core/alias.ts';
import type { Source } from '#src/engines/packaging/packaging.ts';
import { nodePrincipal } from './act.ts';
import { type Deployment, deployAs } from './deploy.ts';
import type { Platform } from './platform.ts';

/**
 * Deploys a service that comes with Crank into the node's own account, in the node's name. It leaves a name alone that somebody
 * else had the last word on: who removed the service, went back to an older version or deployed one of their own.
 *
 * @returns undefined where it was left alone
 * @throws CrankError `not-deployable`, `unavailable`
 */
export const deployBuiltin = async (
  platform: Platform,
  name: string,
  source: Source,
  signal: AbortSignal,
): Promise<Deployment | undefined> => {
  const principal = nodePrincipal(platform, platform.account);
  if (!(await isOurs(platform, name, principal.id))) return undefined;
  return deployAs(platform, principal, source, { name }, signal);
};

/** Whether nobody but the node ever changed what the name stands for, or the node did so last. */
const isOurs = async ({ store: { db }, account }: Platform, service: string, node: string): Promise<boolean> => {
  const last = await db
    .selectFrom('moves')
    .leftJoin('versions', (join) =>
      join
        .onRef('versions.account', '=', 'moves.account')
        .onRef('versions.service', '=', 'moves.service')
        .onRef('versions.digest', '=', 'moves.digest'),
    )
    .select(['moves.moved_by', 'versions.created_by'])
    .where('moves.account', '=', account)
    .where('moves.service', '=', service)
    // A removal moves the name without an alias.
    .where('moves.alias', 'in', [LATEST, ''])
    .orderBy('moves.seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last === undefined || (last.moved_by === node && last.created_by === node);
};
