import { createHmac, createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, exportJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '#src/store/store.ts';
import { exchange } from '../http/stand-in.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { AUDIENCE, encode, type Forge, openForge, seconds } from './forge.ts';
import { identityAttacks } from './identity-list.ts';

type Name = keyof typeof identityAttacks;

interface Made {
  id: string;
  key: string;
}
interface Problem {
  code: string;
  detail: string;
  call?: string;
}
interface Act {
  kind: string;
  object: Record<string, number>;
}
/** What was answered, and to what. */
interface Refusal {
  status: number;
  problem: Problem;
}

const SOURCE = `def count(text: str = "") -> int:
    return len(text.split())
`;

describe('attacks: identity', () => {
  let forge: Forge;
  let node: TestNode;
  let rival: string;
  let agent: Made;
  let rule: string;
  /** The key that the node signs tokens with, as whoever wrote it to the disk has it. */
  let own: { key: KeyObject; kid: string };
  const done: string[] = [];
  /** Refusals by code that the log has to tell of, and calls that have receipts. */
  const counted = new Map<string, number>();
  const receipts: string[] = [];

  beforeAll(async () => {
    forge = await openForge();
    node = await startNode({
      CRANK_EGRESS: forge.address,
      CRANK_PUBLIC_URL: 'https://crank.example/',
      CRANK_HOSTS: 'any',
    });
    expect((await node.deploy('words', { 'words.py': SOURCE })).status).toBe(201);
    rival = (await post<{ owner: Made }>('/v1/accounts', { name: 'rival' })).owner.key;
    agent = await newKey('caller', 'agent');
    const trust = { url: forge.issuer, audience: AUDIENCE, role: 'caller', claims: { tier: 'gold' } };
    rule = (await post<{ id: string }>('/v1/issuers', trust)).id;
    const { key } = JSON.parse(readFileSync(join(node.data, 'keys/tokens/1.json'), 'utf8')) as { key: JsonWebKey };
    const { kid } = decodeProtectedHeader(await mint());
    own = { key: createPrivateKey({ key, format: 'jwk' }), kid: kid! };
    // What the attacks change is good as it is.
    for (const token of [await forge.sign(), await signOwn({}), await mint()])
      expect((await node.request('GET', '/v1/services', { key: token })).status).toBe(200);
  });
  afterAll(async () => {
    await node.remove();
    await forge.close();
  });

  const post = async <T>(path: string, json: object, key = node.key): Promise<T> => {
    const made = await node.request<T>('POST', path, { json, key });
    expect(made.status, made.text).toBeLessThan(300);
    return made.json;
  };
  const newKey = (role: string, kind = 'user') => post<Made>('/v1/keys', { name: 'k', role, kind });
  const mint = async (json: object = {}, key?: string): Promise<string> =>
    (await post<{ token: string }>('/v1/tokens', json, key)).token;
  /** A token of the node's own making, with other claims. */
  const signOwn = async (
    more: Record<string, unknown>,
    head: Record<string, unknown> = {},
    key = own.key,
  ): Promise<string> => {
    const good = { ...decodeJwt(await mint()), ...more };
    const claims = Object.fromEntries(Object.entries(good).filter(([, value]) => value !== undefined));
    return new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: own.kid, ...head }).sign(key);
  };

  const note = (what: string, status: number, problem: Problem | undefined, codes: readonly string[]): Refusal => {
    expect(codes, `${what}: ${status} ${JSON.stringify(problem)}`).toContain(problem?.code);
    const { code, call } = problem!;
    if (call !== undefined) receipts.push(call);
    else counted.set(code, (counted.get(code) ?? 0) + 1);
    return { status, problem: problem! };
  };
  const ask = async (
    key: string,
    [method, path, json]: readonly [string, string, (object | undefined)?],
    codes: readonly string[],
    headers: Record<string, string> = {},
  ): Promise<Refusal> => {
    const answer = await node.request<Problem>(method, path, { key, headers, ...(json && { json }) });
    return note(`${method} ${path}`, answer.status, answer.json, codes);
  };
  /** Credentials that show nobody. */
  const refused = async (...tokens: string[]): Promise<void> => {
    for (const token of tokens) await ask(token, ['GET', '/v1/services'], ['unauthenticated']);
  };
  /** Bytes as they are, of which nothing is to be answered but a refusal. */
  const raw = async (request: string, codes: readonly string[]): Promise<void> => {
    const answer = await exchange(Number(new URL(node.url).port), request);
    const status = Number(answer.slice(9, 12));
    expect(answer.match(/^HTTP\/1\.1 /gm), request).toHaveLength(1);
    note(request, status, JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Problem, codes);
  };

  const probe = (name: Name, act: () => Promise<void>): void => {
    done.push(name);
    it(name, act);
  };

  for (const [name, algorithms] of [
    ['the algorithm none', ['none']],
    ['none in other letters', ['None', 'NONE', 'nOnE', '']],
  ] as const)
    probe(name, async () => {
      for (const alg of algorithms) {
        const claims = decodeJwt(await mint());
        await refused(`${encode({ alg, typ: 'at+jwt', kid: own.kid })}.${encode(claims)}.`);
        await refused(
          `${encode({ alg })}.${encode(forge.claims())}.`,
          forge.signAnyway({ alg, kid: 'rsa' }, forge.claims()),
        );
      }
    });

  probe('a signature taken off', async () => {
    for (const token of [await mint(), await forge.sign()]) {
      const [head, claims, signature] = token.split('.');
      await refused(`${head}.${claims}.`, `${head}.${claims}`, `${head}.${claims}.${signature!.slice(0, -8)}`);
      await refused(`${head}.${claims}.${encode('x'.repeat(64))}`);
    }
  });

  probe('the published key taken for a shared secret', async () => {
    const { keys } = (await node.request<{ keys: { x: string }[] }>('GET', '/.well-known/jwks.json')).json;
    const pem = forge.publicRsa.export({ type: 'spki', format: 'pem' });
    const mac = (head: object, claims: object, secret: string | Buffer): string => {
      const text = `${encode(head)}.${encode(claims)}`;
      return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
    };
    for (const secret of [pem, JSON.stringify(await exportJWK(forge.publicRsa))])
      await refused(mac({ alg: 'HS256', kid: 'rsa' }, forge.claims(), secret));
    const claims = decodeJwt(await mint());
    for (const secret of [Buffer.from(keys.at(-1)!.x, 'base64url'), JSON.stringify(keys.at(-1))])
      await refused(mac({ alg: 'HS256', typ: 'at+jwt', kid: own.kid }, claims, secret));
  });

  const mine = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const mineEd = generateKeyPairSync('ed25519');
  probe('a key of its own in the head (jwk)', async () => {
    const jwk = await exportJWK(mine.publicKey);
    await refused(
      await forge.sign({}, { jwk }, mine.privateKey),
      await forge.sign({}, { jwk, kid: 'x' }, mine.privateKey),
    );
    await refused(await signOwn({}, { jwk: await exportJWK(mineEd.publicKey) }, mineEd.privateKey));
  });
  probe('a key at an address in the head (jku, x5u)', async () => {
    const at = `${forge.issuer}/keys`;
    await refused(
      await forge.sign({}, { jku: at }, mine.privateKey),
      await forge.sign({}, { x5u: at }, mine.privateKey),
    );
    await refused(await signOwn({}, { jku: at, kid: 'rsa' }, mineEd.privateKey));
  });
  probe('a certificate in the head (x5c)', async () => {
    const x5c = [mine.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')];
    await refused(await forge.sign({}, { x5c }, mine.privateKey));
  });
  for (const [name, ids] of [
    ['a key id that is a path', ['../../../../../../dev/null', '/etc/passwd', 'tokens/1.json', '..%2f1']],
    ['a key id that is a query', ["' OR '1'='1", 'x" UNION SELECT secret_hash FROM keys--', '*']],
    ['a key id that every object has', ['__proto__', 'constructor', 'toString', 'length', '0']],
  ] as const)
    probe(name, async () => {
      for (const kid of ids) {
        await refused(await forge.sign({}, { kid }, mine.privateKey), await signOwn({}, { kid }));
        const text = `${encode({ alg: 'HS256', typ: 'at+jwt', kid })}.${encode(decodeJwt(await mint()))}`;
        await refused(`${text}.${createHmac('sha256', '').update(text).digest('base64url')}`);
      }
    });
  probe('an extension that nobody here knows (crit)', async () => {
    const head = { alg: 'RS256', kid: 'rsa', crit: ['urn:x'], 'urn:x': true };
    await refused(forge.signAnyway(head, forge.claims()), forge.signAnyway({ ...head, crit: [] }, forge.claims()));
  });
  probe('a payload that is not encoded (b64)', async () => {
    await refused(forge.signAnyway({ alg: 'RS256', kid: 'rsa', b64: false, crit: ['b64'] }, forge.claims()));
  });
  probe('an algorithm that is not listed, by the right key', async () => {
    for (const alg of ['RS384', 'RS512', 'PS384', 'PS512']) await refused(await forge.sign({}, { alg }));
  });
  probe('a key of the issuer for another algorithm', async () => {
    for (const alg of ['ES256', 'EdDSA', 'PS256', 'RSA-OAEP', 'dir'])
      await refused(forge.signAnyway({ alg, kid: 'rsa' }, forge.claims()));
    await refused(forge.signAnyway({ alg: 'RS256', kid: 'ec' }, forge.claims()));
  });
  probe('a token of another type', async () => {
    for (const typ of ['logout+jwt', 'dpop+jwt', 'secevent+jwt', 'JWE', ''])
      await refused(await forge.sign({}, { typ }));
    await refused(await signOwn({}, { typ: 'JWT' }), await signOwn({}, { typ: undefined }));
  });
  probe('a token that is bound to a key of its holder', async () => {
    await refused(await forge.sign({ cnf: { jkt: 'x' } }), await forge.sign({ cnf: { 'x5t#S256': 'x' } }));
  });
  probe('a token that has ended', async () => {
    const [iat, exp] = [seconds() - 600, seconds() - 61];
    await refused(
      await forge.sign({ iat, exp }),
      await signOwn({ iat, exp: seconds() - 1 }),
      await signOwn({ exp: 0 }),
    );
  });
  probe('a token that has not begun', async () => {
    await refused(await forge.sign({ nbf: seconds() + 120 }), await signOwn({ nbf: seconds() + 60 }));
  });
  probe('a token out of the future', async () => {
    await refused(await forge.sign({ iat: seconds() + 120 }), await signOwn({ iat: seconds() + 60 }));
  });
  probe('a token without an end', async () => {
    await refused(
      await forge.sign({ exp: undefined }),
      await forge.sign({ exp: '9999999999' }),
      await signOwn({ exp: undefined }),
    );
  });
  probe('a token that is good for years', async () => {
    const year = 31_536_000;
    await refused(
      await forge.sign({ iat: seconds() - 86_500, exp: seconds() + year }),
      await forge.sign({ iat: undefined }),
    );
    await refused(await signOwn({ iat: seconds() - 3_601, exp: seconds() + year }), await signOwn({ iat: undefined }));
  });
  probe('a token for somebody else', async () => {
    for (const aud of ['https://other.example', ['https://other.example', 'x']])
      await refused(await forge.sign({ aud }));
    await refused(await signOwn({ aud: AUDIENCE }));
  });
  probe('a token for nobody, for all, and for what looks alike', async () => {
    for (const aud of [
      undefined,
      '',
      [],
      '*',
      null,
      `${AUDIENCE}/`,
      AUDIENCE.toUpperCase(),
      [[AUDIENCE]],
      { 0: AUDIENCE },
    ])
      await refused(await forge.sign({ aud }));
  });
  probe('a token of an issuer that nobody trusts', async () => {
    await refused(await forge.sign({ iss: 'https://accounts.example' }), await forge.sign({ iss: node.url }));
  });
  probe('an issuer that looks alike', async () => {
    for (const iss of [
      `${forge.issuer}/`,
      forge.issuer.toUpperCase(),
      ` ${forge.issuer}`,
      [forge.issuer],
      `${forge.issuer}@x`,
      undefined,
    ])
      await refused(await forge.sign({ iss }));
  });
  probe('a token of another node', async () => {
    await refused(
      await signOwn({ iss: 'crank.local/another', aud: 'crank.local/another' }),
      await signOwn({ aud: 'crank.local/another' }),
    );
    await refused(await signOwn({}, { kid: 'another' }, mineEd.privateKey), await signOwn({}, {}, mineEd.privateKey));
  });
  probe('claims that were changed', async () => {
    for (const token of [await mint({ role: 'caller' }), await forge.sign()]) {
      const [head, claims, signature] = token.split('.');
      const changed = { ...JSON.parse(Buffer.from(claims!, 'base64url').toString()), role: 'owner', sub: 'root' };
      await refused(`${head}.${encode(changed)}.${signature}`, `${head}.${claims}x.${signature}`);
    }
  });
  probe("an issuer that speaks in the node's name", async () => {
    const claims = decodeJwt(await mint());
    await refused(await forge.sign(claims), await forge.sign(claims, { kid: own.kid, typ: 'at+jwt' }));
    await refused(await forge.sign({ ...claims, aud: [claims.aud, AUDIENCE] }));
  });
  probe('claims that ask for a role or an account', async () => {
    const token = await forge.sign({
      role: 'owner',
      roles: ['owner'],
      account: 'rival',
      kind: 'node',
      scope: 'key.read',
      id: 'x',
    });
    await ask(token, ['GET', '/v1/keys'], ['forbidden']);
    await ask(token, ['GET', '/v1/accounts/rival/services/words'], ['not-found']);
    await ask(await forge.sign({ tier: 'iron' }), ['GET', '/v1/services'], ['forbidden']);
  });
  probe('mail that was not verified', async () => {
    const trust = { url: forge.issuer, audience: 'mail', role: 'owner', claims: { email_domain: 'example.com' } };
    await post('/v1/issuers', trust);
    const [email, verified] = ['root@example.com', true];
    for (const said of [
      { email },
      { email, email_verified: 'true' },
      { email: `${email}.evil`, email_verified: verified },
      { email_domain: 'example.com' },
    ])
      await ask(await forge.sign({ aud: 'mail', ...said }), ['GET', '/v1/services'], ['forbidden']);
  });
  probe('a subject of no kind', async () => {
    for (const said of [
      { sub: undefined },
      { sub: '' },
      { sub: 7 },
      { sub: null },
      { act: 'robot' },
      { act: { sub: 7 } },
      { act: [] },
    ])
      await refused(await forge.sign(said));
  });

  probe('a minted token after its key was revoked', async () => {
    const { id, key } = await newKey('caller');
    const token = await mint({}, key);
    expect((await node.request('GET', '/v1/services', { key: token })).status).toBe(200);
    await node.request('DELETE', `/v1/keys/${id}`);
    await refused(token, key);
  });
  probe('a token of an issuer after the trust ended', async () => {
    const trust = { url: forge.issuer, audience: 'brief', role: 'caller', claims: {} };
    const { id } = await post<{ id: string }>('/v1/issuers', trust);
    const token = await forge.sign({ aud: 'brief' });
    expect((await node.request('GET', '/v1/services', { key: token })).status).toBe(200);
    await node.request('DELETE', `/v1/issuers/${id}`);
    await refused(token);
  });
  probe('a revoked key', async () => {
    const { id, key } = await newKey('owner');
    expect((await node.request('GET', '/v1/services', { key })).status).toBe(200);
    await node.request('DELETE', `/v1/keys/${id}`);
    await refused(key, key);
  });
  probe('guessing a key from its beginning', async () => {
    const said = new Set<string>();
    for (const length of [9, 20, 40, 50]) {
      const guess = node.key.slice(0, length).padEnd(node.key.length, '0');
      said.add(JSON.stringify((await ask(guess, ['GET', '/v1/services'], ['unauthenticated'])).problem));
    }
    // A guess that is nearly right is told nothing else.
    expect(said.size).toBe(1);
    await refused(node.key.slice(0, -1), `${node.key}0`, node.key.slice(0, 12), `${node.key.slice(0, 12)}%`);
  });
  probe('a key in other letters', async () => {
    const role = node.key.replace('crk_own_', 'crk_ops_');
    await refused(node.key.toLowerCase(), node.key.toUpperCase(), role, `${node.key}=`, encode(node.key));
  });
  probe('a key in the query, the body, a cookie', async () => {
    const { key } = node;
    const empty = { authorization: '' };
    for (const name of ['access_token', 'key', 'token', 'authorization'])
      await ask('', ['GET', `/v1/services?${name}=${key}`], ['unauthenticated'], empty);
    await ask('', ['GET', '/v1/services'], ['unauthenticated'], {
      ...empty,
      cookie: `authorization=Bearer ${key}; key=${key}`,
    });
    await ask('', ['POST', '/v1/keys', { access_token: key, name: 'x', role: 'owner' }], ['unauthenticated'], empty);
    await ask('', ['GET', '/v1/services'], ['unauthenticated'], {
      ...empty,
      'x-api-key': key,
      'proxy-authorization': `Bearer ${key}`,
    });
  });
  probe('a key as a password', async () => {
    const basic = Buffer.from(`owner:${node.key}`).toString('base64');
    for (const authorization of [
      `Basic ${basic}`,
      node.key,
      `Token ${node.key}`,
      `Bearer ${node.key} x`,
      `Bearer, Bearer ${node.key}`,
      `Digest ${node.key}`,
    ])
      await ask('', ['GET', '/v1/services'], ['unauthenticated'], { authorization });
  });

  const line = (key: string): string => `Authorization: Bearer ${key}\r\n`;
  const head = (lines: string, path = '/v1/services'): string =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n`;
  probe('two keys in one request', async () => {
    await raw(head(line(rival) + line(node.key)), ['malformed-request']);
    await raw(head(line(node.key) + line(node.key).toLowerCase()), ['malformed-request']);
    await raw(head(`${line(node.key)}Host: y\r\n`), ['malformed-request']);
  });
  probe('a header that hides in another', async () => {
    await raw(head(`X: y\r\n Authorization: Bearer ${node.key}\r\n`), ['unauthenticated', 'malformed-request']);
    await raw(head(`X: y\nAuthorization: Bearer ${node.key}\n`), ['malformed-request']);
    await raw(head(`X: y\rAuthorization: Bearer ${node.key}\r\n`), ['malformed-request']);
    await raw(head(`Authorization : Bearer ${node.key}\r\n`), ['malformed-request']);
    await raw(head(`Authorization\0: Bearer ${node.key}\r\n`), ['malformed-request']);
  });
  probe('a request that hides behind another', async () => {
    const hidden = `GET /v1/keys HTTP/1.1\r\nHost: x\r\n${line(node.key)}\r\n`;
    for (const lines of [
      'Content-Length: 6\r\nTransfer-Encoding: chunked\r\n',
      'Content-Length: 6\r\nContent-Length: 7\r\n',
      'Transfer-Encoding: xchunked\r\n',
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n',
    ])
      await raw(`POST /v1/keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n0\r\n\r\n${hidden}`, [
        'malformed-request',
        'unauthenticated',
      ]);
  });
  probe('headers by which proxies say who it is', async () => {
    const proxies = {
      'x-forwarded-user': 'owner',
      'x-remote-user': 'owner',
      'x-original-url': '/v1/keys',
      'x-rewrite-url': '/v1/keys',
      'x-http-method-override': 'GET',
      'x-forwarded-for': '127.0.0.1',
      'crank-on-behalf-of': 'owner',
      'crank-account': 'default',
      'crank-role': 'owner',
    };
    await ask('', ['GET', '/v1/keys'], ['unauthenticated'], { authorization: '', ...proxies });
    await ask(agent.key, ['GET', '/v1/keys'], ['forbidden'], proxies);
    await ask(rival, ['GET', '/v1/services/words'], ['not-found'], proxies);
  });
  probe('a path that leads elsewhere', async () => {
    for (const path of [
      '/v1/services/words/../../accounts/default/services/words',
      '/v1/services/%2e%2e%2faccounts%2fdefault%2fservices%2fwords',
      '/v1/services/default%2fwords',
      '/v1/accounts/default%00/services/words',
      '/v1/accounts/rival%2f..%2fdefault/services/words',
      '/v1//accounts/default/services/words',
      '/v1/accounts/DEFAULT/services/words',
      '/v1/accounts/default/services/words;account=rival',
      '/V1/accounts/default/services/words',
    ])
      await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${line(rival)}\r\n`, [
        'not-found',
        'malformed-request',
      ]);
  });
  probe("another account's services by their path", async () => {
    const at = '/v1/accounts/default/services/words';
    const told = new Set<string>();
    for (const path of [
      `${at}/count`,
      `${at}/none`,
      `${at.replace('words', 'none')}/count`,
      '/v1/accounts/none/services/none/count',
    ])
      told.add(JSON.stringify(await ask(rival, ['POST', path, {}], ['not-found'])));
    expect(told.size).toBe(1);
    for (const [method, path] of [
      ['GET', at],
      ['DELETE', at],
      ['POST', `${at}/-/rollback`],
      ['GET', `${at}/-/versions`],
    ] as const)
      await ask(rival, [method, path], ['not-found']);
  });
  probe("another account's ids, of every kind", async () => {
    const called = await node.request('POST', '/v1/services/words/count', { json: {} });
    const id = called.headers.get('crank-call');
    for (const path of [`/v1/calls/${id}`, `/v1/receipts/${id}`, `/v1/jobs/${id}`, `/v1/jobs/${id}/result`])
      await ask(rival, ['GET', path], ['not-found']);
    await ask(rival, ['POST', `/v1/receipts/${id}/replay`], ['not-found']);
    await ask(rival, ['DELETE', `/v1/keys/${agent.id}`], ['not-found']);
    await ask(rival, ['DELETE', `/v1/issuers/${rule}`], ['not-found']);
  });

  probe('a token that mints another', async () => {
    for (const token of [await mint(), await forge.sign()]) await ask(token, ['POST', '/v1/tokens', {}], ['forbidden']);
    await ask(await mint(), ['POST', '/v1/keys', { name: 'x', role: 'owner' }], ['forbidden']);
  });
  probe('a token for less, used for more', async () => {
    const token = await mint({ scopes: ['service.call:words.count', 'service.read:words'] });
    await ask(token, ['POST', '/v1/services/words/none', {}], ['not-found']);
    for (const path of ['/v1/services', '/v1/keys', '/v1/calls', '/v1/secrets'])
      await ask(token, ['GET', path], ['forbidden']);
    await ask(token, ['DELETE', '/v1/services/words'], ['forbidden']);
    const other = await mint({ scopes: ['service.call:word'] });
    await ask(other, ['POST', '/v1/services/words/count', {}], ['forbidden']);
  });
  probe('an agent for one user, asking for what it did for another', async () => {
    const alice = await mint({ onBehalfOf: 'alice' }, agent.key);
    const called = await node.request('POST', '/v1/services/words/count', { json: {}, key: alice });
    const id = called.headers.get('crank-call');
    const bob = await mint({ onBehalfOf: 'bob' }, agent.key);
    const forged = await forge.sign({ sub: 'alice', act: { sub: agent.id } });
    for (const path of [`/v1/calls/${id}`, `/v1/receipts/${id}`, `/v1/jobs/${id}`])
      for (const key of [bob, agent.key, forged]) await ask(key, ['GET', path], ['not-found']);
    // Nor by a name that says so.
    const named = await mint({ onBehalfOf: 'alice for alice' }, agent.key);
    await ask(named, ['GET', `/v1/calls/${id}`], ['not-found']);
  });
  probe('a role that makes itself a larger one', async () => {
    const { key } = await newKey('developer');
    for (const role of ['owner', 'auditor', 'operator']) {
      await ask(key, ['POST', '/v1/keys', { name: 'x', role }], ['forbidden']);
      await ask(key, ['POST', '/v1/tokens', { role }], ['forbidden']);
    }
    await refused(
      await signOwn({ role: 'operator' }),
      await signOwn({ role: 'root' }),
      await signOwn({ client_id: agent.id, role: 'owner' }),
    );
  });
  probe('acting for a user without being an agent', async () => {
    const { key } = await newKey('caller');
    await ask(key, ['POST', '/v1/tokens', { onBehalfOf: 'alice' }], ['forbidden']);
  });
  probe('an operator who looks into an account', async () => {
    const { key } = await newKey('operator');
    for (const path of [
      '/v1/services',
      '/v1/calls',
      '/v1/keys',
      '/v1/receipts',
      '/v1/secrets',
      '/v1/policies',
      '/v1/issuers',
    ])
      await ask(key, ['GET', path], ['forbidden']);
    await ask(key, ['POST', '/v1/services/words/count', {}], ['forbidden']);
    await ask(key, ['GET', '/v1/accounts/rival/services/words'], ['not-found']);
  });
  probe('the owner of an account who looks after the node', async () => {
    for (const [method, path, json] of [
      ['POST', '/v1/accounts', { name: 'x' }],
      ['GET', '/v1/accounts'],
      ['POST', '/v1/log/rotate-key'],
      ['POST', '/v1/tokens/rotate-key'],
      ['GET', '/v1/log/witnesses'],
    ] as const)
      await ask(rival, [method, path, json], ['not-found']);
  });
  probe('a token that is too long', async () => {
    await raw(head(line(await forge.sign({ x: 'x'.repeat(20_000) }))), ['too-large']);
    await raw(head(line('e'.repeat(40_000))), ['too-large']);
  });
  probe('a token that is deep, or no JSON', async () => {
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    const signed = forge.signAnyway({ alg: 'RS256', kid: 'rsa' }, 'x');
    await refused(
      `${encode({ alg: 'RS256' })}.${encode(deep)}.x`,
      `${encode(deep)}.${encode(forge.claims())}.x`,
      signed,
    );
    for (const said of ['null', '[]', '"x"', '1', '', '{"iss":'])
      await refused(`${encode({ alg: 'RS256' })}.${encode(said)}.x`);
    await refused('..', 'a.b.c', `${encode({})}.${encode({})}.`, '.'.repeat(2_000));
  });
  probe('a token of a key that was discarded', async () => {
    const token = await mint();
    await post('/v1/tokens/rotate-key', { discard: true });
    await refused(
      token,
      await new SignJWT(decodeJwt(token))
        .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: own.kid })
        .sign(own.key),
    );
  });

  it('cannot be led elsewhere for tokens by a Host header', async () => {
    const request = 'GET /v1/services HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n';
    const answer = await exchange(Number(new URL(node.url).port), request);
    const at = 'https://crank.example/.well-known/oauth-protected-resource';
    expect(/^www-authenticate: (.*)$/im.exec(answer)?.[1]).toBe(`Bearer resource_metadata="${at}"`);
    counted.set('unauthenticated', (counted.get('unauthenticated') ?? 0) + 1);
  });

  it('are those of the list', () => {
    expect(done.toSorted()).toEqual(Object.keys(identityAttacks).toSorted());
  });

  it('all are in the log: as receipts of calls, or counted in the acts on refusals', async () => {
    for (const call of receipts) expect((await node.request('GET', `/v1/receipts/${call}`)).status, call).toBe(200);
    await node.stop();
    const told = new Map<string, number>();
    const store = await openStore({ sqlite: join(node.data, 'crank.db') });
    const acts = await store.db.selectFrom('receipts').select('envelope').where('kind', '=', 'act').execute();
    await store.close();
    for (const { envelope } of acts) {
      const { payload } = JSON.parse(Buffer.from(envelope).toString()) as { payload: string };
      const { predicate } = JSON.parse(Buffer.from(payload, 'base64').toString()) as { predicate: Act };
      if (predicate.kind !== 'security.refusals') continue;
      for (const [what, times] of Object.entries(predicate.object)) {
        const code = what.split(' ')[0]!;
        told.set(code, (told.get(code) ?? 0) + times);
      }
    }
    expect(receipts.length).toBeGreaterThan(0);
    // What the parser refuses late, the route may have refused as well.
    for (const [code, times] of counted) expect(told.get(code), code).toBeGreaterThanOrEqual(times);
    expect([...told.keys()].toSorted()).toEqual([...counted.keys()].toSorted());
  });
});
