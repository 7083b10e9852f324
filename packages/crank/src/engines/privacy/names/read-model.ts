import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { TAGS } from './crf.ts';
import { createGazetteer } from './gazetteer.ts';
import type { NameModel } from './model.ts';

let known: NameModel | undefined;

/** The model that is in the package, read when first asked for: most nodes never need its 2 MB of memory. */
export const nameModel = (): NameModel => {
  known ??= readModel(readFileSync(new URL('names.model', import.meta.url)));
  return known;
};

/**
 * A model as training writes it (`bench/names/pack.ts`), compressed with Brotli, numbers little-endian:
 *
 *     uint32 features, float32 worth of a step, uint32 listed words
 *     float32 for each tag after each tag; the last row: at the beginning
 *     int8 for each feature, tag after tag
 *     for each listed word, by rising hash: uint24 distance to the hash before, uint16 lists
 */
const readModel = (packed: Uint8Array): NameModel => {
  const bytes = brotliDecompressSync(packed);
  const size = bytes.readUInt32LE(0);
  const words = bytes.readUInt32LE(8);
  const step = Float32Array.from({ length: (TAGS + 1) * TAGS }, (_, at) => bytes.readFloatLE(12 + 4 * at));
  const weights = 12 + 4 * step.length;
  const state = new Int8Array(size * TAGS);
  for (let tag = 0; tag < TAGS; tag++)
    for (let feature = 0; feature < size; feature++)
      state[feature * TAGS + tag] = bytes.readInt8(weights + tag * size + feature);
  const lists = new Map<number, number>();
  let hash = 0;
  for (let word = 0, at = weights + state.length; word < words; word++, at += 5) {
    hash += bytes.readUIntLE(at, 3);
    lists.set(hash, bytes.readUInt16LE(at + 3));
  }
  return { weights: { state, scale: bytes.readFloatLE(4), step }, lists: createGazetteer(lists), size };
};
