import { concat } from './bytes.ts';

/**
 * SHA-256 (FIPS 180-4) in plain code. WebCrypto's is faster for long messages, but every one of its answers comes through
 * another thread: a receipt needs some thirty hashes of 65 bytes, and waiting for them took longer than its two
 * signatures. `test/sha256.test.ts` compares the two.
 */

/** Messages up to this many bytes are hashed here. */
const HERE = 16 * 1024;

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const K = /* @__PURE__ */ Uint32Array.of(...primes(64).map((prime) => fraction(Math.cbrt(prime))));
/** The same of the square roots of the first 8 primes. */
const H = /* @__PURE__ */ Uint32Array.of(...primes(8).map((prime) => fraction(Math.sqrt(prime))));

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32);
}

const W = new Uint32Array(64);
const tail = new Uint8Array(128);

/** SHA-256 at once: 32 bytes. */
export const sha256Now = (data: Uint8Array): Uint8Array => finish(H.slice(), data, data.length);

/** A hash over bytes that come piece by piece. */
export const sha256Stream = (): { update(bytes: Uint8Array): void; digest(): Uint8Array } => {
  const h = H.slice();
  let rest = new Uint8Array();
  let total = 0;
  return {
    update: (bytes) => {
      total += bytes.length;
      const data = rest.length === 0 ? bytes : concat(rest, bytes);
      const whole = data.length - (data.length % 64);
      for (let at = 0; at < whole; at += 64) compress(h, data, at);
      rest = data.slice(whole);
    },
    digest: () => finish(h.slice(), rest, total),
  };
};

/** Hashes the last bytes of a message of `total`. */
const finish = (h: Uint32Array, data: Uint8Array, total: number): Uint8Array => {
  const whole = data.length - (data.length % 64);
  for (let at = 0; at < whole; at += 64) compress(h, data, at);
  // The rest, a one bit, zeros, and the length in bits as 64 bits, big-endian.
  const rest = data.length - whole;
  tail.fill(0);
  tail.set(whole === 0 ? data : data.subarray(whole));
  tail[rest] = 0x80;
  const end = rest < 56 ? 64 : 128;
  const view = new DataView(tail.buffer);
  view.setUint32(end - 8, Math.floor(total / 2 ** 29));
  view.setUint32(end - 4, (total * 8) % 2 ** 32);
  for (let at = 0; at < end; at += 64) compress(h, tail, at);
  const out = new Uint8Array(32);
  const words = new DataView(out.buffer);
  for (let i = 0; i < 8; i++) words.setUint32(4 * i, h[i]!);
  return out;
};

const compress = (h: Uint32Array, data: Uint8Array, at: number): void => {
  for (let i = 0; i < 16; i++) {
    const j = at + 4 * i;
    W[i] = (data[j]! << 24) | (data[j + 1]! << 16) | (data[j + 2]! << 8) | data[j + 3]!;
  }
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15]!;
    const y = W[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    W[i] = (W[i - 16]! + s0 + W[i - 7]! + s1) | 0;
  }
  let a = h[0]! | 0;
  let b = h[1]! | 0;
  let c = h[2]! | 0;
  let d = h[3]! | 0;
  let e = h[4]! | 0;
  let f = h[5]! | 0;
  let g = h[6]! | 0;
  let k = h[7]! | 0;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (k + s1 + ((e & f) ^ (~e & g)) + K[i]! + W[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    k = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  h[0]! += a;
  h[1]! += b;
  h[2]! += c;
  h[3]! += d;
  h[4]! += e;
  h[5]! += f;
  h[6]! += g;
  h[7]! += k;
};

/** SHA-256 (FIPS 180-4): 32 bytes. */
export const sha256 = async (data: Uint8Array): Promise<Uint8Array> =>
  data.length <= HERE
    ? sha256Now(data)
    : // WebCrypto's types leave out shared memory, which no caller hands in.
      new Uint8Array(await crypto.subtle.digest('SHA-256', data as Uint8Array<ArrayBuffer>));
