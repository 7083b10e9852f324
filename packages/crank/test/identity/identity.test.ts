import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CrankError } from '#src/core/error.ts';
import { roles } from '#src/core/service.ts';
import { apiKeyHash, isApiKey, newApiKey } from '#src/engines/identity/api-key.ts';
import { Identity } from '#src/engines/identity/identity.ts';
import { openStore, type Store } from '#src/store/store.ts';
import { temporaryFolder } from '../support/temporary.ts';

const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: CrankError) => error.code,
  );

describe('API keys', () => {
  it('have the layout that scanners know, and a checksum that finds every single wrong character', () => {
    for (const role of roles) {
      const key = newApiKey(role);
      expect(isApiKey(key)).toBe(true);
      for (let at = 0; at < key.length; at++) {
        const wrong = key.slice(0, at) + (key[at] === 'A' ? 'B' : 'A') + key.slice(at + 1);
        expect(isApiKey(wrong)).toBe(false);
      }
    }
  });

  it('are never the same twice', () => {
    expect(new Set(Array.from({ length: 1000 }, () => newApiKey('caller'))).size).toBe(1000);
  });
});

describe('identity', () => {
  const folder = temporaryFolder('identity');
  let store: Store;
  let identity: Identity;
  beforeAll(async () => {
    store = await openStore({ sqlite: join(folder.path, 'crank.db') });
    identity = new Identity(store.db);
  });
  afterAll(async () => {
    await store.close();
    folder.remove();
  });

  it('knows a key by its hash only, until it is revoked', async () => {
    const { secret, info, query } = identity.create({ account: 'acme', name: 'ann', role: 'caller' });
    await store.db.executeQuery(query);
    expect(await identity.authenticate(`Bearer ${secret}`)).toEqual({
      id: info.id,
      name: 'ann',
      kind: 'user',
      account: 'acme',
      role: 'caller',
    });
    const rows = await store.db.selectFrom('keys').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(rows[0]!.secret_hash).toBe(apiKeyHash(secret));
    await store.db.executeQuery(identity.revoke(info.id));
    identity.forget();
    expect(await codeOf(identity.authenticate(`Bearer ${secret}`))).toBe('unauthenticated');
  });

  it('refuses what is no key, and keys that it never made', async () => {
    for (const header of [
      undefined,
      '',
      'Basic YTpi',
      'Bearer',
      'Bearer x',
      `Bearer ${newApiKey('owner')}`,
      `Bearer ${newApiKey('owner')} x`,
    ]) {
      expect(await codeOf(identity.authenticate(header))).toBe('unauthenticated');
    }
  });
});
