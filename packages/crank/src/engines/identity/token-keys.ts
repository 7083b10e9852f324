import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint } from 'jose';

const NAME = /^(\d{1,9})\.json$/;

/** A key as it is published (RFC 7517). */
export interface PublicKey extends JsonWebKey {
  kid: string;
  use: 'sig';
  alg: 'EdDSA';
}

interface TokenKey {
  number: number;
  /** RFC 7638. */
  kid: string;
  /** Milliseconds since 1970. */
  created: number;
  privateKey: KeyObject;
  published: PublicKey;
}

/** What tokens of this node are signed with: Ed25519 keys `N.json` in a folder, of which the largest N signs. */
export interface TokenKeys {
  /** Of these, the newest comes last, and signs. */
  readonly all: readonly TokenKey[];
  /** Makes a new key, which signs from now on; the others still verify until the last token of theirs has ended. */
  rotate(): Promise<TokenKey>;
  /** Forgets all but the newest: what they signed is refused from now on. */
  discardOlder(): void;
}

/**
 * @param lifeMs longest life of a token: a key is deleted when its successor is older than that
 * @throws Error where a file is damaged
 */
export const openTokenKeys = async (folder: string, lifeMs: number): Promise<TokenKeys> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pathOf = (number: number): string => join(folder, `${number}.json`);
  const numbers = readdirSync(folder).flatMap((name) => NAME.exec(name)?.[1] ?? []);
  const keys = await Promise.all(
    numbers
      .map(Number)
      .sort((a, b) => a - b)
      .map(async (number) => load(number, readFileSync(pathOf(number), 'utf8'))),
  );
  const drop = (gone: (key: TokenKey, successor: TokenKey) => boolean): void => {
    for (const [i, key] of [...keys.entries()].reverse()) {
      const successor = keys[i + 1];
      if (successor === undefined || !gone(key, successor)) continue;
      rmSync(pathOf(key.number), { force: true });
      keys.splice(i, 1);
    }
  };
  const ended = (_key: TokenKey, { created }: TokenKey): boolean => created + lifeMs < Date.now();
  const rotate = async (): Promise<TokenKey> => {
    const number = (keys.at(-1)?.number ?? 0) + 1;
    const { privateKey } = generateKeyPairSync('ed25519');
    const text = JSON.stringify({ created: new Date().toISOString(), key: privateKey.export({ format: 'jwk' }) });
    const key = await load(number, text);
    write(pathOf(number), text);
    keys.push(key);
    drop(ended);
    return key;
  };
  if (keys.length === 0) await rotate();
  return {
    get all() {
      drop(ended);
      return keys;
    },
    rotate,
    discardOlder: () => drop(() => true),
  };
};

const load = async (number: number, text: string): Promise<TokenKey> => {
  const { created, key } = JSON.parse(text) as { created: string; key: JsonWebKey };
  const privateKey = createPrivateKey({ key, format: 'jwk' });
  const { d: _, ...open } = key;
  const kid = await calculateJwkThumbprint(open as Parameters<typeof calculateJwkThumbprint>[0]);
  return {
    number,
    kid,
    created: Date.parse(created),
    privateKey,
    published: { ...open, kid, use: 'sig', alg: 'EdDSA' },
  };
};

/** Whole or not at all (mode 0600). */
const write = (path: string, text: string): void => {
  const file = openSync(`${path}.new`, 'w', 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
};
