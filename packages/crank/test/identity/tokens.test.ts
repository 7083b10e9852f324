import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actorOf } from '#src/core/actor.ts';
import type { CrankError } from '#src/core/error.ts';
import { roles } from '#src/core/service.ts';
import { Identity } from '#src/engines/identity/identity.ts';
import { isScope } from '#src/engines/identity/scopes.ts';
import { openTokenKeys } from '#src/engines/identity/token-keys.ts';
import { createTokens } from '#src/engines/identity/tokens.ts';
import { openStore, type Store } from '#src/store/store.ts';
import { temporaryFolder } from '../support/temporary.ts';

const HOUR = 3_600_000;
const folder = temporaryFolder('tokens');
const keysAt = join(folder.path, 'tokens');
let store: Store;
beforeAll(async () => {
  store = await openStore({ sqlite: join(folder.path, 'crank.db') });
});
afterAll(async () => {
  await store.close();
  folder.remove();
});

const someone = async (role: (typeof roles)[number]) => {
  const identity = new Identity(store.db);
  const tokens = createTokens({
    node: 'crank.local/1',
    keys: await openTokenKeys(keysAt, HOUR),
    principalOf: (id) => identity.byKey(id),
  });
  identity.accept(tokens.verify);
  const { secret, info, query } = identity.create({ account: 'acme', name: 'ann', role });
  await store.db.executeQuery(query);
  const principal = await identity.authenticate(`Bearer ${secret}`);
  return { identity, tokens, principal, id: info.id };
};

describe('minted tokens', () => {
  it('verify after a restart, while their key is there, and not a moment after their end', async () => {
    const { tokens, principal } = await someone('caller');
    const { token, expires } = await tokens.mint(principal, { lifeMs: 60_000 });
    const { identity } = await someone('caller');
    expect(await identity.authenticate(`Bearer ${token}`)).toEqual({
      ...principal,
      credential: 'token',
      tokenId: decodeJwt(token).jti,
    });
    expect((await tokens.verify(token, decodeJwt(token)))?.until).toBe(expires);
    expect(statSync(join(keysAt, '1.json')).mode & 0o777).toBe(0o600);
    // Older keys go when the last token of theirs has ended.
    await tokens.keys.rotate();
    expect(readdirSync(keysAt).toSorted()).toEqual(['1.json', '2.json']);
    const path = join(keysAt, '2.json');
    const kept = JSON.parse(readFileSync(path, 'utf8')) as { created: string };
    writeFileSync(path, JSON.stringify({ ...kept, created: new Date(Date.now() - HOUR - 1).toISOString() }));
    const later = await someone('caller');
    expect(later.tokens.keys.all).toHaveLength(1);
    expect(readdirSync(keysAt)).toEqual(['2.json']);
    await expect(later.identity.authenticate(`Bearer ${token}`)).rejects.toThrow(/no longer in use/);
  });

  it('of each role are for no more than it', async () => {
    const given: Record<string, string[]> = {};
    for (const role of roles) {
      const { tokens, principal } = await someone(role);
      given[role] = [];
      for (const wanted of roles)
        await tokens.mint(principal, { role: wanted, lifeMs: 1_000 }).then(
          () => given[role]!.push(wanted),
          (error: CrankError) => expect(error.code).toBe('forbidden'),
        );
    }
    expect(given).toEqual({
      owner: ['owner', 'developer', 'caller', 'auditor'],
      developer: ['developer', 'caller'],
      caller: ['caller'],
      auditor: ['auditor'],
      operator: ['operator'],
    });
  });

  it('on behalf of somebody are a caller’s, and show what was done for them', async () => {
    for (const role of roles) {
      const { tokens, principal } = await someone(role);
      const { token, ...minted } = await tokens.mint(principal, { lifeMs: 1_000, onBehalfOf: 'alice' });
      expect(minted.role).toBe(['owner', 'developer'].includes(role) ? 'caller' : role);
      const shown = (await tokens.verify(token, decodeJwt(token)))!.principal;
      expect(shown).toMatchObject({ id: principal.id, onBehalfOf: 'alice', role: minted.role });
      expect(actorOf(shown)).toBe(`${principal.id} for alice`);
    }
  });

  it('let what was begun with them go on, until their key is revoked', async () => {
    const { identity, id, principal } = await someone('caller');
    const acting = JSON.stringify({ ...principal, credential: 'token', tokenId: 'tok_1', onBehalfOf: 'alice' });
    expect(await identity.again('acme', id, acting)).toMatchObject({ id, onBehalfOf: 'alice' });
    expect(await identity.again('rival', id, acting)).toBeUndefined();
    await store.db.executeQuery(identity.revoke(id));
    expect(await identity.again('acme', id, acting)).toBeUndefined();
    const byIssuer = JSON.stringify({ ...principal, id: 'user_1', credential: 'issuer', issuer: 'iss_1' });
    expect(await identity.again('acme', 'user_1', byIssuer)).toBeUndefined();
    const rule = { id: 'iss_1', account: 'acme', url: 'https://id.example', audience: 'a', role: 'caller' };
    await store.db
      .insertInto('issuers')
      .values({ ...rule, claims: '{}', listed: 0, created_at: 1, created_by: id })
      .execute();
    expect(await identity.again('acme', 'user_1', byIssuer)).toMatchObject({ id: 'user_1' });
    expect(await identity.again('rival', 'user_1', byIssuer)).toBeUndefined();
  });
});

describe('scopes', () => {
  it('are actions or families of them, and one service or operation', () => {
    for (const good of [
      'service.call',
      'service.*',
      'call.read',
      'service.call:words',
      'service.call:words-2.count_all',
    ])
      expect(isScope(good), good).toBe(true);
    const long = `service.call:${'a'.repeat(64)}`;
    for (const bad of [
      '',
      '*',
      'service',
      'service.',
      '.call',
      'servise.call',
      'service.call:',
      'service.call:Words',
      'service.call:a.b.c',
      'service.call words',
      'service.call:a:b',
      'openid',
      long,
    ])
      expect(isScope(bad), bad).toBe(false);
  });
});
