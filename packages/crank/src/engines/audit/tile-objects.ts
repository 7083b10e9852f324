import { TILE_WIDTH, type TileId, tilePath } from 'crank-verify';
import { tileLength } from './tile-bytes.ts';
import type { TileFiles } from './tile-files.ts';

/** What the files of a log need of a store of objects. */
interface ObjectStore {
  readonly place: string;
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array | string): Promise<void>;
  delete(key: string): Promise<void>;
  list(prefix: string): Promise<string[]>;
}

type Tile = Omit<TileId, 'width'>;

/** Writes under way at one time. */
const TOGETHER = 16;

const inBatches = async <T>(items: readonly T[], each: (item: T) => Promise<void>): Promise<void> => {
  for (let at = 0; at < items.length; at += TOGETHER) await Promise.all(items.slice(at, at + TOGETHER).map(each));
};

/**
 * The files of a log as objects, such as in a bucket: the same names as below a folder. An object is there whole or not at
 * all, and what was written is durable.
 *
 * @param prefix in front of all keys: empty, or ending in a slash
 * @param options `readOnly`: another process writes, so nothing is remembered
 */
export const openTileObjects = (
  objects: ObjectStore,
  prefix: string,
  options: { readOnly?: boolean } = {},
): TileFiles => {
  const keyOf = (id: TileId): string => prefix + tilePath(id);
  const partialPrefix = (id: Tile): string => keyOf({ ...id, width: 1 }).replace(/1$/, '');
  /** Partials of tiles that were touched, so that their places are listed once. */
  const known = new Map<string, Set<number>>();

  const partialsOf = async (id: Tile): Promise<Set<number>> => {
    const start = partialPrefix(id);
    let widths = known.get(start);
    if (widths === undefined) {
      const keys = await objects.list(start);
      widths = new Set(keys.map((key) => Number(key.slice(start.length))).filter((width) => width > 0));
      if (!options.readOnly) known.set(start, widths);
    }
    return widths;
  };

  const dropPartials = async (id: Tile, keep?: number): Promise<void> => {
    const widths = await partialsOf(id);
    for (const width of [...widths].filter((one) => one !== keep)) {
      await objects.delete(keyOf({ ...id, width }));
      widths.delete(width);
    }
    if (keep === undefined) known.delete(partialPrefix(id));
  };

  const readWhole = async (id: TileId): Promise<Uint8Array | undefined> => {
    const bytes = await objects.get(keyOf(id));
    return bytes?.length === tileLength(id.level, id.width) ? bytes : undefined;
  };

  const readText = async (name: string): Promise<string | undefined> => {
    const bytes = await objects.get(prefix + name);
    return bytes && Buffer.from(bytes).toString();
  };

  return {
    place: objects.place + prefix,
    read: async (id) => {
      const exact = await readWhole(id);
      if (exact !== undefined || id.width === TILE_WIDTH) return exact;
      const wider = [...(await partialsOf(id))].filter((width) => width > id.width).sort((a, b) => a - b);
      for (const width of [...wider, TILE_WIDTH]) {
        const bytes = await readWhole({ ...id, width });
        if (bytes !== undefined) return bytes.subarray(0, tileLength(id.level, id.width));
      }
      return undefined;
    },
    partials: async (id) => [...(await partialsOf(id))].sort((a, b) => a - b),
    readCheckpoint: () => readText('checkpoint'),
    readHandovers: () => readText('handovers'),
    writeFull: async (tiles) => {
      await inBatches(tiles, ({ id, bytes }) => objects.put(keyOf(id), bytes));
      await inBatches(tiles, ({ id }) => dropPartials(id));
    },
    writePartial: async (id, bytes) => {
      const widths = await partialsOf(id);
      await objects.put(keyOf(id), bytes);
      widths.add(id.width);
      await dropPartials(id, id.width);
    },
    writeCheckpoint: (text) => objects.put(`${prefix}checkpoint`, text),
    writeHandovers: (text) => objects.put(`${prefix}handovers`, text),
    clear: async () => {
      known.clear();
      await objects.delete(`${prefix}checkpoint`);
      await inBatches(await objects.list(`${prefix}tile/`), (key) => objects.delete(key));
    },
  };
};
