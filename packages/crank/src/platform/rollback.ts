import { LATEST } from '#src/core/alias.ts';
import { CrankError } from '#src/core/error.ts';
import { identify } from './admit.ts';
import { changeNames, endCanary, latestOf } from './names.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { demandStartable } from './startable.ts';

export interface RolledBack {
  /** The latest version now. */
  version: string;
  /** The latest version before. */
  previous: string;
  /** The canary that ended with it. */
  endedCanary: string | null;
  /** Null where the version was the latest already, and no canary ran. */
  receipt: string | null;
}

/**
 * Makes an earlier version the latest: calls that come from now on run it, those in flight finish on theirs. Without a
 * version it undoes the last change of what calls get: a running canary ends, otherwise the version that was the latest
 * before is so again; so doing it twice is as if nothing had been done.
 *
 * @throws CrankError `not-found`; `version-conflict` where there is nothing to go back to or the version cannot start any more
 */
export const rollback = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
  reference?: string,
): Promise<RolledBack> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.rollback', { type: 'service', account, service });
  const named = await platform.catalog.resolve(account, service, reference);
  const at = { account, service };
  let done: Omit<RolledBack, 'receipt'> = { version: '', previous: '', endedCanary: null };
  const receipt = await changeNames(platform, principal, at, async (names) => {
    const previous = latestOf(names, service);
    const undone = reference === undefined && names.canary !== undefined;
    const version = undone ? previous : reference === undefined ? await before(platform, at, previous) : named.digest;
    done = { version, previous, endedCanary: names.canary?.digest ?? null };
    if (version === previous && names.canary === undefined) return undefined;
    if (version !== previous)
      await demandStartable(platform, await platform.catalog.resolve(account, service, version));
    const ended = endCanary(platform, at, names);
    return {
      act: 'service.rollback',
      object: { service, version, previous, endedCanary: done.endedCanary },
      moves: [
        ...(version === previous ? [] : [{ kind: 'rollback' as const, alias: LATEST, digest: version }]),
        ...ended.moves,
      ],
      queries: ended.queries,
    };
  });
  return { ...done, receipt: receipt ?? null };
};

/** The version that was the latest before it became this one. */
const before = async (
  platform: Platform,
  { account, service }: { account: string; service: string },
  latest: string,
): Promise<string> => {
  const { db } = platform.store;
  const move = await db
    .selectFrom('moves')
    .select('previous')
    .where('account', '=', account)
    .where('service', '=', service)
    .where('alias', '=', LATEST)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (move?.previous == null) {
    throw new CrankError(
      'version-conflict',
      `${latest.slice(7, 19)} is the first version of "${service}" that is known here: there is none to go back to. \`crank versions ${service}\` lists them.`,
    );
  }
  const { previous } = move;
  const there = await db
    .selectFrom('versions')
    .select('digest')
    .where('account', '=', account)
    .where('service', '=', service)
    .where('digest', '=', previous)
    .executeTakeFirst();
  if (there !== undefined) return previous;
  throw new CrankError(
    'version-conflict',
    `The version ${previous.slice(7, 19)} of "${service}", the latest before, was removed: name another one of \`crank versions ${service}\`.`,
  );
};
