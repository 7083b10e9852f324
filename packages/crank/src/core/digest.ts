import { createHash, hash } from 'node:crypto';

/** SHA-256 of some bytes: 32 bytes (FIPS 180-4). */
export const sha256 = (...parts: readonly (Uint8Array | string)[]): Buffer => {
  if (parts.length === 1) return hash('sha256', parts[0]!, 'buffer');
  const h = createHash('sha256');
  for (const part of parts) h.update(part);
  return h.digest();
};

/** SHA-256 of some bytes, 64 hexadecimal digits. */
export const sha256Hex = (bytes: Uint8Array | string): string => hash('sha256', bytes, 'hex');

/** A content digest as the platform writes it: `sha256:` and 64 hexadecimal digits. */
export const digest = (...parts: readonly (Uint8Array | string)[]): string =>
  `sha256:${sha256(...parts).toString('hex')}`;
