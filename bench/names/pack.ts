import { brotliCompressSync, constants } from 'node:zlib';
import { TAGS, type Weights } from '../../packages/crank/src/engines/privacy/names/crf.ts';

/** Largest weight that is kept as it is. */
const MOST = 6;

/**
 * A model as `read-model.ts` reads it: weights in one byte each, those close to none left out, and the lists by the
 * distances of their hashes. The same bytes at every run.
 */
export const packModel = (
  state: Float32Array,
  step: Float32Array,
  lists: ReadonlyMap<number, number>,
  cut: number,
): { bytes: Buffer; weights: Weights } => {
  const scale = MOST / 127;
  const small = Int8Array.from(state, (weight) =>
    Math.abs(weight) < cut ? 0 : Math.round(Math.max(-MOST, Math.min(MOST, weight)) / scale),
  );
  const hashes = Buffer.alloc(lists.size * 5);
  let at = 0;
  let before = 0;
  for (const [hash, bits] of lists) {
    hashes.writeUIntLE(hash - before, at, 3);
    hashes.writeUInt16LE(bits, at + 3);
    before = hash;
    at += 5;
  }
  const head = Buffer.alloc(12);
  head.writeUInt32LE(state.length / TAGS, 0);
  head.writeFloatLE(scale, 4);
  head.writeUInt32LE(lists.size, 8);
  // All weights of one tag together: zeros and their like compress better so.
  const size = state.length / TAGS;
  const byTag = Buffer.alloc(state.length);
  for (let feature = 0; feature < size; feature++)
    for (let tag = 0; tag < TAGS; tag++) byTag.writeInt8(small[feature * TAGS + tag]!, tag * size + feature);
  const plain = Buffer.concat([head, Buffer.from(step.buffer, step.byteOffset, step.byteLength), byTag, hashes]);
  const bytes = brotliCompressSync(plain, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
  return { bytes, weights: { state: small, scale: head.readFloatLE(4), step } };
};
