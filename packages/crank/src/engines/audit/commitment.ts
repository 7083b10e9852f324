import { createHash, hash, randomFillSync } from 'node:crypto';
import type { Commitment } from './statement.ts';

/** A commitment and the salt that opens it: 32 random bytes, base64. */
export interface Committed {
  commitment: Commitment;
  salt: string;
  /** What the receipt says of the salt, so that a damaged one is noticed without the bytes it opens. */
  saltDigest: string;
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

/** Text before a salt in its digest. Why the digest gives nothing away stands in `openings.ts` of crank-verify. */
const SALT_PREFIX = Buffer.from('crank-salt-v1\0');
const salted = Buffer.concat([SALT_PREFIX, Buffer.alloc(32)]);

/** SHA-256("crank-salt-v1" ‖ 0x00 ‖ salt), `sha256:` and hexadecimal. */
export const saltDigest = (salt: Buffer): string => {
  salt.copy(salted, SALT_PREFIX.length);
  const found = `sha256:${hash('sha256', salted, 'hex')}`;
  salted.fill(0, SALT_PREFIX.length);
  return found;
};

const committed = (salt: Buffer, digest: string): Committed => ({
  commitment: `sha256:${digest}`,
  salt: salt.toString('base64'),
  saltDigest: saltDigest(salt),
});

/** @param salt 32 bytes that nobody can guess, used for nothing else; drawn where absent */
export const startCommitment = (salt: Buffer = newSalt()): Committing => {
  const running = createHash('sha256').update(salt);
  return {
    update: (bytes) => {
      running.update(bytes);
    },
    finish: () => committed(salt, running.digest('hex')),
  };
};

/** SHA-256(salt ‖ bytes). @param salt see `startCommitment` */
export const commitTo = (bytes: Uint8Array, salt: Buffer = newSalt()): Committed =>
  committed(salt, hash('sha256', Buffer.concat([salt, bytes]), 'hex'));
