import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';

const KEY_BYTES = 32;
const IV_BYTES = 16;
/** Values are padded to a multiple of it, so that a token tells little of their length. */
const BLOCK = 16;
/** A value is no longer than this: what is longer was found wrongly, or is a file. */
const MOST_BYTES = 16_384;

/** Stand-ins of values under one account's key. The same value always gets the same one, so that answers can be joined by it. */
export interface Tokens {
  /** Cannot be undone. */
  hash(type: string, value: string): string;
  /** Can be undone by `reveal`, by whoever has the key; undefined where the value is too long for that. */
  tokenise(type: string, value: string): string | undefined;
  /** What a token stands for; undefined where it was not made under this key. */
  reveal(token: string): { type: string; value: string } | undefined;
}

/** A token: `tok_` and base64url of at least an IV and one block. */
const TOKEN = /^tok_[A-Za-z0-9_-]{43,24000}$/;

/**
 * A synthetic IV is the PRF of type and value (SIV, Rogaway and Shrimpton 2006; here HMAC-SHA-256 truncated to 128 bits
 * and AES-256-CTR), so that tokens are deterministic, and are refused where a bit of them was changed.
 *
 * @param key 32 random bytes
 */
export const createTokens = (key: Uint8Array): Tokens => {
  const derive = (use: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync('sha256', key, '', `crank privacy ${use}`, KEY_BYTES)));
  const [hashKey, ivKey, textKey] = [derive('hash'), derive('token iv'), derive('token text')];
  const ivOf = (text: Uint8Array): Buffer => createHmac('sha256', ivKey).update(text).digest().subarray(0, IV_BYTES);
  return {
    hash: (type, value) =>
      `${type}_${createHmac('sha256', hashKey).update(`${type}\0${value}`).digest('hex').slice(0, 24)}`,
    tokenise: (type, value) => {
      const bytes = Buffer.from(`${type}\0${value}`);
      if (bytes.length > MOST_BYTES) return undefined;
      const padded = Buffer.alloc(Math.ceil((bytes.length + 1) / BLOCK) * BLOCK);
      bytes.copy(padded);
      padded[bytes.length] = 0x80;
      const iv = ivOf(padded);
      const cipher = createCipheriv('aes-256-ctr', textKey, iv);
      return `tok_${Buffer.concat([iv, cipher.update(padded), cipher.final()]).toString('base64url')}`;
    },
    reveal: (token) => {
      if (!TOKEN.test(token)) return undefined;
      const bytes = Buffer.from(token.slice(4), 'base64url');
      const iv = bytes.subarray(0, IV_BYTES);
      const decipher = createDecipheriv('aes-256-ctr', textKey, iv);
      const padded = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES)), decipher.final()]);
      if (padded.length === 0 || !timingSafeEqual(ivOf(padded), iv)) return undefined;
      const text = padded.subarray(0, padded.lastIndexOf(0x80)).toString();
      const split = text.indexOf('\0');
      return { type: text.slice(0, split), value: text.slice(split + 1) };
    },
  };
};
