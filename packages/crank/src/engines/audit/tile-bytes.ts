import { TILE_WIDTH } from 'crank-verify';
import { emptyFrontier, extendByHashes, rootOf } from './merkle.ts';

const HASH = 32;
/** A 16-bit big-endian length and 32 bytes of entry. */
const BUNDLED = 2 + HASH;

/** Hashes one behind the other: the bytes of a tile (C2SP tlog-tiles). */
export const joinHashes = (hashes: readonly Uint8Array[]): Uint8Array => Buffer.concat(hashes);

/** The hashes in a tile's bytes. */
export const splitHashes = (tile: Uint8Array, width = tile.length / HASH): Uint8Array[] =>
  Array.from({ length: width }, (_, i) => tile.subarray(i * HASH, (i + 1) * HASH));

/** An entry bundle: each entry behind its length. */
export const joinEntries = (entries: readonly Uint8Array[]): Uint8Array => {
  const bundle = Buffer.alloc(entries.length * BUNDLED);
  entries.forEach((entry, i) => {
    bundle.writeUInt16BE(entry.length, i * BUNDLED);
    bundle.set(entry, i * BUNDLED + 2);
  });
  return bundle;
};

/** The entries of a bundle of this log (32 bytes each), or undefined where it is none. */
export const splitEntries = (bundle: Uint8Array): Uint8Array[] | undefined => {
  if (bundle.length % BUNDLED !== 0) return undefined;
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bundle.length; at += BUNDLED) {
    if (bundle[at] !== 0 || bundle[at + 1] !== HASH) return undefined;
    entries.push(bundle.subarray(at + 2, at + BUNDLED));
  }
  return entries;
};

/** Length in bytes of a tile or bundle of this width. A narrower one is its beginning. */
export const tileLength = (level: number | 'entries', width: number): number =>
  width * (level === 'entries' ? BUNDLED : HASH);

/** The Merkle tree hash over hashes of equal height: of a full tile, what the tile above holds. */
export const tileRoot = (hashes: readonly Uint8Array[]): Uint8Array => rootOf(extendByHashes(emptyFrontier, hashes));

/** Width of the partial tile at a level of a tree; 0 where there is none. */
export const partialWidth = (size: number, level: number): number =>
  Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH;

/** Number of full tiles at a level of a tree. */
export const fullTiles = (size: number, level: number): number => Math.floor(size / TILE_WIDTH ** (level + 1));

/** Number of levels that have a tile in a tree of this size. */
export const levelsOf = (size: number): number => {
  let levels = 0;
  while (size / TILE_WIDTH ** levels >= 1) levels++;
  return levels;
};
