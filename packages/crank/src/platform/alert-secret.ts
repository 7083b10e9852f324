import { randomBytes } from 'node:crypto';
import type { KeyWrapper } from './key-wrapper.ts';
import { Vault } from './vault.ts';

/** What deliveries to a webhook are signed with, encrypted. */
export interface SealedSecret {
  wrapped_by: number;
  wrapped: Uint8Array;
  sealed: Uint8Array;
}

/** A new secret to sign deliveries with: base64 behind `whsec_`. @param context what it is bound to, such as `budget bud_...` */
export const newAlertSecret = async (
  wrapper: KeyWrapper,
  context: string,
): Promise<{ secret: string } & SealedSecret> => {
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const key = randomBytes(32);
  const sealed = new Vault(key).seal(Buffer.from(secret), context);
  return { secret, ...(await wrapper.wrap(key, context)), sealed };
};

/** The same again; undefined where there is none, or another node has the key. */
export const openAlertSecret = async (
  wrapper: KeyWrapper,
  { wrapped_by, wrapped, sealed }: { [Name in keyof SealedSecret]: SealedSecret[Name] | null },
  context: string,
): Promise<string | undefined> => {
  if (wrapped_by === null || wrapped === null || sealed === null) return undefined;
  const key = await wrapper.unwrap(wrapped_by, wrapped, context);
  return key && new Vault(key).open(sealed, context).toString();
};
