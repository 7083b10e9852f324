import { TILE_WIDTH, type TileId, tilePath } from 'crank-verify';
import type { TileFiles } from './tile-files.ts';

/** A log as anybody sees it from outside. */
export interface LogReader {
  /** @throws Error where there is none */
  checkpoint(): Promise<string>;
  /** A tile or bundle, or undefined where it does not exist. */
  tile(id: TileId): Promise<Uint8Array | undefined>;
}

/** The files in a folder. */
export const folderLog = (files: Pick<TileFiles, 'read' | 'readCheckpoint'>): LogReader => ({
  checkpoint: async () => {
    const text = await files.readCheckpoint();
    if (text === undefined) throw new Error('the folder has no checkpoint file');
    return text;
  },
  tile: files.read,
});

/**
 * A log over HTTP (C2SP tlog-tiles).
 *
 * @param prefix such as `http://127.0.0.1:7700/log`, without a slash at its end
 */
export const httpLog = (prefix: string, headers: Readonly<Record<string, string>> = {}): LogReader => {
  const get = async (path: string): Promise<Uint8Array | undefined> => {
    const answer = await fetch(`${prefix}/${path}`, { headers, signal: AbortSignal.timeout(30_000) });
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`${prefix}/${path} answers ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  };
  return {
    checkpoint: async () => {
      const bytes = await get('checkpoint');
      if (bytes === undefined) throw new Error(`${prefix} has no checkpoint`);
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    },
    tile: async (id) => {
      const exact = await get(tilePath(id));
      if (exact !== undefined || id.width === TILE_WIDTH) return exact;
      // A log may drop partial tiles once the full one is there.
      const full = await get(tilePath({ ...id, width: TILE_WIDTH }));
      return full?.subarray(0, (full.length / TILE_WIDTH) * id.width);
    },
  };
};
