import { actorOf } from '#src/core/actor.ts';
import { canonicalJson } from '#src/core/canonical-json.ts';
import { newId } from '#src/core/id.ts';
import type { Principal } from '#src/core/service.ts';
import { commitTo } from '#src/engines/audit/commitment.ts';
import { receiptStatement } from '#src/engines/audit/receipt-statement.ts';
import type { ActPredicate } from '#src/engines/audit/statement.ts';
import type { Platform } from './platform.ts';
import { principalClaim } from './principal-claim.ts';
import type { RecordEntry } from './record-entry.ts';

/** The node itself, for acts that nobody asked for. */
export const nodePrincipal = (platform: { node: string }, account: string): Principal => ({
  id: 'node',
  name: platform.node,
  kind: 'node',
  account,
  role: 'owner',
});

/** The entry of an administrative act, for the recorder. */
export const actEntry = (
  platform: Pick<Platform, 'node'>,
  principal: Principal,
  kind: string,
  object: ActPredicate['object'],
  queries: NonNullable<RecordEntry['queries']>,
  id = newId('act'),
): RecordEntry => {
  const { account } = principal;
  const subject = commitTo(Buffer.from(canonicalJson(object)));
  const predicate: ActPredicate = {
    act: id,
    kind,
    time: new Date().toISOString(),
    node: platform.node,
    account,
    principal: principalClaim(principal),
    object,
    salts: { subject: subject.saltDigest },
  };
  return {
    id,
    kind: 'act',
    account,
    principal: actorOf(principal),
    statement: receiptStatement({ id, predicate, subject: subject.commitment }),
    openings: { subject: subject.salt },
    queries: queries.map(({ sql, parameters }) => ({ sql, parameters })),
  };
};

/**
 * Writes what an administrative act changes, with its receipt, in one commit.
 *
 * @param object what was done, without secrets
 * @returns the receipt's id
 */
export const act = async (
  platform: Pick<Platform, 'node' | 'recorder'>,
  principal: Principal,
  kind: string,
  object: ActPredicate['object'],
  queries: NonNullable<RecordEntry['queries']>,
  id?: string,
): Promise<string> => {
  const entry = actEntry(platform, principal, kind, object, queries, id);
  await platform.recorder.commit(entry);
  return entry.id;
};
