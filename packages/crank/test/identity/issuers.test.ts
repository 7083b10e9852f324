import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { decodeJwt, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CrankError } from '#src/core/error.ts';
import { createIssuers } from '#src/engines/identity/issuers.ts';
import { createKeySets } from '#src/engines/identity/key-sets.ts';
import { type IssuerRule, principalBy, ruleFor } from '#src/engines/identity/map-claims.ts';
import { createFetchJson } from '#src/platform/fetch-json.ts';
import { openStore, type Store } from '#src/store/store.ts';
import { AUDIENCE, type OpenId, startOpenId } from '../support/open-id.ts';
import { temporaryFolder } from '../support/temporary.ts';

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: CrankError) => error.code,
  );

describe('keys of a real provider', () => {
  const folder = temporaryFolder('issuers');
  let store: Store;
  let provider: OpenId;
  let now = 1e12;
  let bearer: ReturnType<typeof createIssuers>;
  const show = (jwt: string) => bearer(jwt, decodeJwt(jwt));
  beforeAll(async () => {
    provider = await startOpenId();
    store = await openStore({ sqlite: join(folder.path, 'x.db') });
    const [host, port] = provider.address.split(':');
    const fetchJson = createFetchJson([{ host: host!, port: Number(port) }]);
    bearer = createIssuers(
      store.db,
      createKeySets(fetchJson, () => now),
    );
    const rule = { id: 'iss_1', account: 'acme', url: provider.issuer, audience: AUDIENCE, role: 'caller' };
    await store.db
      .insertInto('issuers')
      .values({ ...rule, claims: '{}', listed: 0, created_at: 1, created_by: 'key_1' })
      .execute();
  });
  afterAll(async () => {
    await store.close();
    folder.remove();
  });

  it('are asked for once, again for a name that is not known, and not more often than every ten seconds', async () => {
    const old = await provider.ofService();
    for (let n = 0; n < 3; n++)
      expect((await show(old))?.principal).toMatchObject({ account: 'acme', kind: 'service' });
    expect(provider.asked()).toBe(1);
    await provider.rotate();
    const young = await provider.ofService();
    for (let n = 0; n < 20; n++) expect(await codeOf(show(young))).toBe('unauthenticated');
    expect(provider.asked()).toBe(1);
    now += 10_000;
    const many = await Promise.all([show(young), show(young), show(young)]);
    expect(many.map((shown) => shown?.principal.role)).toEqual(['caller', 'caller', 'caller']);
    expect(provider.asked()).toBe(2);
    // What the provider has taken back is taken back here.
    expect(await codeOf(show(old))).toBe('unauthenticated');
  });

  it('of an issuer and audience that two accounts claim are nobody’s', async () => {
    const token = await provider.ofService();
    const rule = { id: 'iss_2', account: 'rival', url: provider.issuer, audience: AUDIENCE, role: 'owner' };
    await store.db
      .insertInto('issuers')
      .values({ ...rule, claims: '{}', listed: 0, created_at: 1, created_by: 'key_2' })
      .execute();
    expect(await show(token)).toBeUndefined();
    await store.db.deleteFrom('issuers').where('id', '=', 'iss_2').execute();
    expect((await show(token))?.principal.account).toBe('acme');
  });

  it('are used for an hour where the provider does not answer; then it is said that it does not', async () => {
    const token = await provider.ofService();
    await provider.close();
    now += 3_599_000;
    expect((await show(token))?.principal.kind).toBe('service');
    now += 11_000;
    expect(await codeOf(show(token))).toBe('unavailable');
  });
});

