import type { Principal } from '#src/core/service.ts';
import type { CallPredicate } from '#src/engines/audit/statement.ts';
import type { PolicyRequest } from '#src/engines/policy/decision.ts';
import type { Platform } from './platform.ts';
import { payloadOf } from './receipt-payload.ts';
import { principalOf } from './replay-decisions.ts';

/** In whose name policy was asked about a past call, in this order, and what it was told of the calls around it. */
export interface AskedAs {
  principals: readonly Principal[];
  within: PolicyRequest['call'];
}

/**
 * Finds that out from its receipt and those of the calls around it.
 *
 * @throws Error where one of these was never written, because the node died
 */
export const askedAs = async (platform: Platform, then: CallPredicate): Promise<AskedAs> => {
  const own = await principalOf(platform, then);
  if (then.parent === undefined) return { principals: [own], within: undefined };
  const chain: string[] = [];
  let around = then;
  while (around.parent !== undefined) {
    const { envelope } = await platform.store.db
      .selectFrom('receipts')
      .select('envelope')
      .where('id', '=', around.parent)
      .executeTakeFirstOrThrow();
    around = payloadOf(envelope).predicate as CallPredicate;
    chain.unshift(`${around.account}/${around.service}.${around.operation}`);
  }
  const { onBehalfOf = '' } = then.principal;
  const service = { ...own, name: own.id.slice(own.id.indexOf(':') + 1), onBehalfOf };
  return { principals: [await principalOf(platform, around), service], within: { parent: then.parent, chain } };
};
