import { concat, equalBytes } from './bytes.ts';
import { sha256, sha256Now } from './sha256.ts';

/** SHA-256(0x00 ‖ entry) (RFC 6962, section 2.1). */
export const leafHash = (entry: Uint8Array): Promise<Uint8Array> => sha256(concat(Uint8Array.of(0), entry));

/** SHA-256(0x01 ‖ left ‖ right) (RFC 6962, section 2.1). */
export const nodeHash = async (left: Uint8Array, right: Uint8Array): Promise<Uint8Array> => parent(left, right);

const parent = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256Now(concat(Uint8Array.of(1), left, right));

/** Sizes and indexes are integers up to 2^53 - 1, so bits are taken by division, not by 32-bit operators. */
const half = (n: number): number => Math.floor(n / 2);
const isNatural = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

/**
 * Whether the entry with this leaf hash stands at `index` in the tree of `size` entries with this root
 * (RFC 9162, section 2.1.3.2).
 */
export const verifyInclusion = async (
  proof: readonly Uint8Array[],
  { index, size, leaf, root }: { index: number; size: number; leaf: Uint8Array; root: Uint8Array },
): Promise<boolean> => {
  if (!isNatural(index) || !isNatural(size) || index >= size) return false;
  let fn = index;
  let sn = size - 1;
  let r = leaf;
  for (const p of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = parent(p, r);
      // A node on the right edge without a sibling rises by itself.
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      r = parent(r, p);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equalBytes(r, root);
};

/**
 * Whether the tree of `newSize` entries extends the one of `oldSize` without changing it
 * (RFC 9162, section 2.1.4.2). A tree extends itself and the empty tree with an empty proof.
 */
export const verifyConsistency = async (
  proof: readonly Uint8Array[],
  older: { size: number; root: Uint8Array },
  newer: { size: number; root: Uint8Array },
): Promise<boolean> => {
  if (!isNatural(older.size) || !isNatural(newer.size) || older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && equalBytes(older.root, newer.root);
  if (older.size === 0) return proof.length === 0 && equalBytes(older.root, await sha256(new Uint8Array()));
  let fn = older.size - 1;
  let sn = newer.size - 1;
  while (fn % 2 === 1) {
    fn = half(fn);
    sn = half(sn);
  }
  // An old tree that is a whole subtree of the new one is not repeated in the proof.
  const path = fn === 0 ? [older.root, ...proof] : [...proof];
  const first = path.shift();
  if (first === undefined) return false;
  let fr = first;
  let sr = first;
  for (const c of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = parent(c, fr);
      sr = parent(c, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      sr = parent(sr, c);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equalBytes(fr, older.root) && equalBytes(sr, newer.root);
};
