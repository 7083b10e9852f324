/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;

/** Which tile of a log (C2SP tlog-tiles): hashes of a level, or the bundle of entries below level 0. */
export interface TileId {
  level: number | 'entries';
  index: number;
  /** 1 to 256; 256 is a full tile. */
  width: number;
}

/** The path below the log's prefix: `tile/0/x001/x234/067`, and `.p/112` behind it where the tile is partial. */
export const tilePath = ({ level, index, width }: TileId): string => {
  let path = String(index % 1000).padStart(3, '0');
  for (let n = Math.floor(index / 1000); n > 0; n = Math.floor(n / 1000)) {
    path = `x${String(n % 1000).padStart(3, '0')}/${path}`;
  }
  return `tile/${level}/${path}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
};

/** The inverse of {@link tilePath}; undefined for any other text. */
export const parseTilePath = (path: string): TileId | undefined => {
  const match = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (match === null) return undefined;
  const id: TileId = {
    level: match[1] === 'entries' ? 'entries' : Number(match[1]),
    index: Number(match[2]!.replaceAll(/[x/]/g, '')),
    width: match[3] === undefined ? TILE_WIDTH : Number(match[3]),
  };
  if (id.width < 1 || (match[3] !== undefined && id.width === TILE_WIDTH)) return undefined;
  if (id.level !== 'entries' && id.level > 63) return undefined;
  // Leading zeros, empty groups and numbers that are too large all print differently.
  return Number.isSafeInteger(id.index) && tilePath(id) === path ? id : undefined;
};
