import { TILE_WIDTH } from 'crank-verify';
import { nodeHash } from './merkle.ts';
import { tileRoot } from './tile-bytes.ts';
import type { TileReader } from './tile-reader.ts';

/** Levels of the Merkle tree in one tile. */
const TILE_HEIGHT = 8;

/** The largest power of two below n, for n > 1. */
const splitPoint = (n: number): number => {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
};

/** Hashes of perfect subtrees, for proofs of many entries under one head: neighbours have most of their paths in common. */
export type SubtreeHashes = Map<string, Uint8Array>;

/** Hash of the perfect subtree over the entries [start, start + count), count being a power of two that divides start. */
const perfectHash = async (
  read: TileReader,
  start: number,
  count: number,
  known?: SubtreeHashes,
): Promise<Uint8Array> => {
  const name = `${start} ${count}`;
  const found = known?.get(name);
  if (found !== undefined) return found;
  const level = Math.floor(Math.log2(count) / TILE_HEIGHT);
  const unit = TILE_WIDTH ** level;
  const from = (start / unit) % TILE_WIDTH;
  const width = count / unit;
  const tile = await read(level, Math.floor(start / unit / TILE_WIDTH), from + width);
  const hash = tileRoot(tile.slice(from, from + width));
  known?.set(name, hash);
  return hash;
};

/** MTH(D[start:end]) (RFC 6962, section 2.1), for ranges that the proofs below need: start divisible by the first split. */
const rangeHash = async (read: TileReader, start: number, end: number, known?: SubtreeHashes): Promise<Uint8Array> => {
  const count = end - start;
  const k = count === 1 ? 1 : splitPoint(count);
  if (k * 2 === count || count === 1) return perfectHash(read, start, count, known);
  return nodeHash(await perfectHash(read, start, k, known), await rangeHash(read, start + k, end, known));
};

const checkRange = (condition: boolean, what: string): void => {
  if (!condition) throw new RangeError(what);
};

/**
 * The inclusion path of an entry in the tree of `size` entries (RFC 6962, section 2.1.1), from the leaf's sibling up.
 *
 * @throws RangeError where the index is not in the tree
 */
export const inclusionProof = async (
  read: TileReader,
  index: number,
  size: number,
  known?: SubtreeHashes,
): Promise<Uint8Array[]> => {
  checkRange(
    Number.isSafeInteger(index) && index >= 0 && index < size,
    `entry ${index} is not in a log of ${size} entries`,
  );
  const path: Uint8Array[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      path.push(await rangeHash(read, middle, end, known));
      end = middle;
    } else {
      path.push(await rangeHash(read, start, middle, known));
      start = middle;
    }
  }
  return path.reverse();
};

/** The root that an inclusion path of the right length leads to. */
export const provenRoot = (leaf: Uint8Array, index: number, size: number, path: readonly Uint8Array[]): Uint8Array => {
  if (size === 1) return leaf;
  const k = splitPoint(size);
  const [below, sibling] = [path.slice(0, -1), path.at(-1)!];
  return index < k
    ? nodeHash(provenRoot(leaf, index, k, below), sibling)
    : nodeHash(sibling, provenRoot(leaf, index - k, size - k, below));
};

/**
 * The proof that the tree of `newSize` entries extends the one of `oldSize` (RFC 6962, section 2.1.2). Empty where one of
 * them is empty or both are the same.
 *
 * @throws RangeError where the old tree is larger
 */
export const consistencyProof = async (read: TileReader, oldSize: number, newSize: number): Promise<Uint8Array[]> => {
  checkRange(
    Number.isSafeInteger(oldSize) && oldSize >= 0 && oldSize <= newSize,
    `no log shrinks from ${oldSize} to ${newSize}`,
  );
  if (oldSize === 0 || oldSize === newSize) return [];
  const path: Uint8Array[] = [];
  let [start, end] = [0, newSize];
  // Down to the subtree that ends where the old tree does; its hash is known to the verifier only as the whole old tree.
  while (oldSize !== end) {
    const middle = start + splitPoint(end - start);
    if (oldSize <= middle) {
      path.push(await rangeHash(read, middle, end));
      end = middle;
    } else {
      path.push(await rangeHash(read, start, middle));
      start = middle;
    }
  }
  if (start !== 0) path.push(await rangeHash(read, start, end));
  return path.reverse();
};

/** The root of the tree of `size` entries. */
export const rootAt = async (read: TileReader, size: number): Promise<Uint8Array> =>
  size === 0 ? tileRoot([]) : rangeHash(read, 0, size);
