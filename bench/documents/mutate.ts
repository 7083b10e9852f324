/** Numbers from 0 to below 1, the same for one seed (mulberry32). */
const random = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** The bytes with one to eight places changed: bits turned, runs cut out, doubled, zeroed, or the end cut off. */
export const mutated = (bytes: Uint8Array, seed: number): Uint8Array => {
  const next = random(seed);
  const below = (most: number): number => Math.floor(next() * most);
  let made = Buffer.from(bytes);
  for (let left = 1 + below(8); left > 0 && made.length > 1; left--) {
    const at = below(made.length);
    const length = 1 + below(Math.min(64, made.length - at));
    const kind = below(5);
    if (kind === 0) made[at] = made[at]! ^ (1 << below(8));
    else if (kind === 1) made = Buffer.concat([made.subarray(0, at), made.subarray(at + length)]);
    else if (kind === 2) made = Buffer.concat([made.subarray(0, at + length), made.subarray(at)]);
    else if (kind === 3) made.fill(below(2) * 255, at, at + length);
    else if (below(4) === 0) made = made.subarray(0, at + 1);
  }
  return made;
};
