import {
  TILE_WIDTH,
  type TileId,
  tilePath,
  VerificationError,
  type VerifiedCheckpoint,
  type Vkey,
  verifyCheckpoint,
} from 'crank-verify';
import { sha256 } from '#src/core/digest.ts';
import { CHUNK, type LeafSource } from './leaf-source.ts';
import type { LogReader } from './log-reader.ts';
import { emptyFrontier, extend, type Frontier, rootOf } from './merkle.ts';
import { splitEntries } from './tile-bytes.ts';
import { emptyEdge, growEdge, partialTiles } from './tile-edge.ts';

export interface LogToVerify {
  vkeys: readonly (string | Vkey)[];
  /** Files or HTTP; what is published is derived anew from the entries and compared byte for byte. */
  published?: LogReader;
  /**
   * The database: without it the entries are taken from the published bundles. Where the log may be growing, give a
   * function for the checkpoint: it is asked after what is published was read, and so is never behind that.
   */
  committed?: { entries: LeafSource; checkpoint: string | (() => Promise<string>) };
  /** Envelopes by index, `from` to `to`; undefined where one is not kept. Their digests must be the entries. */
  envelopes?: (from: number, to: number) => Promise<readonly (Uint8Array | undefined)[]>;
  /** Signed checkpoints seen before: the log must continue each of them. */
  seen?: readonly string[];
  /** Called now and then with the number of entries done. */
  onProgress?: (done: number, of: number) => void;
}

export type LogReport =
  | {
      ok: true;
      origin: string;
      size: number;
      root: Uint8Array;
      /** The signed head that was verified: keep it, and give it as `seen` next time. */
      checkpoint: string;
      tiles: number;
      envelopes: number;
    }
  /** The first difference: in which file or entry, and what it means. */
  | { ok: false; where: string; message: string };

class Difference extends Error {
  readonly where: string;
  constructor(where: string, message: string) {
    super(message);
    this.where = where;
  }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

const verifiedHead = async (
  note: string,
  vkeys: readonly (string | Vkey)[],
  where: string,
): Promise<VerifiedCheckpoint> => {
  try {
    return await verifyCheckpoint(note, vkeys);
  } catch (error) {
    if (error instanceof VerificationError) throw new Difference(where, error.message);
    throw error;
  }
};

/** The entries that a published log shows. */
const bundleSource = (log: LogReader, size: number): LeafSource => ({
  read: async (from, to) => {
    const entries: Uint8Array[] = [];
    // Asked for in steps that begin with a bundle.
    for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < to; index++) {
      const id: TileId = { level: 'entries', index, width: Math.min(TILE_WIDTH, size - index * TILE_WIDTH) };
      const bytes = await log.tile(id);
      if (bytes === undefined) throw new Difference(tilePath(id), 'This bundle of entries is missing.');
      const found = splitEntries(bytes);
      if (found?.length !== id.width) throw new Difference(tilePath(id), 'This bundle of entries is malformed.');
      entries.push(...found);
    }
    return entries;
  },
});

