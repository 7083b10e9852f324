import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { default as Provider } from 'oidc-provider';
import { freePort } from './node.ts';

export const AUDIENCE = 'https://crank.example/acme';
const CLIENT = { client_id: 'robot', client_secret: 'a long enough secret of the robot' };
const REDIRECT = 'https://app.example/back';

export interface OpenId {
  issuer: string;
  /** `host:port` */
  address: string;
  /** An access token of a service, for the audience. */
  ofService(): Promise<string>;
  /** An access token of a user who logs in and consents. */
  ofUser(login: string): Promise<string>;
  /** Puts another key in the place of the one that signs. */
  rotate(): Promise<void>;
  /** Requests for keys that it answered. */
  asked(): number;
  close(): Promise<void>;
}

const newKey = async (): Promise<JWK> => {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: crypto.randomUUID() };
};

/** A real OpenID provider (`oidc-provider`) on this machine, which nobody here wrote. */
export const startOpenId = async (): Promise<OpenId> => {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const issuer = `http://${address}`;
  const configured = (keys: JWK[]) =>
    new Provider(issuer, {
      clients: [
        {
          ...CLIENT,
          grant_types: ['client_credentials', 'authorization_code'],
          redirect_uris: [REDIRECT],
          response_types: ['code'],
        },
      ],
      jwks: { keys },
      pkce: { required: () => false },
      scopes: ['openid', 'email'],
      ttl: { AccessToken: 300, ClientCredentials: 300, Grant: 300, IdToken: 300, Interaction: 300, Session: 300 },
      findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
      extraTokenClaims: (_context: unknown, token: { accountId?: string }) =>
        token.accountId === undefined
          ? { team: ['robots', 'night shift'] }
          : { email: `${token.accountId}@example.com`, email_verified: true },
      features: {
        devInteractions: { enabled: true },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => AUDIENCE,
          useGrantedResource: () => true,
          getResourceServerInfo: () => ({
            scope: 'openid email',
            audience: AUDIENCE,
            accessTokenTTL: 300,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
    }).callback();

  let answer = configured([await newKey()]);
  let asked = 0;
  const server = createServer((request, response) => {
    if (request.url === '/jwks') asked += 1;
    answer(request, response);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');

  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(new URL(path, issuer), { method: 'POST', body: new URLSearchParams(form), headers, redirect: 'manual' });
  const tokenFor = async (form: Record<string, string>): Promise<string> => {
    const given = await post('/token', { ...CLIENT, resource: AUDIENCE, ...form });
    const body = (await given.json()) as { access_token?: string };
    if (body.access_token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`);
    return body.access_token;
  };

  /** As a browser would: follows redirects with cookies, logs in and consents where it is asked to. */
  const codeOf = async (login: string): Promise<string> => {
    const cookies = new Map<string, string>();
    const query = new URLSearchParams({
      ...{ client_id: CLIENT.client_id, redirect_uri: REDIRECT, response_type: 'code', scope: 'openid email' },
      resource: AUDIENCE,
    });
    let at = `${issuer}/auth?${query}`;
    let form: Record<string, string> | undefined;
    for (let steps = 0; steps < 20; steps++) {
      const headers = { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') };
      const got = form ? await post(at, form, headers) : await fetch(at, { headers, redirect: 'manual' });
      for (const cookie of got.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
        cookies.set(name!, value!);
      }
      const next = got.headers.get('location');
      if (next?.startsWith(REDIRECT)) return new URL(next).searchParams.get('code')!;
      const page = await got.text();
      form = undefined;
      if (next !== null) at = new URL(next, issuer).href;
      else form = page.includes('value="login"') ? { prompt: 'login', login, password: 'x' } : { prompt: 'consent' };
    }
    throw new Error('the log-in does not end');
  };

  return {
    ...{ issuer, address },
    ofService: () => tokenFor({ grant_type: 'client_credentials' }),
    ofUser: async (login) =>
      tokenFor({ grant_type: 'authorization_code', code: await codeOf(login), redirect_uri: REDIRECT }),
    rotate: async () => {
      answer = configured([await newKey()]);
    },
    asked: () => asked,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
