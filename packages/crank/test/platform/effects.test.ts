import { describe, expect, it } from 'vitest';
import { CrankError } from '#src/core/error.ts';
import type { Catalog } from '#src/platform/catalog.ts';
import { mayHaveEffects } from '#src/platform/effects.ts';

const asked = (resolve: () => Promise<unknown>, networks = false) =>
  mayHaveEffects({ resolve, hasNetworks: async () => networks } as unknown as Catalog, {
    account: 'a',
    service: 's',
    version: null,
  });

describe('whether a call may have had an effect', () => {
  it('goes by the network of its service; one that is gone had none', async () => {
    expect(await asked(async () => ({ manifest: { network: ['api.example.org:443'] } }))).toBe(true);
    expect(await asked(async () => ({ manifest: {} }))).toBe(false);
    expect(await asked(() => Promise.reject(new CrankError('not-found', 'gone')))).toBe(false);
  });

  it('goes by the networks of its account where it may have called others', async () => {
    expect(await asked(async () => ({ manifest: { runtime: 'python' } }), true)).toBe(true);
    expect(await asked(async () => ({ manifest: { runtime: 'python' } }))).toBe(false);
    expect(await asked(async () => ({ manifest: { runtime: 'model' } }), true)).toBe(false);
  });

  it('is not guessed where the database cannot be asked', async () => {
    await expect(asked(() => Promise.reject(new Error('disk I/O error')))).rejects.toThrow('disk');
    await expect(asked(() => Promise.reject(new CrankError('unavailable', 'away')))).rejects.toThrow('away');
  });
});