describe('what a token says', () => {
  const rule = (claims: Record<string, string>): IssuerRule => ({
    ...{ id: 'iss_1', account: 'acme', url: 'https://id.example', audience: 'a', role: 'caller' },
    claims,
  });
  const takes = (wanted: Record<string, string>, claims: JWTPayload): boolean =>
    ruleFor([rule(wanted)], claims) !== undefined;

  it('holds for a rule where all of its claims do', () => {
    const claims = { groups: ['a', 'b'], level: 3, active: true, email: 'x@acme.com', email_verified: true };
    for (const wanted of [{}, { groups: 'b' }, { level: '3', active: 'true' }, { email: 'x@acme.com' }])
      expect(takes(wanted, claims), JSON.stringify(wanted)).toBe(true);
    for (const wanted of [{ groups: 'c' }, { groups: 'a,b' }, { level: '3', active: 'false' }, { none: '' }])
      expect(takes(wanted, claims), JSON.stringify(wanted)).toBe(false);
    // Names that every object has are no claims.
    expect(takes({ constructor: 'x', toString: '' }, claims)).toBe(false);
  });

  it('counts mail only where it is verified, and its domain as a whole', () => {
    const wanted = { email_domain: 'acme.com' };
    expect(takes(wanted, { email: 'x@ACME.com', email_verified: true })).toBe(true);
    for (const claims of [
      { email: 'x@acme.com' },
      { email: 'x@acme.com', email_verified: 'true' },
      { email: 'x@acme.com.evil.example', email_verified: true },
      { email: 'x@evilacme.com', email_verified: true },
      { email: 'x@acme.com@evil.example', email_verified: true },
      { email: 'acme.com', email_verified: true },
      { email_domain: 'acme.com' },
      { hd: 'acme.com' },
    ])
      expect(takes(wanted, claims), JSON.stringify(claims)).toBe(false);
    expect(takes({ email: 'x@acme.com' }, { email: 'x@acme.com' })).toBe(false);
  });

  it('shows who acts, and on whose behalf', () => {
    const user = principalBy(rule({}), { sub: 'u1', azp: 'app' });
    const agent = principalBy(rule({}), { sub: 'u1', act: { sub: 'robot', act: { sub: 'before' } } });
    expect(agent).toMatchObject({ kind: 'agent', name: 'robot', onBehalfOf: user.id });
    expect(principalBy(rule({}), { sub: 'app', client_id: 'app' }).kind).toBe('service');
    expect(principalBy({ ...rule({}), account: 'rival' }, { sub: 'u1' }).id).not.toBe(user.id);
    expect(principalBy({ ...rule({}), url: 'https://other.example' }, { sub: 'u1' }).id).not.toBe(user.id);
    for (const claims of [{ sub: '' }, {}, { sub: 'u1', act: 'robot' }, { sub: 'u1', act: {} }])
      expect(() => principalBy(rule({}), claims as JWTPayload)).toThrow();
  });
});

describe('documents of others', () => {
  let server: Server;
  let listener: RequestListener = (_request, response) => response.end();
  let at = { host: '127.0.0.1', port: 0 };
  beforeAll(async () => {
    server = createServer((request, response) => listener(request, response));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    at = { ...at, port: (server.address() as AddressInfo).port };
  });
  afterAll(() => server.close());
  const get = (url: string, opened = [at]) => createFetchJson(opened, async () => ['127.0.0.1'])(url);

  it('come without redirects, within bounds, from where the operator lets them', async () => {
    const base = `http://127.0.0.1:${at.port}`;
    listener = (_request, response) => response.end('{"a":1}');
    expect(await get(`${base}/x`)).toEqual({ a: 1 });
    await expect(get(`${base}/x`, [])).rejects.toThrow(/loopback.*CRANK_EGRESS/);
    await expect(get(`http://id.example:${at.port}/x`, [])).rejects.toThrow(/loopback/);
    await expect(get('http://[::ffff:127.0.0.1]/x', [])).rejects.toThrow(/reserved|loopback/);
    await expect(get('http://169.254.169.254/latest/meta-data')).rejects.toThrow(/metadata/);
    await expect(get('https://2130706433/x')).rejects.toThrow(/loopback/);
    await expect(get(`http://user:secret@127.0.0.1:${at.port}/x`)).rejects.toThrow(/no https URL/);
    await expect(get('file:///etc/passwd')).rejects.toThrow(/no https URL/);
    const nowhere = createFetchJson([], () => Promise.reject(new Error('queryA ENOTFOUND')));
    await expect(nowhere('https://id.example/x')).rejects.toThrow('id.example cannot be resolved');
    listener = (_request, response) => response.writeHead(302, { location: '/y' }).end();
    await expect(get(`${base}/x`)).rejects.toThrow(/answers 302/);
    listener = (_request, response) => response.end(`"${'x'.repeat(300_000)}"`);
    await expect(get(`${base}/x`)).rejects.toThrow(/more than/);
    listener = (_request, response) => response.end('<html>');
    await expect(get(`${base}/x`)).rejects.toThrow();
  });

  it('of another provider than the one that was asked are not believed', async () => {
    const base = `http://127.0.0.1:${at.port}`;
    const sets = createKeySets((url) => get(url));
    const say = (configuration: object, keys: unknown = { keys: [{ kty: 'RSA' }] }) => {
      listener = (request, response) =>
        response.end(JSON.stringify(request.url?.startsWith('/.well-known') ? configuration : keys));
    };
    say({ issuer: 'https://accounts.example', jwks_uri: `${base}/keys` });
    await expect(sets.discover(base)).rejects.toThrow(/not of/);
    say({ issuer: base });
    await expect(sets.discover(base)).rejects.toThrow(/jwks_uri/);
    say({ issuer: base, jwks_uri: 'http://169.254.169.254/keys' });
    await expect(sets.discover(base)).rejects.toThrow(/metadata/);
    for (const keys of [{}, { keys: [] }, { keys: Array.from({ length: 101 }, () => ({ kty: 'RSA' })) }]) {
      say({ issuer: base, jwks_uri: `${base}/keys` }, keys);
      await expect(sets.discover(base)).rejects.toThrow(/no list/);
    }
    say({ issuer: base, jwks_uri: `${base}/keys` }, { keys: [{ kty: 'oct', k: 'AA' }, { kty: 'RSA' }] });
    expect(await sets.discover(base)).toEqual({ keys: [{ kty: 'RSA' }] });
  });
});
