import { verifyReceipt } from 'crank-verify';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { AUDIENCE, type OpenId, startOpenId } from '../support/open-id.ts';

const SOURCE = `from crank_platform import context

def count(text: str = "") -> int:
    return len(text.split())

def shout(text: str) -> str:
    return text.upper()

def who() -> list[str]:
    return [context.principal.kind, context.principal.onBehalfOf]
`;

interface Receipt {
  predicate: { principal: Record<string, unknown> };
}

let node: TestNode;
let provider: OpenId;
beforeAll(async () => {
  provider = await startOpenId();
  node = await startNode({ CRANK_EGRESS: provider.address });
  const deployed = await node.deploy('words', { 'words.py': SOURCE });
  expect(deployed.status, deployed.text).toBe(201);
});
afterAll(async () => {
  await node.remove();
  await provider.close();
});

const count = (key: string, headers: Record<string, string> = {}, text = 'a b') =>
  node.request('POST', '/v1/services/words/count', { json: { text }, key, headers });
/** Who a receipt says that it was, the receipt being verified. */
const principalOf = async (id: string): Promise<Record<string, unknown>> => {
  const { text } = await node.request('GET', `/v1/receipts/${id}`);
  const vkeys = [(await node.request('GET', '/log/vkey')).text.trim()];
  return ((await verifyReceipt(text, { vkeys })) as unknown as Receipt).predicate.principal;
};
const crank = async (args: string[], key?: string): Promise<string> => {
  const ran = await node.crank(args, key === undefined ? {} : { env: { CRANK_KEY: key } });
  expect(ran.code, ran.stderr).toBe(0);
  return ran.stdout.trim();
};
const post = async <T>(path: string, json: object, key = node.key): Promise<T> => {
  const made = await node.request<T>('POST', path, { json, key });
  expect(made.status, made.text).toBeLessThan(300);
  return made.json;
};
const mint = async (json: object = {}, key?: string): Promise<string> =>
  (await post<{ token: string }>('/v1/tokens', json, key)).token;
const newKey = (role: string, kind = 'user') =>
  post<{ id: string; key: string }>('/v1/keys', { name: 'k', role, kind });

describe('a token that a key mints', () => {
  it('does what it is for, as its key, and no more', async () => {
    const token = await crank([
      'key',
      'token',
      '--role',
      'caller',
      '--scope',
      'service.call:words.count',
      '--for',
      '5m',
    ]);
    const called = await count(token);
    expect(called.json).toBe(2);
    const { keys } = (await node.request<{ keys: { id: string }[] }>('GET', '/v1/keys')).json;
    expect(await principalOf(called.headers.get('crank-call')!)).toEqual({
      ...{ account: 'default', id: keys[0]!.id, kind: 'user', role: 'caller' },
      scopes: ['service.call:words.count'],
      tokenId: decodeJwt(token).jti,
    });
    const shout = await node.request('POST', '/v1/services/words/shout', { json: { text: 'a' }, key: token });
    expect(shout).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    expect(shout.headers.get('www-authenticate')).toMatch(/^Bearer resource_metadata=.*error="insufficient_scope"/);
    for (const path of ['/v1/calls', '/v1/services', '/v1/keys', '/v1/receipts'])
      expect((await node.request('GET', path, { key: token })).status, path).toBe(403);
    // Nothing that it makes would outlive it.
    const owner = await mint();
    expect((await node.request('GET', '/v1/keys', { key: owner })).status).toBe(200);
    for (const [path, json] of [
      ['/v1/keys', { name: 'x', role: 'owner' }],
      ['/v1/tokens', {}],
      ['/v1/schedules', { service: 'words', operation: 'count', cron: '0 0 1 1 *' }],
      ['/v1/webhooks', { service: 'words', operation: 'count', verify: 'token' }],
      ['/v1/accounts', { name: 'x' }],
      ['/v1/issuers', { url: provider.issuer, audience: 'x', role: 'owner' }],
    ] as const)
      expect(await node.request('POST', path, { json, key: owner }), path).toMatchObject({
        status: 403,
        json: { detail: expect.stringContaining('outlasts a short-lived token') },
      });
  });

  it('is never more than its key', async () => {
    const { key } = await newKey('developer');
    for (const role of ['owner', 'auditor', 'operator'])
      expect((await node.request('POST', '/v1/tokens', { json: { role }, key })).status, role).toBe(403);
    const wrong = { life: '2h', role: 'root', scopes: ['service.call:'], onBehalfOf: '' };
    for (const [name, value] of Object.entries(wrong))
      expect((await node.request('POST', '/v1/tokens', { json: { [name]: value }, key })).status, name).toBe(422);
  });

  it('ends with its key', async () => {
    const { id, key } = await newKey('caller');
    const token = await mint({}, key);
    expect((await count(token)).status).toBe(200);
    await node.request('DELETE', `/v1/keys/${id}`);
    expect(await count(token)).toMatchObject({ status: 401, json: { detail: expect.stringContaining('is revoked') } });
  });

  it('verifies by the published keys, over their change, until they are discarded', async () => {
    const jwks = createRemoteJWKSet(new URL(`${node.url}/.well-known/jwks.json`), { cooldownDuration: 0 });
    const old = await mint();
    const { payload, protectedHeader } = await jwtVerify(old, jwks, { typ: 'at+jwt' });
    expect(payload).toMatchObject({ iss: payload.aud, client_id: payload.sub, role: 'owner' });
    await post('/v1/tokens/rotate-key', {});
    const young = await mint();
    expect((await jwtVerify(young, jwks)).protectedHeader.kid).not.toBe(protectedHeader.kid);
    for (const token of [old, young]) expect((await count(token)).status).toBe(200);
    await crank(['key', 'rotate-token-key', '--discard']);
    for (const token of [old, young]) expect((await count(token)).status).toBe(401);
    expect((await count(await mint())).status).toBe(200);
  });
});

