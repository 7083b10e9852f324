import { TILE_WIDTH } from 'crank-verify';
import { type LeafSource, readEntries } from './leaf-source.ts';
import { leafHash } from './merkle.ts';
import { fullTiles, splitHashes, tileRoot } from './tile-bytes.ts';
import { emptyEdge, type TileEdge } from './tile-edge.ts';
import type { TileFiles } from './tile-files.ts';

/** The first `width` hashes of the tile `index` at a level. */
export type TileReader = (level: number, index: number, width: number) => Promise<readonly Uint8Array[]>;

/** A tile from what it stands on: the tiles below, at level 0 the entries. */
const deriveFrom =
  (source: LeafSource, below: TileReader): TileReader =>
  async (level, index, width) => {
    const first = index * TILE_WIDTH;
    if (level === 0) return (await readEntries(source, first, first + width)).map(leafHash);
    const hashes: Uint8Array[] = [];
    for (let i = 0; i < width; i++) hashes.push(tileRoot(await below(level - 1, first + i, TILE_WIDTH)));
    return hashes;
  };

/** Hashes straight from the entries: always right, and slow for high levels (256^(level+1) entries a tile). */
export const sourceReader = (source: LeafSource): TileReader => {
  const read: TileReader = deriveFrom(source, (level, index, width) => read(level, index, width));
  return read;
};

/** Full tiles kept in memory: 2 MiB. */
const CACHED = 256;

/**
 * Hashes from the tile files, from the tiles below or the entries where a file is not there (yet). Full tiles are
 * immutable, so the last used ones are kept.
 *
 * @param edge the tiles at the right edge where they are in memory: every proof goes by them
 */
export const tileReader = (
  files: Pick<TileFiles, 'read'>,
  source: LeafSource,
  edge: () => TileEdge = () => emptyEdge,
): TileReader => {
  const cache = new Map<string, readonly Uint8Array[]>();
  const derive = deriveFrom(source, (level, index, width) => read(level, index, width));
  const read: TileReader = async (level, index, width) => {
    const key = `${level}/${index}`;
    const cached = cache.get(key);
    if (cached !== undefined) {
      cache.delete(key);
      cache.set(key, cached); // the order of a Map is the order of use
      return cached.slice(0, width);
    }
    const { size, levels } = edge();
    const known = fullTiles(size, level) === index ? (levels[level] ?? []) : [];
    if (width <= known.length) return known.slice(0, width);
    const full = await files.read({ level, index, width: TILE_WIDTH });
    let hashes: readonly Uint8Array[] | undefined = full === undefined ? undefined : splitHashes(full);
    // At the right edge the entries are asked: the files follow a little behind.
    if (hashes === undefined && level > 0) {
      const partial = await files.read({ level, index, width });
      hashes = partial === undefined ? undefined : splitHashes(partial);
    }
    hashes ??= await derive(level, index, width);
    if (hashes.length === TILE_WIDTH) {
      cache.set(key, hashes);
      if (cache.size > CACHED) cache.delete(cache.keys().next().value!);
    }
    return hashes.slice(0, width);
  };
  return read;
};
