import { type Checkpoint, parseCheckpoint, parseNote, TILE_WIDTH, VerificationError } from 'crank-verify';
import type { LeafSource } from './leaf-source.ts';
import { rootAt } from './proof.ts';
import { fullTiles } from './tile-bytes.ts';
import type { TileFiles } from './tile-files.ts';
import { sourceReader, tileReader } from './tile-reader.ts';

/** The files are of a log that the database does not continue: carrying on would give two histories. */
export class LogForked extends Error {
  override readonly name = 'LogForked';
}

/** What a signed checkpoint of our own states; its signature is not verified. */
export const headOf = (checkpoint: string): Checkpoint => parseCheckpoint(parseNote(checkpoint).text);

/** The checkpoint among the files; undefined where it is missing or torn. */
const publishedHead = async (files: TileFiles) => {
  const text = await files.readCheckpoint();
  if (text === undefined) return undefined;
  try {
    return headOf(text);
  } catch (error) {
    // It is written without a sync: a power failure may have left half of it.
    if (error instanceof VerificationError) return undefined;
    throw error;
  }
};

/** How many entries the tiles show for certain, from `size` on: files are written only for what was committed before. */
const sizeAtEdge = async (files: TileFiles, size: number): Promise<number> => {
  const index = fullTiles(size, 0);
  const id = { level: 0, index, width: TILE_WIDTH };
  const width = (await files.read(id)) === undefined ? ((await files.partials(id)).at(-1) ?? 0) : TILE_WIDTH;
  return index * TILE_WIDTH + width;
};

/** @throws LogForked where the database's log is not a continuation of the one that the files have */
export const checkNotForked = async (
  files: TileFiles,
  source: LeafSource,
  checkpoint: string | undefined,
  by: 'quick' | 'entries',
): Promise<void> => {
  const size = checkpoint === undefined ? 0 : headOf(checkpoint).size;
  const published = await publishedHead(files);
  const shown = Math.max(published?.size ?? 0, await sizeAtEdge(files, size));
  if (shown > size) {
    throw new LogForked(
      `${files.place} publishes a log of ${shown} entries or more, but the database knows only ${size}: it was put back from an older backup, or belongs to another node. Start with a new log.`,
    );
  }
  if (published === undefined) return;
  // Only where the quick ways give another root, because of damaged files, is every entry read.
  const fullOnly: Pick<TileFiles, 'read'> = {
    read: async (id) => (id.width === TILE_WIDTH ? files.read(id) : undefined),
  };
  const quick = by === 'quick' ? [tileReader(files, source), tileReader(fullOnly, source)] : [];
  for (const reader of [...quick, sourceReader(source)]) {
    if (Buffer.compare(await rootAt(reader, published.size), published.root) === 0) return;
  }
  throw new LogForked(
    `${files.place} publishes a log of ${published.size} entries that those in the database do not continue. Start with a new log.`,
  );
};
