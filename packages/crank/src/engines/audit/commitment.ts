import { createHash, randomFillSync } from 'node:crypto';
import { sha256 } from '#src/core/digest.ts';
import type { Commitment } from './statement.ts';

/** A commitment and the salt that opens it: 32 random bytes, base64. */
export interface Committed {
  commitment: Commitment;
  salt: string;
}

/** A commitment to bytes that come piece by piece, such as a stream that is being sent. */
export interface Committing {
  update(bytes: Uint8Array): void;
  /** May be called once. */
  finish(): Committed;
}

const pool = Buffer.alloc(128 * 32);
let used = pool.length;

/** A new salt. Random bytes are drawn for many at once, which costs far less, and each is wiped from the pool when it is given out. */
const newSalt = (): Buffer => {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const salt = Buffer.from(pool.subarray(used, used + 32));
  pool.fill(0, used, used + 32);
  used += 32;
  return salt;
};

export const startCommitment = (): Committing => {
  const salt = newSalt();
  const hash = createHash('sha256').update(salt);
  return {
    update: (bytes) => {
      hash.update(bytes);
    },
    finish: () => ({ commitment: `sha256:${hash.digest('hex')}`, salt: salt.toString('base64') }),
  };
};

/** SHA-256(salt ‖ bytes) under a new salt. */
export const commitTo = (bytes: Uint8Array): Committed => {
  const salt = newSalt();
  return { commitment: `sha256:${sha256(salt, bytes).toString('hex')}`, salt: salt.toString('base64') };
};

const SALT_PREFIX = Buffer.from('crank-salt-v1\0');

/**
 * What the signed statement says about a salt, so that a damaged one is noticed without the bytes it opens:
 * SHA-256("crank-salt-v1" ‖ 0x00 ‖ salt). Why this gives nothing away stands in `openings.ts` of crank-verify.
 *
 * @param salt base64 of 32 bytes
 * @throws TypeError where it is not
 */
export const saltDigest = (salt: string): string => {
  const bytes = Buffer.from(salt, 'base64');
  if (bytes.length !== 32 || bytes.toString('base64') !== salt) throw new TypeError('a salt is the base64 of 32 bytes');
  return `sha256:${sha256(Buffer.concat([SALT_PREFIX, bytes])).toString('hex')}`;
};
