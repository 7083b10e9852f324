import { CrankError } from '#src/core/error.ts';
import type { Catalog } from './catalog.ts';

/** Why a call that a node died in is not made again where it may have reached somebody. */
export const LEFT_ALONE =
  'The node ended during it. The service has a network, or may call one of its account that has, so it may have had an effect: it is not made again; nothing was charged.';

/**
 * Whether a call of a service may have an effect outside its sandbox, so that making it again could repeat that.
 *
 * @throws Error where that cannot be found out now
 */
export const mayHaveEffects = async (
  catalog: Catalog,
  { account, service, version }: { account: string; service: string; version: string | null },
): Promise<boolean> => {
  try {
    const { manifest } = await catalog.resolve(account, service, version ?? undefined);
    if (manifest.network !== undefined) return true;
    // What a script called meanwhile is not known: it may have been any service of its account.
    return manifest.runtime === 'python' && (await catalog.hasNetworks(account));
  } catch (error) {
    if (error instanceof CrankError && error.code === 'not-found') return false; // the call itself will say so
    throw error;
  }
};