/** Derives everything from the entries and compares; throws the first Difference. */
const verify = async (log: LogToVerify): Promise<LogReport> => {
  const { vkeys, published, committed } = log;
  const heads: { where: string; head: VerifiedCheckpoint }[] = [];
  const add = async (where: string, note: string): Promise<VerifiedCheckpoint> => {
    const head = await verifiedHead(note, vkeys, where);
    heads.push({ where, head });
    return head;
  };
  // What is published is read first: where the log grows meanwhile, the database covers it all the same.
  const publishedNote = await published?.checkpoint();
  const committedNote =
    typeof committed?.checkpoint === 'function' ? await committed.checkpoint() : committed?.checkpoint;
  const shown = publishedNote === undefined ? undefined : await add('checkpoint', publishedNote);
  const head = committedNote === undefined ? shown : await add('committed checkpoint', committedNote);
  const checkpoint = committedNote ?? publishedNote;
  if (head === undefined || checkpoint === undefined) {
    throw new TypeError('there is no log to verify: neither a database nor published files');
  }
  for (const [i, note] of (log.seen ?? []).entries()) await add(`checkpoint ${i + 1} seen before`, note);
  for (const { where, head: other } of heads) {
    if (other.origin !== head.origin)
      throw new Difference(where, `It is of the log ${other.origin}, not ${head.origin}.`);
    if (other.size > head.size) {
      throw new Difference(
        where,
        `It covers ${other.size} entries, but the log has ${head.size}: the end was cut off.`,
      );
    }
  }
  heads.sort((a, b) => a.head.size - b.head.size);

  const source = committed?.entries ?? bundleSource(published!, head.size);
  const filesSize = shown?.size ?? 0;
  let frontier: Frontier = emptyFrontier;
  let edge = emptyEdge;
  let tiles = 0;
  let envelopes = 0;
  const checkTiles = async (expected: readonly { id: TileId; bytes: Uint8Array }[]): Promise<void> => {
    for (const { id, bytes } of expected) {
      const found = await published!.tile(id);
      if (found === undefined) throw new Difference(tilePath(id), 'This file is missing.');
      if (!same(found, bytes)) throw new Difference(tilePath(id), 'This file is not what the entries of the log give.');
      tiles++;
    }
  };
  const checkHeads = (): void => {
    for (; heads[0]?.head.size === frontier.size; heads.shift()) {
      if (!same(rootOf(frontier), heads[0].head.root)) {
        throw new Difference(
          heads[0].where,
          `The first ${frontier.size} entries do not have its root: history was changed.`,
        );
      }
    }
  };
  checkHeads();
  while (frontier.size < head.size) {
    const from = frontier.size;
    // Each step ends at a checkpoint or at a full chunk, whichever comes first, so roots are known where needed.
    const chunk = await source.read(from, Math.min(head.size, from + CHUNK));
    if (chunk.length !== Math.min(head.size, from + CHUNK) - from || chunk.some((entry) => entry.length !== 32)) {
      throw new Difference(
        `entry ${from + chunk.length}`,
        'An entry is missing or malformed: the checkpoint covers it.',
      );
    }
    const stored = (await log.envelopes?.(from, from + chunk.length)) ?? [];
    for (const [i, envelope] of stored.entries()) {
      if (envelope === undefined) continue;
      if (!same(sha256(envelope), chunk[i]!)) {
        throw new Difference(
          `entry ${from + i}`,
          'The stored envelope is not the one that was logged: its digest differs.',
        );
      }
      envelopes++;
    }
    for (let at = 0; at < chunk.length; ) {
      const next = Math.min(from + chunk.length, heads[0]?.head.size ?? Number.POSITIVE_INFINITY);
      const step = chunk.slice(at, next - from);
      frontier = extend(frontier, step);
      at += step.length;
      checkHeads();
    }
    const grown = growEdge(edge, chunk.slice(0, Math.max(0, filesSize - from)));
    edge = grown.edge;
    await checkTiles(grown.full);
    log.onProgress?.(frontier.size, head.size);
  }
  if (shown !== undefined) await checkTiles(partialTiles(edge));
  return { ok: true, origin: head.origin, size: head.size, root: head.root, checkpoint, tiles, envelopes };
};

/**
 * Verifies a whole log: signatures, every tile and bundle, every root, the digests of the envelopes, and that it
 * continues what was seen before. Reads everything once, in memory that does not grow with the log.
 *
 * @returns a report; the first difference where there is one
 * @throws where the log cannot be read (I/O), or VkeyError
 */
export const verifyLog = async (log: LogToVerify): Promise<LogReport> => {
  try {
    return await verify(log);
  } catch (error) {
    if (error instanceof Difference) return { ok: false, where: error.where, message: error.message };
    throw error;
  }
};