describe('an agent that acts for a user', () => {
  let agent: { id: string; key: string };
  const tokenFor = (user: string, more: object = {}) => mint({ onBehalfOf: user, ...more }, agent.key);
  beforeAll(async () => {
    agent = await newKey('caller', 'agent');
  });

  it('says so in the receipt, with whose word it acts on', async () => {
    const called = await count(await tokenFor('alice@example.com'));
    expect(await principalOf(called.headers.get('crank-call')!)).toMatchObject({
      ...{ id: agent.id, kind: 'agent', onBehalfOf: 'alice@example.com' },
      scopes: ['service.call', 'service.read', 'call.read', 'call.cancel', 'receipt.read'],
    });
    const asked = await node.request('POST', '/v1/services/words/who', {
      json: {},
      key: await tokenFor('alice@example.com'),
    });
    expect(asked.json, 'the script knows, too').toEqual(['agent', 'alice@example.com']);
    const minted = await node.request<{ receipts: { kind: string; id: string }[] }>(
      'GET',
      '/v1/receipts?kind=token.create',
    );
    const { text } = await node.request('GET', `/v1/receipts/${minted.json.receipts[0]!.id}`);
    const payload = JSON.parse(Buffer.from(JSON.parse(text).envelope.payload, 'base64').toString());
    expect(payload.predicate).toMatchObject({ kind: 'token.create', object: { onBehalfOf: 'alice@example.com' } });
  });

  it('sees what it did for this user, and nothing that it did for another', async () => {
    const [alice, bob] = [await tokenFor('alice'), await tokenFor('bob')];
    const key = { 'idempotency-key': 'one' };
    const first = await count(alice, key);
    const second = await count(bob, key);
    expect(second.headers.get('crank-call')).not.toBe(first.headers.get('crank-call'));
    expect((await count(alice, key)).headers.get('crank-call')).toBe(first.headers.get('crank-call'));
    const id = first.headers.get('crank-call');
    for (const path of [`/v1/calls/${id}`, `/v1/receipts/${id}`]) {
      expect((await node.request('GET', path, { key: bob })).status, path).toBe(404);
      expect((await node.request('GET', path, { key: alice })).status, path).toBe(200);
      // Of the agent itself it is not, of the account it is.
      expect((await node.request('GET', path, { key: agent.key })).status, path).toBe(404);
      expect((await node.request('GET', path)).status, path).toBe(200);
    }
    for (const list of ['calls', 'receipts']) {
      const ids = async (key: string) => {
        const { json } = await node.request<Record<string, { id: string }[]>>('GET', `/v1/${list}`, { key });
        return json[list]!.map((one) => one.id);
      };
      expect(await ids(alice), list).toContain(id);
      expect(await ids(bob), list).not.toContain(id);
    }
    // What is kept for a user is under a key of its own, which an erasure destroys.
    const erased = await node.request('POST', '/v1/erasures', { json: { subject: `${agent.id} for alice` } });
    expect(erased.status, erased.text).toBe(200);
  });

  it('has jobs that run as it and on whose behalf they were taken', async () => {
    const token = await tokenFor('carol');
    const taken = await count(token, { prefer: 'respond-async' });
    expect(taken.status).toBe(202);
    const id = taken.headers.get('location')!.split('/').at(-1)!;
    await node.request('GET', `/v1/jobs/${id}/events`, { key: token });
    const result = await node.request('GET', `/v1/jobs/${id}/result`, { key: token });
    expect(result.json, result.text).toBe(2);
    const another = { key: await tokenFor('bob') };
    expect((await node.request('GET', `/v1/jobs/${id}/result`, another)).status).toBe(404);
    expect(await principalOf(id)).toMatchObject({
      ...{ id: agent.id, onBehalfOf: 'carol', tokenId: decodeJwt(token).jti },
    });
  });

  it('cannot be a user, nor anybody by a header', async () => {
    expect((await node.request('POST', '/v1/tokens', { json: { onBehalfOf: 'alice' } })).status).toBe(403);
    const called = await count(agent.key, { 'crank-on-behalf-of': 'alice' });
    expect(await principalOf(called.headers.get('crank-call')!)).not.toHaveProperty('onBehalfOf');
  });
});

