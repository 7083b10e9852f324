import { TILE_WIDTH, type TileId } from 'crank-verify';
import { type LeafSource, readEntries } from './leaf-source.ts';
import { leafHash } from './merkle.ts';
import { fullTiles, joinEntries, joinHashes, levelsOf, partialWidth, splitHashes, tileRoot } from './tile-bytes.ts';
import type { TileEdge } from './tile-edge.ts';
import type { TileFiles } from './tile-files.ts';

/**
 * The edge of a tree from what is on disk, as far as it is: partial tiles, then the full tiles below them, then the
 * entries. Missing full tiles are written again on the way. Its time does not grow with the log where nothing is missing.
 */
export const loadEdge = async (
  files: TileFiles,
  source: LeafSource,
  size: number,
  usePartials: boolean,
): Promise<TileEdge> => {
  const fullTile = async (level: number, index: number): Promise<readonly Uint8Array[]> => {
    const id: TileId = { level, index, width: TILE_WIDTH };
    const bundle: TileId = { ...id, level: 'entries' };
    const found = await files.read(id);
    if (found !== undefined) return splitHashes(found);
    const first = index * TILE_WIDTH;
    if (level > 0) {
      const hashes: Uint8Array[] = [];
      for (let i = 0; i < TILE_WIDTH; i++) hashes.push(tileRoot(await fullTile(level - 1, first + i)));
      await files.writeFull([{ id, bytes: joinHashes(hashes) }]);
      return hashes;
    }
    const entries = await readEntries(source, first, first + TILE_WIDTH);
    const hashes = entries.map(leafHash);
    await files.writeFull([{ id: bundle, bytes: joinEntries(entries) }]);
    await files.writeFull([{ id, bytes: joinHashes(hashes) }]);
    return hashes;
  };
  const entries = await readEntries(source, fullTiles(size, 0) * TILE_WIDTH, size);
  const levels: Uint8Array[][] = [entries.map(leafHash)];
  for (let level = 1; level < levelsOf(size); level++) {
    const width = partialWidth(size, level);
    const index = fullTiles(size, level);
    const known = usePartials ? (await files.partials({ level, index })).findLast((w) => w <= width) : undefined;
    const partial = known === undefined ? undefined : await files.read({ level, index, width: known });
    const hashes = partial === undefined ? [] : splitHashes(partial);
    for (let i = hashes.length; i < width; i++)
      hashes.push(tileRoot(await fullTile(level - 1, index * TILE_WIDTH + i)));
    levels.push(hashes);
  }
  return { size, levels, entries };
};
