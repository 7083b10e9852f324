import { randomBytes } from 'node:crypto';
import type { CompiledQuery } from 'kysely';
import { CANARY, LATEST } from '#src/core/alias.ts';
import { CrankError } from '#src/core/error.ts';
import type { Principal } from '#src/core/service.ts';
import { identify } from './admit.ts';
import { type Comparison, compare } from './canary-comparison.ts';
import { type Figures, figuresOf } from './canary-figures.ts';
import { type ChosenBy, WHOLE } from './draw.ts';
import { type Change, changeNames, endCanary, latestOf, type Names, readNames } from './names.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { demandStartable } from './startable.ts';

export interface CanaryWish {
  /** In ten-thousandths of the calls that name no version: above 0 and below all. */
  share: number;
  /** As before where absent; `call` for a new canary. */
  chosenBy?: ChosenBy | undefined;
  /** As before where absent; false for a new canary. */
  autoAbort?: boolean | undefined;
}

export interface CanaryInfo {
  version: string;
  /** Of the calls that name no version: 0.1 is 10%. */
  share: number;
  by: ChosenBy;
  autoAbort: boolean;
  since: string;
  startedBy: string;
  /** Operations of the latest version that the canary lacks: all their calls go to the latest. */
  missing: string[];
  /** Of the calls since it began: those among the account's newest 20,000. */
  canary: Figures;
  latest: Figures;
  comparison: Comparison;
}

interface At {
  account: string;
  service: string;
}

const noCanary = (service: string): CrankError =>
  new CrankError(
    'version-conflict',
    `"${service}" has no canary: \`crank deploy --canary 10%\` or \`crank canary ${service} VERSION 10%\` begins one.`,
  );

/** What makes a version the canary, or changes the one that it is already; undefined where all is so. */
export const canaryChange = (
  { store: { db } }: Pick<Platform, 'store'>,
  principal: Principal,
  { account, service }: At,
  digest: string,
  wish: CanaryWish,
  names: Names,
): (Pick<Change, 'moves' | 'object'> & { queries: CompiledQuery[] }) | undefined => {
  if (latestOf(names, service) === digest) {
    throw new CrankError(
      'version-conflict',
      `The version ${digest.slice(7, 19)} of "${service}" is the latest, which gets every call already: there is nothing to try.`,
    );
  }
  const running = names.canary?.digest === digest ? names.canary : undefined;
  const by = wish.chosenBy ?? running?.chosen_by ?? 'call';
  const autoAbort = (wish.autoAbort ?? Number(running?.auto_abort ?? 0) === 1) ? 1 : 0;
  const { share } = wish;
  const set = { digest, share, chosen_by: by, auto_abort: autoAbort };
  if (
    running !== undefined &&
    Number(running.share) === share &&
    running.chosen_by === by &&
    Number(running.auto_abort) === autoAbort
  )
    return undefined;
  // Who was with the canary stays with it when its share grows.
  const begun =
    running === undefined
      ? { salt: randomBytes(16).toString('hex'), looks: 0, started_at: Date.now(), started_by: principal.id }
      : {
          salt: running.salt,
          looks: running.looks,
          started_at: running.started_at,
          started_by: running.started_by,
        };
  return {
    moves: [{ kind: 'canary', alias: CANARY, digest }],
    object: { canaryShare: share / WHOLE, canaryBy: by, autoAbort: autoAbort === 1 },
    queries: [
      db
        .insertInto('canaries')
        .values({ account, service, ...set, ...begun })
        .onConflict((c) => c.columns(['account', 'service']).doUpdateSet({ ...set, ...begun }))
        .compile(),
    ],
  };
};

/** Who asks, and the service's names; the service is there. @throws CrankError `not-found` */
const enter = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
  action: 'service.canary' | 'service.read',
): Promise<{ principal: Principal; at: At }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, action, { type: 'service', account, service });
  await platform.catalog.resolve(account, service);
  return { principal, at: { account, service } };
};

