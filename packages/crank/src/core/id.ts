import { randomFillSync } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford's base 32, lower case
const pool = new Uint8Array(4096);
let used = pool.length;

/**
 * A new identifier: `call_01k...`. Behind the prefix stand 26 characters, 48 bits of milliseconds and 80 random bits
 * (the ULID layout), so that ids sort by time and cannot be guessed.
 */
export const newId = (prefix: string, now = Date.now()): string => {
  if (used + 16 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let id = firstIdAt(prefix, now);
  for (let i = 0; i < 16; i++) id += ALPHABET[pool[used++]! & 31];
  return id;
};

/** What every id of a time is greater than, and every earlier one less. @param ms since 1970 */
export const firstIdAt = (prefix: string, ms: number): string => {
  let id = `${prefix}_`;
  for (let shift = 45; shift >= 0; shift -= 5) id += ALPHABET[Math.floor(ms / 2 ** shift) % 32];
  return id;
};
