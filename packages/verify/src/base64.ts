const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Int16Array(128).fill(-1);
for (let i = 0; i < 64; i++) VALUES[ALPHABET.charCodeAt(i)] = i;

/** Standard base64 with padding (RFC 4648, section 4). */
export const encodeBase64 = (bytes: Uint8Array): string => {
  let text = '';
  let i = 0;
  for (; i + 2 < bytes.length; i += 3) {
    const n = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    text += ALPHABET[n >> 18]! + ALPHABET[(n >> 12) & 63]! + ALPHABET[(n >> 6) & 63]! + ALPHABET[n & 63]!;
  }
  if (i + 1 === bytes.length) {
    const n = bytes[i]! << 4;
    text += `${ALPHABET[n >> 6]}${ALPHABET[n & 63]}==`;
  } else if (i + 2 === bytes.length) {
    const n = (bytes[i]! << 10) | (bytes[i + 1]! << 2);
    text += `${ALPHABET[n >> 12]}${ALPHABET[(n >> 6) & 63]}${ALPHABET[n & 63]}=`;
  }
  return text;
};

/**
 * Reads canonical base64 only: standard alphabet, padded, no white space, and no bits hidden behind the last byte, so
 * that every value has exactly one text. Anything else gives `undefined`.
 */
export const decodeBase64 = (text: string): Uint8Array | undefined => {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const digits = text.length - padding;
  let at = 0;
  let bits = 0;
  let held = 0;
  for (let i = 0; i < digits; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? VALUES[code]! : -1;
    if (value < 0) return undefined;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
    }
  }
  // What is left of the last digit must be zero.
  return (held & ((1 << bits) - 1)) === 0 ? bytes : undefined;
};