/** Gives a version a share of the calls. @throws CrankError `not-found`, `version-conflict` */
export const setCanary = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
  reference: string,
  wish: CanaryWish,
): Promise<{ version: string; receipt: string | null }> => {
  const { principal, at } = await enter(platform, authorization, service, 'service.canary');
  const version = await platform.catalog.resolve(at.account, service, reference);
  await demandStartable(platform, version);
  const receipt = await changeNames(platform, principal, at, async (names) => {
    await platform.catalog.resolve(at.account, service, version.digest);
    const change = canaryChange(platform, principal, at, version.digest, wish, names);
    return (
      change && { ...change, act: 'service.canary', object: { service, version: version.digest, ...change.object } }
    );
  });
  return { version: version.digest, receipt: receipt ?? null };
};

/** The canary gets no calls any more. @throws CrankError `version-conflict` where there is none */
export const abortCanary = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
): Promise<{ version: string; receipt: string | null }> => {
  const { principal, at } = await enter(platform, authorization, service, 'service.canary');
  return abortAs(platform, principal, at);
};

/**
 * @param why what the act's receipt says about it
 * @param salt of the canary that is meant; where it is another one by now, that runs on
 */
export const abortAs = async (
  platform: Platform,
  principal: Principal,
  at: At,
  why: Record<string, string | number> = {},
  salt?: string,
): Promise<{ version: string; receipt: string | null }> => {
  let version = '';
  const receipt = await changeNames(platform, principal, at, (names) => {
    if (salt !== undefined && names.canary?.salt !== salt) return undefined;
    if (names.canary === undefined) throw noCanary(at.service);
    version = names.canary.digest;
    return {
      ...endCanary(platform, at, names),
      act: 'service.canary.abort',
      object: { service: at.service, version, ...why },
    };
  });
  return { version, receipt: receipt ?? null };
};

/** The canary becomes the latest. @throws CrankError `version-conflict` where there is none, or it does not run any more */
export const promoteCanary = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
): Promise<{ version: string; previous: string; receipt: string | null }> => {
  const { principal, at } = await enter(platform, authorization, service, 'service.canary');
  let version = '';
  let previous = '';
  const receipt = await changeNames(platform, principal, at, async (names) => {
    if (names.canary === undefined) throw noCanary(service);
    version = names.canary.digest;
    previous = latestOf(names, service);
    await demandStartable(platform, await platform.catalog.resolve(at.account, service, version));
    const ended = endCanary(platform, at, names, 'promote');
    return {
      act: 'service.canary.promote',
      object: { service, version, previous },
      moves: [{ kind: 'promote', alias: LATEST, digest: version }, ...ended.moves],
      queries: ended.queries,
    };
  });
  return { version, previous, receipt: receipt ?? null };
};

/** The canary beside the latest version, by recorded calls; null where there is none. */
export const canaryInfo = async (platform: Platform, at: At): Promise<CanaryInfo | null> => {
  const names = await readNames(platform, at);
  const { canary } = names;
  if (canary === undefined) return null;
  const latest = latestOf(names, at.service);
  const since = Number(canary.started_at);
  const [tried, usual] = await figuresOf(platform, at, [canary.digest, latest], since);
  const { manifest } = await platform.catalog.resolve(at.account, at.service, canary.digest);
  const expected = (await platform.catalog.resolve(at.account, at.service, latest)).manifest;
  return {
    version: canary.digest,
    share: Number(canary.share) / WHOLE,
    by: canary.chosen_by as ChosenBy,
    autoAbort: Number(canary.auto_abort) === 1,
    since: new Date(since).toISOString(),
    startedBy: canary.started_by,
    missing: Object.keys(expected.operations).filter((name) => !Object.hasOwn(manifest.operations, name)),
    canary: tried,
    latest: usual,
    comparison: compare(tried, usual, Number(canary.looks) + 1),
  };
};

/** @throws CrankError `not-found` */
export const describeCanary = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
): Promise<CanaryInfo | null> => {
  const { at } = await enter(platform, authorization, service, 'service.read');
  return canaryInfo(platform, at);
};
