import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Destination } from '#src/core/destination.ts';
import { Identity } from '#src/engines/identity/identity.ts';
import { createIssuers } from '#src/engines/identity/issuers.ts';
import { createKeySets } from '#src/engines/identity/key-sets.ts';
import { openTokenKeys } from '#src/engines/identity/token-keys.ts';
import { createTokens, MOST_LIFE_MS } from '#src/engines/identity/tokens.ts';
import { createFetchJson } from '#src/platform/fetch-json.ts';
import type { Platform } from '#src/platform/platform.ts';
import type { Database } from '#src/store/schema.ts';

/** All that shows who asks: keys, tokens of the node's own, and those of issuers that accounts trust. */
export const openIdentity = async (
  db: Kysely<Database>,
  { node, keys, egress }: { node: string; keys: string; egress: readonly Destination[] },
): Promise<Pick<Platform, 'identity' | 'tokens' | 'discover'>> => {
  const identity = new Identity(db);
  const tokens = createTokens({
    node,
    keys: await openTokenKeys(join(keys, 'tokens'), MOST_LIFE_MS),
    principalOf: (key) => identity.byKey(key),
  });
  const keySets = createKeySets(createFetchJson(egress));
  identity.accept(tokens.verify);
  identity.accept(createIssuers(db, keySets));
  return { identity, tokens, discover: keySets.discover };
};
