import { describe, expect, it } from 'vitest';
import { leafHash, verifyConsistency, verifyInclusion } from '../src/index.ts';
import { bytes, vectors } from './vectors.ts';

interface Inclusion {
  index: number;
  size: number;
  path: string[];
}
interface Consistency {
  old: number;
  new: number;
  path: string[];
}
const small = vectors<{ entries: string[]; roots: string[]; inclusion: Inclusion[]; consistency: Consistency[] }>(
  'tlog/rfc6962.json',
);
const large = vectors<{ size: number; root: string; inclusion: Inclusion[] }>('tlog/tiles-70000.json');

const roots = small.roots.map(bytes);
const leaves = await Promise.all(small.entries.map((entry) => leafHash(new Uint8Array(Buffer.from(entry, 'hex')))));
const flipped = (hash: Uint8Array): Uint8Array => hash.with(5, hash[5]! ^ 1);

describe('inclusion', () => {
  it.each(small.inclusion)('entry $index of $size', async ({ index, size, path }) => {
    const proof = path.map(bytes);
    const at = { index, size, leaf: leaves[index]!, root: roots[size]! };
    expect(await verifyInclusion(proof, at)).toBe(true);
    expect(await verifyInclusion(proof, { ...at, leaf: flipped(at.leaf) })).toBe(false);
    expect(await verifyInclusion(proof, { ...at, root: flipped(at.root) })).toBe(false);
    expect(await verifyInclusion([...proof, roots[0]!], at)).toBe(false);
    for (let i = 0; i < proof.length; i++) {
      expect(await verifyInclusion(proof.with(i, flipped(proof[i]!)), at)).toBe(false);
      expect(await verifyInclusion(proof.toSpliced(i, 1), at)).toBe(false);
    }
    for (let other = -1; other <= size; other++) {
      if (other !== index) expect(await verifyInclusion(proof, { ...at, index: other })).toBe(false);
    }
  });

  it('refuses what is no position', async () => {
    const at = { index: 0, size: 1, leaf: leaves[0]!, root: roots[1]! };
    expect(await verifyInclusion([], at)).toBe(true);
    for (const index of [Number.NaN, 0.5, -1, 1, Number.POSITIVE_INFINITY])
      expect(await verifyInclusion([], { ...at, index })).toBe(false);
    expect(await verifyInclusion([], { ...at, size: Number.NaN })).toBe(false);
  });

  it.each(large.inclusion)('entry $index of 70,000', async ({ index, path }) => {
    const entry = Buffer.alloc(8);
    entry.writeBigUInt64BE(BigInt(index));
    const leaf = await leafHash(new Uint8Array(await crypto.subtle.digest('SHA-256', entry)));
    expect(await verifyInclusion(path.map(bytes), { index, size: large.size, leaf, root: bytes(large.root) })).toBe(
      true,
    );
  });
});

describe('consistency', () => {
  it.each(small.consistency)('$old to $new', async ({ old, new: size, path }) => {
    const proof = path.map(bytes);
    const older = { size: old, root: roots[old]! };
    const newer = { size, root: roots[size]! };
    expect(await verifyConsistency(proof, older, newer)).toBe(true);
    expect(await verifyConsistency(proof, { ...older, root: flipped(older.root) }, newer)).toBe(false);
    expect(await verifyConsistency(proof, older, { ...newer, root: flipped(newer.root) })).toBe(false);
    expect(await verifyConsistency([...proof, roots[0]!], older, newer)).toBe(false);
    for (let i = 0; i < proof.length; i++) {
      expect(await verifyConsistency(proof.with(i, flipped(proof[i]!)), older, newer)).toBe(false);
      expect(await verifyConsistency(proof.toSpliced(i, 1), older, newer)).toBe(false);
    }
  });

  it('every tree extends the empty one, and none shrinks', async () => {
    const empty = { size: 0, root: roots[0]! };
    const eight = { size: 8, root: roots[8]! };
    expect(await verifyConsistency([], empty, eight)).toBe(true);
    expect(await verifyConsistency([], { size: 0, root: roots[1]! }, eight)).toBe(false);
    expect(await verifyConsistency([], eight, empty)).toBe(false);
  });
});
