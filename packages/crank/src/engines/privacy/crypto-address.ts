import { createHash } from 'node:crypto';
import type { Detector } from './finding.ts';
import { keccak256 } from './keccak.ts';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** Base58Check (Bitcoin's wiki): the payload with its version byte, or undefined where the four last bytes don't fit. */
const base58Check = (text: string): Buffer | undefined => {
  let value = 0n;
  for (const char of text) value = value * 58n + BigInt(BASE58.indexOf(char));
  const zeros = /^1*/.exec(text)![0].length;
  const hex = value === 0n ? '' : value.toString(16);
  const bytes = Buffer.concat([
    Buffer.alloc(zeros),
    Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'),
  ]);
  const payload = bytes.subarray(0, -4);
  return sha256(sha256(payload)).subarray(0, 4).equals(bytes.subarray(-4)) ? payload : undefined;
};

/** Version bytes: Bitcoin 0 and 5, Litecoin 48 and 50, Dogecoin 30 and 22, Dash 76 and 16, Tron 65. */
const VERSIONS = [0, 5, 48, 50, 30, 22, 76, 16, 65];
const isBase58Address = (text: string): boolean => {
  const payload = base58Check(text);
  return payload?.length === 21 && VERSIONS.includes(payload[0]!);
};

const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** BIP 173 and BIP 350: the checksum is 1 for Bech32 and 0x2bc830a3 for Bech32m. */
const isBech32 = (address: string): boolean => {
  if (address !== address.toLowerCase() && address !== address.toUpperCase()) return false;
  const text = address.toLowerCase();
  const split = text.lastIndexOf('1');
  const prefix = Array.from(text.slice(0, split), (char) => char.charCodeAt(0));
  const values = Array.from(text.slice(split + 1), (char) => BECH32.indexOf(char));
  if (values.includes(-1)) return false;
  const all = [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31), ...values];
  const check = all.reduce((sum, value) => {
    const next = ((sum & 0x1ffffff) << 5) ^ value;
    return GENERATOR.reduce((mixed, term, bit) => ((sum >> (25 + bit)) & 1 ? mixed ^ term : mixed), next);
  }, 1);
  return check === 1 || check === 0x2bc830a3;
};

/** EIP-55: the case of letters is a checksum; addresses in one case have none. */
const isEthereum = (address: string): boolean => {
  const hex = address.slice(2);
  if (hex === hex.toLowerCase() || hex === hex.toUpperCase()) return !/^(.)\1+$/.test(hex);
  const hash = keccak256(Buffer.from(hex.toLowerCase())).toString('hex');
  return Array.from(hex).every(
    (char, at) => /\d/.test(char) || /[A-F]/.test(char) === Number.parseInt(hash[at]!, 16) > 7,
  );
};

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Stellar's strkey (SEP-23) of an account: version 6 << 3, key, CRC-16/XMODEM, little-endian. */
const isStellar = (text: string): boolean => {
  const bits = Array.from(text, (char) => BASE32.indexOf(char).toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
  let crc = 0;
  for (const byte of bytes.subarray(0, 33)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return bytes[0] === 6 << 3 && bytes.readUInt16LE(33) === crc;
};

const forms: readonly { pattern: RegExp; valid: (text: string) => boolean }[] = [
  { pattern: /(?<![\p{L}\p{N}_])[123LMDAX9T7][1-9A-HJ-NP-Za-km-z]{25,34}(?![\p{L}\p{N}_])/gu, valid: isBase58Address },
  { pattern: /(?<![\p{L}\p{N}_])(?:bc|ltc|tb)1[02-9ac-hj-np-z]{11,71}(?![\p{L}\p{N}_])/giu, valid: isBech32 },
  { pattern: /(?<![\p{L}\p{N}_])0x[0-9a-fA-F]{40}(?![\p{L}\p{N}_])/gu, valid: isEthereum },
  { pattern: /(?<![\p{L}\p{N}_])G[A-Z2-7]{55}(?![\p{L}\p{N}_])/gu, valid: isStellar },
];

/** Addresses of Bitcoin and its kin, Ethereum, Tron and Stellar, by their checksums. */
export const cryptoAddress: Detector = {
  types: ['crypto-address'],
  needs: /[0-9A-Za-z]{25}/,
  *find({ text }) {
    for (const { pattern, valid } of forms) {
      for (const { index: start, 0: found } of text.matchAll(pattern))
        if (valid(found)) yield { type: 'crypto-address', start, end: start + found.length, score: 0.95 };
    }
  },
};
