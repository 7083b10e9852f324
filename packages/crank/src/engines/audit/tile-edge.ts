import { TILE_WIDTH, type TileId } from 'crank-verify';
import { type Frontier, leafHash, nodeHash, rootOf } from './merkle.ts';
import { joinEntries, joinHashes, tileRoot } from './tile-bytes.ts';

/** The tiles at the right edge of a tree: per level, the hashes of its partial tile; and the entries of level 0's bundle. */
export interface TileEdge {
  readonly size: number;
  readonly levels: readonly (readonly Uint8Array[])[];
  readonly entries: readonly Uint8Array[];
}

export const emptyEdge: TileEdge = { size: 0, levels: [], entries: [] };

export interface FullTile {
  id: TileId;
  bytes: Uint8Array;
}

/** Appends entries; gives the new edge and the tiles that became full, each behind all that it stands on. */
export const growEdge = (edge: TileEdge, added: readonly Uint8Array[]): { edge: TileEdge; full: FullTile[] } => {
  const levels = edge.levels.map((hashes) => [...hashes]);
  let entries = [...edge.entries];
  let { size } = edge;
  const full: FullTile[] = [];
  const push = (level: number, hash: Uint8Array): void => {
    levels[level] ??= [];
    const tile = levels[level];
    tile.push(hash);
    if (tile.length < TILE_WIDTH) return;
    const index = size / TILE_WIDTH ** (level + 1) - 1;
    full.push({ id: { level, index, width: TILE_WIDTH }, bytes: joinHashes(tile) });
    levels[level] = [];
    push(level + 1, tileRoot(tile));
  };
  for (const entry of added) {
    entries.push(entry);
    size++;
    if (entries.length === TILE_WIDTH) {
      full.push({
        id: { level: 'entries', index: size / TILE_WIDTH - 1, width: TILE_WIDTH },
        bytes: joinEntries(entries),
      });
      entries = [];
    }
    push(0, leafHash(entry));
  }
  return { edge: { size, levels, entries }, full };
};

/** The partial tiles and the partial bundle of an edge. */
export const partialTiles = (edge: TileEdge): FullTile[] => {
  const partial = (level: number | 'entries', width: number, bytes: Uint8Array): FullTile => {
    const unit = level === 'entries' ? TILE_WIDTH : TILE_WIDTH ** (level + 1);
    return { id: { level, index: Math.floor(edge.size / unit), width }, bytes };
  };
  const tiles = edge.levels.map((hashes, level) => partial(level, hashes.length, joinHashes(hashes)));
  return [partial('entries', edge.entries.length, joinEntries(edge.entries)), ...tiles].filter(
    ({ id }) => id.width > 0,
  );
};

/** The root of the tree that has this edge: all perfect subtrees are among its hashes, the largest in the highest level. */
export const edgeRoot = ({ levels }: TileEdge): Uint8Array => {
  const subtrees: Uint8Array[] = [];
  for (const hashes of levels.toReversed()) {
    let at = 0;
    for (let width = TILE_WIDTH / 2; width >= 1; width /= 2) {
      if ((hashes.length & width) === 0) continue;
      subtrees.push(perfect(hashes.slice(at, at + width)));
      at += width;
    }
  }
  const frontier: Frontier = { size: 0, hashes: subtrees };
  return rootOf(frontier);
};

const perfect = (hashes: readonly Uint8Array[]): Uint8Array => {
  let row = hashes;
  while (row.length > 1) row = row.flatMap((hash, i) => (i % 2 === 0 ? [nodeHash(hash, row[i + 1]!)] : []));
  return row[0]!;
};
