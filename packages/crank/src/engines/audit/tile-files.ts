import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TILE_WIDTH, type TileId, tilePath } from 'crank-verify';
import { tileLength } from './tile-bytes.ts';

/** Port: the files of a log, `checkpoint` and `tile/...` (C2SP tlog-tiles). Every adapter passes `tiles.test.ts`. */
export interface TileFiles {
  /** What a message calls the place where they are. */
  readonly place: string;
  /**
   * A tile or bundle of at least the width asked for, cut to it: a wider one begins with a narrower one. undefined
   * where there is none whole.
   */
  read(id: TileId): Promise<Uint8Array | undefined>;
  readCheckpoint(): Promise<string | undefined>;
  /** Writes full tiles or bundles; when it resolves, they survive a power failure. Their partials are removed. */
  writeFull(tiles: readonly { id: TileId; bytes: Uint8Array }[]): Promise<void>;
  /** Replaces the partial of a tile by a wider one. Not synced: partials are checked when the folder is opened. */
  writePartial(id: TileId, bytes: Uint8Array): Promise<void>;
  writeCheckpoint(text: string): Promise<void>;
  /** Keeps the receipts of hand-overs beside them, for those who verify. */
  writeHandovers(text: string): Promise<void>;
  readHandovers(): Promise<string | undefined>;
  /** Widths of the partials of a tile, ascending. */
  partials(id: Omit<TileId, 'width'>): Promise<number[]>;
  /** Removes all tiles and the checkpoint. */
  clear(): Promise<void>;
}

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

const whenMissing = async <T, U>(promise: Promise<T>, other: U): Promise<T | U> => {
  try {
    return await promise;
  } catch (error) {
    if (isMissing(error)) return other;
    throw error;
  }
};

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/**
 * Opens the folder of a log's files makes it where it is missing, and removes what a crash left half written in
 * its `tmp`.
 *
 * @param options `readOnly`: leave everything as it is, for another process may be writing
 */
export const openTileFiles = async (folder: string, options: { readOnly?: boolean } = {}): Promise<TileFiles> => {
  const tmp = join(folder, 'tmp');
  if (!options.readOnly) {
    await rm(tmp, { recursive: true, force: true });
    await mkdir(tmp, { recursive: true });
  }

  const write = async (path: string, bytes: Uint8Array | string, sync: boolean): Promise<void> => {
    const temp = join(tmp, randomBytes(8).toString('hex'));
    const handle = await open(temp, 'wx', 0o644);
    try {
      await handle.writeFile(bytes);
      if (sync) await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temp, path);
  };

  const partialFolder = (id: Omit<TileId, 'width'>): string =>
    dirname(join(folder, tilePath({ level: id.level, index: id.index, width: 1 })));

  const partials = async (id: Omit<TileId, 'width'>): Promise<number[]> =>
    (await whenMissing(readdir(partialFolder(id)), [])).map(Number).sort((a, b) => a - b);

  const readWhole = async (id: TileId): Promise<Uint8Array | undefined> => {
    const bytes = await whenMissing(readFile(join(folder, tilePath(id))), undefined);
    return bytes?.length === tileLength(id.level, id.width) ? bytes : undefined;
  };

  return {
    place: folder,
    partials,
    read: async (id) => {
      const exact = await readWhole(id);
      if (exact !== undefined || id.width === TILE_WIDTH) return exact;
      // A reader between two writes may see a partial vanish: what replaced it is wider, at last the full tile.
      const wider = (await partials(id)).filter((width) => width > id.width);
      for (const width of [...wider, TILE_WIDTH]) {
        const bytes = await readWhole({ ...id, width });
        if (bytes !== undefined) return bytes.subarray(0, tileLength(id.level, id.width));
      }
      return undefined;
    },
    readCheckpoint: () => whenMissing(readFile(join(folder, 'checkpoint'), 'utf8'), undefined),
    writeFull: async (tiles) => {
      const changed = new Set<string>();
      for (const { id } of tiles) {
        const parent = dirname(join(folder, tilePath(id)));
        if (changed.has(parent)) continue;
        const first = await mkdir(parent, { recursive: true });
        changed.add(parent);
        if (first === undefined) continue;
        // New folders must be found after a power failure too.
        for (let at = parent; at.length >= first.length; at = dirname(at)) changed.add(dirname(at));
      }
      await Promise.all(tiles.map(({ id, bytes }) => write(join(folder, tilePath(id)), bytes, true)));
      await Promise.all([...changed].map(syncFolder));
      for (const { id } of tiles) await rm(partialFolder(id), { recursive: true, force: true });
    },
    writePartial: async (id, bytes) => {
      const path = join(folder, tilePath(id));
      await mkdir(dirname(path), { recursive: true });
      await write(path, bytes, false);
      for (const name of await readdir(dirname(path))) {
        if (name !== basename(path)) await unlink(join(dirname(path), name));
      }
    },
    writeCheckpoint: (text) => write(join(folder, 'checkpoint'), text, false),
    writeHandovers: (text) => write(join(folder, 'handovers'), text, true),
    readHandovers: () => whenMissing(readFile(join(folder, 'handovers'), 'utf8'), undefined),
    clear: async () => {
      await rm(join(folder, 'checkpoint'), { force: true });
      await rm(join(folder, 'tile'), { recursive: true, force: true });
    },
  };
};
