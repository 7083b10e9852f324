import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { sha256Hex } from '#src/core/digest.ts';
import type { Role } from '#src/core/service.ts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The mark of a role inside a key, so that a leaked one tells how bad it is. */
const marks: Record<Role, string> = { owner: 'own', developer: 'dev', caller: 'call', auditor: 'aud', operator: 'ops' };

const base62 = (value: bigint, width: number): string => {
  let digits = '';
  for (let rest = value; digits.length < width; rest /= 62n) digits = BASE62[Number(rest % 62n)]! + digits;
  return digits;
};

const checksum = (body: string): string => base62(BigInt(crc32(body)), 6);

/**
 * A new API key: `crk_<mark>_<43 base-62 digits of 256 random bits><CRC-32 in 6 base-62 digits>`: the layout that secret
 * scanners know, so that a typing error is told from a wrong key without a look-up.
 */
export const newApiKey = (role: Role): string => {
  const body = `crk_${marks[role]}_${base62(BigInt(`0x${randomBytes(32).toString('hex')}`), 43)}`;
  return body + checksum(body);
};

/** Whether a text has the layout and checksum of an API key. */
export const isApiKey = (text: string): boolean =>
  /^crk_(own|dev|call|aud|ops)_[0-9A-Za-z]{49}$/.test(text) && checksum(text.slice(0, -6)) === text.slice(-6);

/** What is stored of a key, and looked up by: 256 random bits need no salt or stretching. */
export const apiKeyHash = (key: string): string => sha256Hex(key);
