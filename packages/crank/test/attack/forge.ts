import { generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';

export const AUDIENCE = 'https://crank.example/acme';

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export const seconds = (): number => Math.floor(Date.now() / 1000);

/** An issuer of tokens that says whatever it is told to. */
export interface Forge {
  issuer: string;
  address: string;
  rsa: KeyObject;
  publicRsa: KeyObject;
  /** Claims that are good, and others over them; undefined takes one away. */
  claims(more?: Record<string, unknown>): Record<string, unknown>;
  /** A token that is signed as it should be. */
  sign(more?: Record<string, unknown>, head?: Record<string, unknown>, key?: KeyObject): Promise<string>;
  /** Signed with RSA and SHA-256, whatever its head says. */
  signAnyway(head: object, claims: object | string, key?: KeyObject): string;
  close(): Promise<void>;
}

export const openForge = async (): Promise<Forge> => {
  const { privateKey: rsa, publicKey: publicRsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { publicKey: publicEc } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = [
    { ...(await exportJWK(publicRsa)), kid: 'rsa', use: 'sig' },
    { ...(await exportJWK(publicEc)), kid: 'ec', use: 'sig' },
  ];
  const server = createServer((request, response) => {
    const isKeys = request.url === '/keys';
    response.end(JSON.stringify(isKeys ? { keys } : { issuer, jwks_uri: `${issuer}/keys` }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `http://${address}`;
  const claims: Forge['claims'] = (more = {}) => {
    const good = { iss: issuer, aud: AUDIENCE, sub: 'mallory', iat: seconds(), exp: seconds() + 300, tier: 'gold' };
    return Object.fromEntries(Object.entries({ ...good, ...more }).filter(([, value]) => value !== undefined));
  };
  return {
    ...{ issuer, address, rsa, publicRsa, claims },
    sign: (more, head = {}, key = rsa) =>
      new SignJWT(claims(more)).setProtectedHeader({ alg: 'RS256', kid: 'rsa', ...head }).sign(key),
    signAnyway: (head, said, key = rsa) => {
      const text = `${encode(head)}.${encode(said)}`;
      return `${text}.${signBytes('sha256', Buffer.from(text), key).toString('base64url')}`;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
