import { tilePath } from 'crank-verify';
import { CHUNK, type LeafSource, readEntries } from './leaf-source.ts';
import { loadEdge } from './load-edge.ts';
import { checkNotForked, headOf } from './log-fork.ts';
import { edgeRoot, emptyEdge, type FullTile, growEdge, partialTiles, type TileEdge } from './tile-edge.ts';
import type { TileFiles } from './tile-files.ts';
import { type TileReader, tileReader } from './tile-reader.ts';

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** The log as files, derived from its entries (C2SP tlog-tiles). */
export interface Tiles {
  /** Size that the files stand for. */
  readonly size: number;
  /**
   * Brings the files up to a signed checkpoint; what it covers must be committed. Calls that come while one is at work
   * are done together, up to the largest. Resolves when the files have at least that size.
   *
   * @throws Error where the entries do not have the checkpoint's root, or the disk fails; the files stay as they were
   */
  update(checkpoint: string): Promise<void>;
  /** Derives every file anew up to this checkpoint. Takes time that grows with the log. */
  rebuild(checkpoint: string): Promise<void>;
  files: TileFiles;
  read: TileReader;
  source: LeafSource;
}

/** Full tiles are durable before anything that stands on them is written: that is why looking at the edge suffices. */
const writeFull = async (files: TileFiles, full: readonly FullTile[]): Promise<void> => {
  const rank = ({ id }: FullTile): number => (id.level === 'entries' ? -1 : id.level);
  const ranks = [...new Set(full.map(rank))].sort((a, b) => a - b);
  for (const at of ranks) await files.writeFull(full.filter((tile) => rank(tile) === at));
};

/** Milliseconds for which files that could not be read are not asked again. */
const SHUN_MS = 30_000;

/** For proofs: where the files cannot be read, the entries are, from which everything can be derived. */
const orEntries = (files: Pick<TileFiles, 'read'>): Pick<TileFiles, 'read'> => {
  let shunned = Number.NEGATIVE_INFINITY;
  return {
    read: async (id) => {
      if (performance.now() < shunned) return undefined;
      try {
        return await files.read(id);
      } catch {
        // Who writes the files says that and why.
        shunned = performance.now() + SHUN_MS;
        return undefined;
      }
    },
  };
};

/**
 * Opens the files of a log and brings them up to the checkpoint committed last. Torn or missing files at the edge
 * are derived again, in time that does not grow with the log; damage deep inside is found by `verifyLog` and mended by
 * `rebuild`.
 *
 * @param checkpoint the last one committed, or undefined for a log without entries
 * @throws LogForked where the files' checkpoint is ahead of the committed one, or not a beginning of it
 */
export const openTiles = async (
  files: TileFiles,
  source: LeafSource,
  checkpoint: string | undefined,
): Promise<Tiles> => {
  await checkNotForked(files, source, checkpoint, 'quick');
  let edge: TileEdge = emptyEdge;
  const newReader = (): TileReader => tileReader(orEntries(files), source, () => edge);
  let read = newReader();

  /** The edge whose partial tiles are known to be on disk; empty while files change, and after that failed. */
  let written: TileEdge = emptyEdge;

  const finish = async (reached: TileEdge, head: string, before: TileEdge): Promise<void> => {
    const there = new Set(partialTiles(before).map(({ id }) => tilePath(id)));
    for (const { id, bytes } of partialTiles(reached)) {
      if (!there.has(tilePath(id))) await files.writePartial(id, bytes);
    }
    await files.writeCheckpoint(head);
    edge = reached;
    written = reached;
  };

  /** Grows the files from an edge to a checkpoint. The edge kept changes only when all is written. */
  const grow = async (from: TileEdge, head: string): Promise<void> => {
    const { size, root } = headOf(head);
    let reached = from;
    const before = written;
    written = emptyEdge;
    while (reached.size < size) {
      const grown = growEdge(reached, await readEntries(source, reached.size, Math.min(size, reached.size + CHUNK)));
      await writeFull(files, grown.full);
      reached = grown.edge;
    }
    if (!same(edgeRoot(reached), root)) {
      throw new Error(`the entries of the log do not have the root that its checkpoint of size ${size} states`);
    }
    await finish(reached, head, before);
  };

  const rebuild = async (head: string): Promise<void> => {
    await files.clear();
    written = emptyEdge;
    await grow(emptyEdge, head);
    read = newReader(); // the old one may remember damaged tiles
  };

  if (checkpoint !== undefined) {
    const { size, root } = headOf(checkpoint);
    for (const usePartials of [true, false]) {
      edge = await loadEdge(files, source, size, usePartials);
      if (same(edgeRoot(edge), root)) break;
    }
    if (same(edgeRoot(edge), root)) await finish(edge, checkpoint, emptyEdge);
    else {
      // Damaged tiles, or those of another history: only the entries can tell.
      await checkNotForked(files, source, checkpoint, 'entries');
      await rebuild(checkpoint);
    }
  }

  let wanted: string | undefined;
  let last: Promise<unknown> = Promise.resolve();
  /** One after the other, whether the one before succeeded or not. */
  const inTurn = (job: () => Promise<void>): Promise<void> => {
    const done = last.then(job, job);
    last = done;
    return done;
  };
  const ahead = (a: string, b: string | undefined): boolean => b === undefined || headOf(a).size > headOf(b).size;
  return {
    get size() {
      return edge.size;
    },
    get read() {
      return read;
    },
    files,
    source,
    update: (head) => {
      if (ahead(head, wanted)) wanted = head;
      return inTurn(async () => {
        const next = wanted === undefined || ahead(head, wanted) ? head : wanted;
        wanted = undefined;
        if (headOf(next).size > edge.size) await grow(edge, next);
      });
    },
    rebuild: (head) => inTurn(() => rebuild(head)),
  };
};
