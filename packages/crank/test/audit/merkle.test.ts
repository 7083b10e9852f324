import { verifyConsistency, verifyInclusion } from 'crank-verify';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EMPTY_ROOT,
  emptyFrontier,
  extend,
  type Frontier,
  leafHash,
  restoreFrontier,
  rootOf,
  serialiseFrontier,
} from '#src/engines/audit/merkle.ts';
import { consistencyProof, inclusionProof, rootAt } from '#src/engines/audit/proof.ts';
import { sourceReader } from '#src/engines/audit/tile-reader.ts';
import { vectors } from '../../../verify/test/vectors.ts';
import { numberedEntry, sourceOf } from './samples.ts';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const rfc = vectors<{
  entries: string[];
  roots: string[];
  inclusion: { index: number; size: number; path: string[] }[];
  consistency: { old: number; new: number; path: string[] }[];
}>('tlog/rfc6962.json');

const SIZE = 300;
const entries = Array.from({ length: SIZE }, (_, i) => numberedEntry(i));
const leaves = entries.map(leafHash);
const fromEntries = sourceReader(sourceOf(entries));
/** Leaf hashes are computed once: these tests read them often. */
const read: typeof fromEntries = async (level, index, width) =>
  level === 0 ? leaves.slice(index * 256, index * 256 + width) : fromEntries(level, index, width);

/** Frontiers of every size. */
const frontiers: Frontier[] = [emptyFrontier];
for (const entry of entries) frontiers.push(extend(frontiers.at(-1)!, [entry]));

describe('the edge of the tree', () => {
  it('has the roots of RFC 6962', () => {
    let frontier = emptyFrontier;
    expect(base64(rootOf(frontier))).toBe(rfc.roots[0]);
    expect(rootOf(frontier)).toBe(EMPTY_ROOT);
    rfc.entries.forEach((entry, i) => {
      frontier = extend(frontier, [Buffer.from(entry, 'hex')]);
      expect(base64(rootOf(frontier))).toBe(rfc.roots[i + 1]);
    });
  });

  it('is the same however the entries come, and is a value', () => {
    fc.assert(
      fc.property(fc.nat(SIZE), fc.nat(SIZE), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const before = rootOf(frontiers[from]!);
        expect(rootOf(extend(frontiers[from]!, entries.slice(from, to)))).toEqual(rootOf(frontiers[to]!));
        expect(rootOf(frontiers[from]!)).toEqual(before);
      }),
    );
  });

  it('comes back from its bytes', () => {
    for (const frontier of frontiers) {
      const restored = restoreFrontier(new Uint8Array(serialiseFrontier(frontier)));
      expect(restored.size).toBe(frontier.size);
      expect(rootOf(restored)).toEqual(rootOf(frontier));
    }
    const bytes = serialiseFrontier(frontiers[5]!);
    for (const wrong of [new Uint8Array(), bytes.slice(1), bytes.slice(0, -1), bytes.with(7, 7), bytes.with(0, 255)]) {
      expect(() => restoreFrontier(wrong)).toThrow(TypeError);
    }
  });
});

describe('proofs', () => {
  it('are those of RFC 6962 for its entries', async () => {
    const small = sourceOf(rfc.entries.map((entry) => Buffer.from(entry, 'hex')));
    const leaves = sourceReader({ read: small.read });
    // These entries are not 32 bytes long, so the hashes are read past the check of our logs.
    const unchecked: typeof leaves = async (_level, _index, width) => (await small.read(0, width)).map(leafHash);
    for (const { index, size, path } of rfc.inclusion) {
      expect((await inclusionProof(unchecked, index, size)).map(base64)).toEqual(path);
    }
    for (const { old, new: size, path } of rfc.consistency) {
      expect((await consistencyProof(unchecked, old, size)).map(base64)).toEqual(path);
    }
  });

  it('of inclusion hold for entries of every size up to 300', async () => {
    for (let size = 1; size <= SIZE; size++) {
      const root = rootOf(frontiers[size]!);
      expect(await rootAt(read, size)).toEqual(root);
      const step = size <= 40 ? 1 : 23;
      for (let index = size % step; index < size; index += step) {
        const proof = await inclusionProof(read, index, size);
        expect(await verifyInclusion(proof, { index, size, leaf: leafHash(entries[index]!), root })).toBe(true);
      }
    }
  });

  it('of consistency hold between every size up to 300', async () => {
    for (let size = 0; size <= SIZE; size++) {
      const step = size <= 40 ? 1 : 19;
      for (let old = size % step; old <= size; old += step) {
        const older = { size: old, root: rootOf(frontiers[old]!) };
        const newer = { size, root: rootOf(frontiers[size]!) };
        expect(await verifyConsistency(await consistencyProof(read, old, size), older, newer)).toBe(true);
      }
    }
  });

  it('hold for one log only', async () => {
    const position = fc
      .integer({ min: 2, max: SIZE })
      .chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1), fc.nat(size - 1)));
    await fc.assert(
      fc.asyncProperty(position, async ([size, index, changed]) => {
        const other = sourceReader(sourceOf(entries.with(changed, numberedEntry(-1 >>> 0))));
        const proof = await inclusionProof(other, index, size);
        const at = { index, size, leaf: leafHash(entries[index]!), root: rootOf(frontiers[size]!) };
        // A change at the entry itself leaves its path as it was.
        expect(await verifyInclusion(proof, at)).toBe(changed === index);
      }),
    );
  });

  it('are refused where there is nothing to prove', async () => {
    await expect(inclusionProof(read, 5, 5)).rejects.toThrow(RangeError);
    await expect(inclusionProof(read, -1, 5)).rejects.toThrow(RangeError);
    await expect(consistencyProof(read, 6, 5)).rejects.toThrow(RangeError);
  });
});
