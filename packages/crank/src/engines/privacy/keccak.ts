/** Keccak-256 as Ethereum uses it (padding of the submission, not of FIPS 202); for texts of up to 135 bytes. */
export const keccak256 = (bytes: Uint8Array): Buffer => {
  if (bytes.length >= RATE) throw new RangeError(`keccak256 takes less than ${RATE} bytes here`);
  const block = Buffer.alloc(200);
  block.set(bytes);
  block[bytes.length] = 1;
  block[RATE - 1]! |= 0x80;
  // A lane is two words of 32 bits: the low one, then the high one.
  const state = new Int32Array(50);
  for (let at = 0; at < 50; at++) state[at] = block.readInt32LE(at * 4);
  permute(state);
  const digest = Buffer.alloc(32);
  for (let at = 0; at < 8; at++) digest.writeInt32LE(state[at]!, at * 4);
  return digest;
};

const RATE = 136;

/** Low and high words of the round constants. */
const ROUNDS = [
  1, 0, 0x8082, 0, 0x808a, 0x80000000, 0x80008000, 0x80000000, 0x808b, 0, 0x80000001, 0, 0x80008081, 0x80000000, 0x8009,
  0x80000000, 0x8a, 0, 0x88, 0, 0x80008009, 0, 0x8000000a, 0, 0x8000808b, 0, 0x8b, 0x80000000, 0x8089, 0x80000000,
  0x8003, 0x80000000, 0x8002, 0x80000000, 0x80, 0x80000000, 0x800a, 0, 0x8000000a, 0x80000000, 0x80008081, 0x80000000,
  0x8080, 0x80000000, 0x80000001, 0, 0x80008008, 0x80000000,
];
/** Turns of rho along the path of pi, which begins at lane 1. */
const TURNS = [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];
const PATH = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];

/** Keccak-f[1600]. */
const permute = (s: Int32Array): void => {
  const parity = new Int32Array(10);
  const row = new Int32Array(10);
  for (let round = 0; round < 24; round++) {
    for (let x = 0; x < 10; x++) parity[x] = s[x]! ^ s[x + 10]! ^ s[x + 20]! ^ s[x + 30]! ^ s[x + 40]!;
    for (let x = 0; x < 5; x++) {
      const left = ((x + 4) % 5) * 2;
      const right = ((x + 1) % 5) * 2;
      const low = parity[left]! ^ ((parity[right]! << 1) | (parity[right + 1]! >>> 31));
      const high = parity[left + 1]! ^ ((parity[right + 1]! << 1) | (parity[right]! >>> 31));
      for (let y = 0; y < 50; y += 10) {
        s[y + x * 2]! ^= low;
        s[y + x * 2 + 1]! ^= high;
      }
    }
    let low = s[2]!;
    let high = s[3]!;
    for (let step = 0; step < 24; step++) {
      const to = PATH[step]! * 2;
      const nextLow = s[to]!;
      const nextHigh = s[to + 1]!;
      // No turn is by 0 or 32.
      const turn = TURNS[step]! % 32;
      const first = TURNS[step]! < 32 ? low : high;
      const second = TURNS[step]! < 32 ? high : low;
      s[to] = (first << turn) | (second >>> (32 - turn));
      s[to + 1] = (second << turn) | (first >>> (32 - turn));
      low = nextLow;
      high = nextHigh;
    }
    for (let y = 0; y < 50; y += 10) {
      for (let x = 0; x < 10; x++) row[x] = s[y + x]!;
      for (let x = 0; x < 10; x++) s[y + x]! ^= ~row[(x + 2) % 10]! & row[(x + 4) % 10]!;
    }
    s[0]! ^= ROUNDS[round * 2]!;
    s[1]! ^= ROUNDS[round * 2 + 1]!;
  }
};