describe('tokens of an OpenID provider that nobody here wrote', () => {
  const rule = { audience: AUDIENCE, role: 'caller', url: '' };
  beforeAll(() => {
    rule.url = provider.issuer;
  });

  it('are taken from whom the account trusts, by what they say', async () => {
    const [robot, alice] = [await provider.ofService(), await provider.ofUser('alice')];
    const stranger = await count(robot);
    expect(stranger).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
    expect(stranger.headers.get('www-authenticate')).toContain('error="invalid_token"');
    const given = ['--audience', AUDIENCE, '--role', 'caller', '--claim', 'email_domain=example.com', '--listed'];
    await crank(['issuer', 'add', provider.issuer, ...given]);
    const called = await count(alice);
    expect(called.json).toBe(2);
    const principal = await principalOf(called.headers.get('crank-call')!);
    expect(principal).toMatchObject({
      ...{ account: 'default', kind: 'user', role: 'caller', id: expect.stringMatching(/^user_[0-9a-f]{26}$/) },
      issuer: expect.stringMatching(/^iss_/),
    });
    // Its own calls are its own, and it is the same user with the next token.
    const again = await provider.ofUser('alice');
    expect((await node.request('GET', `/v1/calls/${called.headers.get('crank-call')}`, { key: again })).status).toBe(
      200,
    );
    expect(await count(robot)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    await post('/v1/issuers', { ...rule, claims: { team: 'night shift' } });
    const byRobot = await count(robot);
    expect(await principalOf(byRobot.headers.get('crank-call')!)).toMatchObject({ kind: 'service' });
    // Nothing of it outlasts it in its name.
    const { status } = await node.request('POST', '/v1/tokens', { json: {}, key: alice });
    expect(status).toBe(403);
  });

  it('are told where they come from', async () => {
    const stranger = await fetch(`${node.url}/v1/services`);
    const challenge = stranger.headers.get('www-authenticate')!;
    const [, where] = /^Bearer resource_metadata="([^"]+)"$/.exec(challenge)!;
    expect(await (await fetch(where!)).json()).toMatchObject({
      resource: node.url,
      authorization_servers: [provider.issuer],
      bearer_methods_supported: ['header'],
    });
  });

  it('verify over a change of its keys, which are asked for no more than needed', async () => {
    const before = provider.asked();
    for (let n = 0; n < 3; n++) expect((await count(await provider.ofService())).status).toBe(200);
    expect(provider.asked()).toBe(before);
  });

  it('are another account’s matter, and end with the trust', async () => {
    const token = await provider.ofService();
    const made = await node.request<{ owner: { key: string } }>('POST', '/v1/accounts', { json: { name: 'rival' } });
    const taken = await node.request('POST', '/v1/issuers', {
      json: { ...rule, role: 'owner' },
      key: made.json.owner.key,
    });
    expect(taken).toMatchObject({ status: 409, json: { code: 'version-conflict' } });
    const listed = await node.request('GET', '/v1/issuers', { key: made.json.owner.key });
    expect(listed.json).toEqual({ issuers: [] });
    expect((await count(token)).status).toBe(200);
    const { issuers } = (await node.request<{ issuers: { id: string }[] }>('GET', '/v1/issuers')).json;
    for (const { id } of issuers) await node.request('DELETE', `/v1/issuers/${id}`);
    expect((await count(token)).status).toBe(401);
  });

  it('are not asked for where the operator did not open the address', async () => {
    const refused = await node.request('POST', '/v1/issuers', {
      json: { url: node.url, audience: 'x', role: 'caller' },
    });
    expect(refused).toMatchObject({ status: 422, json: { detail: expect.stringContaining('CRANK_EGRESS') } });
  });
});
