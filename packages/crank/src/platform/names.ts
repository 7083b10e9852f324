import type { CompiledQuery } from 'kysely';
import { CANARY, LATEST } from '#src/core/alias.ts';
import { CrankError } from '#src/core/error.ts';
import type { Principal } from '#src/core/service.ts';
import type { ActPredicate } from '#src/engines/audit/statement.ts';
import type { CanaryRow } from '#src/store/schema.ts';
import { actEntry } from './act.ts';
import type { Platform } from './platform.ts';

/** What the names of a service stand for at one moment. */
export interface Names {
  aliases: ReadonlyMap<string, string>;
  canary: CanaryRow | undefined;
  /** Changes so far. */
  seq: number;
}

export interface Move {
  kind: 'deploy' | 'rollback' | 'promote' | 'set' | 'delete' | 'canary' | 'abort' | 'remove';
  alias: string;
  /** Null: the name goes. */
  digest: string | null;
}

/** An act that changes names, with whatever else it writes. */
export interface Change {
  act: string;
  object: ActPredicate['object'];
  moves: readonly Move[];
  queries?: readonly CompiledQuery[];
}

interface At {
  account: string;
  service: string;
}

/** Changes that met another one are tried again so often. */
const TRIES = 8;

/** Who changes the names of which service now, on this node. */
const queues = new WeakMap<object, Map<string, Promise<unknown>>>();

export const readNames = async (
  { store: { db } }: Pick<Platform, 'store'>,
  { account, service }: At,
): Promise<Names> => {
  // The number first: what changes between these reads makes the commit on it fail, and is decided on again.
  const last = await db
    .selectFrom('moves')
    .select(({ fn }) => fn.max('seq').as('seq'))
    .where('account', '=', account)
    .where('service', '=', service)
    .executeTakeFirst();
  const aliases = await db
    .selectFrom('aliases')
    .select(['alias', 'digest'])
    .where('account', '=', account)
    .where('service', '=', service)
    .execute();
  const canary = await db
    .selectFrom('canaries')
    .selectAll()
    .where('account', '=', account)
    .where('service', '=', service)
    .executeTakeFirst();
  return { aliases: new Map(aliases.map(({ alias, digest }) => [alias, digest])), canary, seq: Number(last?.seq ?? 0) };
};

/**
 * Changes what names stand for, with the act's receipt, in one commit. Of two changes at once the second is decided again
 * on what the first left, also where they meet on different nodes: each takes the next number of its service.
 *
 * @param decide what to do, given what is so now; undefined: nothing
 * @returns the receipt's id; undefined where nothing was done
 */
export const changeNames = async (
  platform: Platform,
  principal: Principal,
  at: At,
  decide: (names: Names) => Promise<Change | undefined> | Change | undefined,
): Promise<string | undefined> => {
  const queue = queues.get(platform) ?? new Map<string, Promise<unknown>>();
  queues.set(platform, queue);
  const key = `${at.account}/${at.service}`;
  const before = queue.get(key) ?? Promise.resolve();
  const turn = before.then(() => tryChange(platform, principal, at, decide));
  const settled = turn.catch(() => undefined);
  queue.set(key, settled);
  try {
    return await turn;
  } finally {
    if (queue.get(key) === settled) queue.delete(key);
  }
};

const tryChange = async (
  platform: Platform,
  principal: Principal,
  at: At,
  decide: Parameters<typeof changeNames>[3],
): Promise<string | undefined> => {
  for (let tries = 1; ; tries++) {
    const names = await readNames(platform, at);
    const change = await decide(names);
    if (change === undefined) return undefined;
    const entry = actEntry(platform, principal, change.act, change.object, []);
    const queries = [...(change.queries ?? []), ...movesOf(platform, principal, at, names, change.moves, entry.id)];
    try {
      await platform.recorder.commit({
        ...entry,
        queries: queries.map(({ sql, parameters }) => ({ sql, parameters })),
      });
      return entry.id;
    } catch (error) {
      // Another node took the number: what it did is there now.
      const met = (await readNames(platform, at)).seq !== names.seq;
      if (!met) throw error;
      if (tries === TRIES)
        throw new CrankError('version-conflict', `The names of "${at.service}" change too fast: try again.`);
    } finally {
      platform.catalog.forget(at.account, at.service);
    }
  }
};

const movesOf = (
  { store: { db } }: Platform,
  principal: Principal,
  { account, service }: At,
  names: Names,
  moves: readonly Move[],
  receipt: string,
): CompiledQuery[] => {
  const now = Date.now();
  return moves.flatMap(({ kind, alias, digest }, i) => [
    db
      .insertInto('moves')
      .values({
        ...{ account, service, seq: names.seq + 1 + i, kind, alias, digest, receipt },
        previous: names.aliases.get(alias) ?? null,
        moved_at: now,
        moved_by: principal.id,
      })
      .compile(),
    digest === null
      ? db
          .deleteFrom('aliases')
          .where('account', '=', account)
          .where('service', '=', service)
          .where('alias', '=', alias)
          .compile()
      : db
          .insertInto('aliases')
          .values({ account, service, alias, digest, set_at: now, set_by: principal.id })
          .onConflict((c) =>
            c.columns(['account', 'service', 'alias']).doUpdateSet({ digest, set_at: now, set_by: principal.id }),
          )
          .compile(),
  ]);
};

/** Ends a canary that there may be: where calls without a version go somewhere else, nothing is compared any more. */
export const endCanary = (
  { store: { db } }: Platform,
  { account, service }: At,
  { canary }: Names,
  kind: Move['kind'] = 'abort',
): { moves: Move[]; queries: CompiledQuery[] } =>
  canary === undefined
    ? { moves: [], queries: [] }
    : {
        moves: [{ kind, alias: CANARY, digest: null }],
        queries: [db.deleteFrom('canaries').where('account', '=', account).where('service', '=', service).compile()],
      };

/** The latest version, which there is but for services that were only ever deployed under another name. */
export const latestOf = (names: Names, service: string): string => {
  const digest = names.aliases.get(LATEST);
  if (digest !== undefined) return digest;
  throw new CrankError('version-conflict', `"${service}" has no latest version yet: deploy it without --alias first.`);
};
