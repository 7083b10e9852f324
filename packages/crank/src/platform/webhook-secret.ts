import { randomBytes } from 'node:crypto';
import type { WebhookRow } from '#src/store/schema-service-life.ts';
import type { KeyWrapper } from './key-wrapper.ts';
import { Vault } from './vault.ts';

type Sealed = Pick<WebhookRow, 'id' | 'wrapped_by' | 'wrapped' | 'sealed'>;

/** Encrypts a webhook's secret under a data key of its own. */
export const sealWebhook = async (wrapper: KeyWrapper, id: string, secret: string): Promise<Sealed> => {
  const key = randomBytes(32);
  const sealed = new Vault(key).seal(Buffer.from(secret), `webhook ${id}`);
  return { id, ...(await wrapper.wrap(key, `webhook ${id}`)), sealed };
};

/** The secret, and what seals arguments on their way; undefined where this node has not the key. */
export const openWebhook = async (
  wrapper: KeyWrapper,
  { id, wrapped_by, wrapped, sealed }: Sealed,
): Promise<{ secret: string; vault: Vault } | undefined> => {
  const key = await wrapper.unwrap(wrapped_by, wrapped, `webhook ${id}`);
  if (key === undefined) return undefined;
  const vault = new Vault(key);
  return { secret: vault.open(sealed, `webhook ${id}`).toString(), vault };
};
