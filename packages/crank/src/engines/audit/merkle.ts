import { hash } from 'node:crypto';

/** The root of the empty tree: SHA-256 of nothing (RFC 6962, section 2.1). */
export const EMPTY_ROOT: Uint8Array = hash('sha256', new Uint8Array(), 'buffer');

const HASH = 32;
const node = Buffer.alloc(1 + 2 * HASH, 1);

/** SHA-256(0x00 ‖ entry). */
export const leafHash = (entry: Uint8Array): Uint8Array => {
  const leaf = new Uint8Array(1 + entry.length);
  leaf.set(entry, 1);
  return hash('sha256', leaf, 'buffer');
};

/** SHA-256(0x01 ‖ left ‖ right). */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array => {
  node.set(left, 1);
  node.set(right, 1 + HASH);
  return hash('sha256', node, 'buffer');
};

/**
 * The right edge of a tree, enough to let it grow and to know its root: one hash per perfect subtree, from the largest
 * (left) to the smallest (right); as many as `size` has bits set. A value: extending one makes another.
 */
export interface Frontier {
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
}

export const emptyFrontier: Frontier = { size: 0, hashes: [] };

/** Appends leaf hashes. Sizes go beyond 32 bits, so bits are taken by division. */
export const extendByHashes = (frontier: Frontier, leaves: Iterable<Uint8Array>): Frontier => {
  const hashes = [...frontier.hashes];
  let { size } = frontier;
  for (const leaf of leaves) {
    let merged = leaf;
    for (let n = size; n % 2 === 1; n = (n - 1) / 2) merged = nodeHash(hashes.pop()!, merged);
    hashes.push(merged);
    size++;
  }
  return { size, hashes };
};

/** Appends entries. O(log n) memory, two hashes an entry on average. */
export const extend = (frontier: Frontier, entries: readonly Uint8Array[]): Frontier =>
  extendByHashes(frontier, entries.map(leafHash));

/** The Merkle tree hash (RFC 6962, section 2.1): 32 bytes. */
export const rootOf = ({ hashes }: Frontier): Uint8Array =>
  hashes.length === 0
    ? EMPTY_ROOT
    : hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), hashes.at(-1)!);

const bits = (size: number): number => [...size.toString(2)].filter((bit) => bit === '1').length;

/** 8 bytes of size, big-endian, and the hashes behind it. */
export const serialiseFrontier = ({ size, hashes }: Frontier): Uint8Array => {
  const head = Buffer.alloc(8);
  head.writeBigUInt64BE(BigInt(size));
  return Buffer.concat([head, ...hashes]);
};

/** @throws TypeError where the bytes are no frontier */
export const restoreFrontier = (bytes: Uint8Array): Frontier => {
  const buffer = Buffer.from(bytes);
  const size = buffer.length < 8 ? -1 : Number(buffer.readBigUInt64BE());
  if (!Number.isSafeInteger(size) || size < 0 || buffer.length !== 8 + HASH * bits(size)) {
    throw new TypeError("the stored edge of the log's tree is damaged");
  }
  const hashes: Uint8Array[] = [];
  for (let at = 8; at < buffer.length; at += HASH) hashes.push(buffer.subarray(at, at + HASH));
  return { size, hashes };
};
