import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tilePath } from 'crank-verify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signCheckpoint } from '#src/engines/audit/checkpoint.ts';
import type { LeafSource } from '#src/engines/audit/leaf-source.ts';
import { LogForked } from '#src/engines/audit/log-fork.ts';
import { emptyFrontier, extend, rootOf } from '#src/engines/audit/merkle.ts';
import { consistencyProof, inclusionProof } from '#src/engines/audit/proof.ts';
import { makeProof } from '#src/engines/audit/receipt-proof.ts';
import { openTileFiles } from '#src/engines/audit/tile-files.ts';
import { openTiles } from '#src/engines/audit/tiles.ts';
import { bytes, vectors } from '../../../verify/test/vectors.ts';
import { numberedEntry, signer, sourceOf } from './samples.ts';

const root = mkdtempSync(join(tmpdir(), 'crank-tiles-'));
afterAll(() => rmSync(root, { recursive: true }));
let count = 0;
let folder: string;
beforeEach(() => {
  folder = join(root, String(count++));
});

const large = vectors<{
  size: number;
  root: string;
  count: number;
  tiles: Record<string, string>;
  inclusion: { index: number; path: string[] }[];
  consistency: { old: number; new: number; path: string[] }[];
}>('tlog/tiles-70000.json');
const all = Array.from({ length: large.size }, (_, i) => numberedEntry(i));
const makeHead = (size: number): string => signCheckpoint(signer, extend(emptyFrontier, all.slice(0, size)));
const largeHead = makeHead(large.size);
const headOf = (size: number): string => (size === large.size ? largeHead : makeHead(size));

/** A source that counts what is read of it. */
const counting = (): LeafSource & { reads: number } => {
  const source = {
    reads: 0,
    read: async (from: number, to: number) => {
      source.reads += to - from;
      return all.slice(from, to);
    },
  };
  return source;
};

/** Every file below a folder with the SHA-256 of its bytes. */
const snapshot = (at: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(at, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(at.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );

describe('a log of 70,000 entries', () => {
  const at = join(root, 'large');
  let files: Record<string, string>;
  beforeAll(async () => {
    const tiles = await openTiles(await openTileFiles(at), sourceOf(all), undefined);
    await tiles.update(headOf(70_000));
    files = snapshot(at);
  });

  it('has the tiles that golang.org/x/mod/sumdb/tlog makes', () => {
    const hashes = Object.keys(files).filter((path) => path.startsWith('tile/') && !path.startsWith('tile/entries/'));
    expect(hashes).toHaveLength(large.count);
    expect(files).toMatchObject(large.tiles);
    const bundles = Object.keys(files).filter((path) => path.startsWith('tile/entries/'));
    expect(bundles).toHaveLength(274);
    expect(files).toHaveProperty(['tile/entries/273.p/112']);
    expect(readFileSync(join(at, 'tile/entries/273.p/112'))).toHaveLength(112 * 34);
    expect(Object.keys(files)).toHaveLength(large.count + 274 + 1);
  });

  it('proves what it proves there', async () => {
    const source = counting();
    const tiles = await openTiles(await openTileFiles(at), source, headOf(70_000));
    source.reads = 0;
    for (const { index, path } of large.inclusion) {
      expect(await inclusionProof(tiles.read, index, 70_000)).toEqual(path.map((hash) => Buffer.from(bytes(hash))));
    }
    for (const { old, path } of large.consistency) {
      expect(await consistencyProof(tiles.read, old, 70_000)).toEqual(path.map((hash) => Buffer.from(bytes(hash))));
    }
    expect(source.reads).toBeLessThan(2000); // the tiles are used, not the entries
  });

  it('opens in time that does not depend on its size', async () => {
    const source = counting();
    await openTiles(await openTileFiles(at), source, headOf(70_000));
    expect(source.reads).toBeLessThanOrEqual(3 * 256);
    expect(snapshot(at)).toEqual(files);
  });

  it.each([
    ['a torn partial tile', 'tile/1/001.p/17', 100],
    ['an empty partial tile', 'tile/0/273.p/112', 0],
    ['a torn bundle', 'tile/entries/273.p/112', 33],
    ['an empty checkpoint', 'checkpoint', 0],
    ['a torn full tile at the edge', 'tile/0/272', 8000],
  ])('mends %s when it opens', async (_, path, size) => {
    truncateSync(join(at, path), size);
    // Without its partial, level 1 is derived from the full tiles below.
    if (path === 'tile/0/272') rmSync(join(at, 'tile/1/001.p/17'));
    await openTiles(await openTileFiles(at), sourceOf(all), headOf(70_000));
    expect(snapshot(at)).toEqual(files);
  });

  it('mends a partial of the right length and the wrong content', async () => {
    writeFileSync(join(at, 'tile/1/001.p/17'), Buffer.alloc(17 * 32));
    const source = counting();
    await openTiles(await openTileFiles(at), source, headOf(70_000));
    expect(source.reads).toBeLessThan(2000);
    expect(snapshot(at)).toEqual(files);
  });

  it('proves rightly from damaged tiles, and mends them on demand', async () => {
    const tiles = await openTiles(await openTileFiles(at), sourceOf(all), headOf(70_000));
    writeFileSync(join(at, 'tile/0/003'), Buffer.alloc(8192));
    const sound = await makeProof(tiles, 3 * 256, headOf(70_000));
    await tiles.rebuild(headOf(70_000));
    expect(snapshot(at)).toEqual(files);
    expect(await makeProof(tiles, 3 * 256, headOf(70_000))).toBe(sound);
  });
});

describe('growing', () => {
  const sizes = [1, 2, 255, 256, 257, 511, 512, 1000, 4096, 4097, 9000];

  it('in steps gives the files that one step gives, partials replaced', async () => {
    const tiles = await openTiles(await openTileFiles(folder), sourceOf(all), undefined);
    for (const size of sizes) {
      await tiles.update(headOf(size));
      expect(tiles.size).toBe(size);
      const once = `${folder}-${size}`;
      await (await openTiles(await openTileFiles(once), sourceOf(all), undefined)).update(headOf(size));
      expect(snapshot(folder)).toEqual(snapshot(once));
    }
  });

  it('goes on after any restart', async () => {
    for (const size of sizes) {
      const tiles = await openTiles(await openTileFiles(folder), sourceOf(all), headOf(size - 1));
      await tiles.update(headOf(size));
    }
    const once = `${folder}-once`;
    await (await openTiles(await openTileFiles(once), sourceOf(all), headOf(9000))).update(headOf(9000));
    expect(snapshot(folder)).toEqual(snapshot(once));
  });

  it('does what comes meanwhile together', async () => {
    const tiles = await openTiles(await openTileFiles(folder), sourceOf(all), undefined);
    await Promise.all([300, 700, 600, 500].map((size) => tiles.update(headOf(size))));
    expect(tiles.size).toBe(700);
    await tiles.update(headOf(10));
    expect(tiles.size).toBe(700);
  });

  it('serves a narrower tile from a wider one', async () => {
    const tiles = await openTiles(await openTileFiles(folder), sourceOf(all), undefined);
    await tiles.update(headOf(300));
    const wide = readFileSync(join(folder, 'tile/0/001.p/44'));
    expect(await tiles.files.read({ level: 0, index: 1, width: 20 })).toEqual(wide.subarray(0, 640));
    expect(await tiles.files.read({ level: 'entries', index: 0, width: 3 })).toHaveLength(3 * 34);
    expect(await tiles.files.read({ level: 0, index: 1, width: 45 })).toBeUndefined();
    expect(await tiles.files.read({ level: 0, index: 2, width: 1 })).toBeUndefined();
  });

  it('goes on where a crash left it at any file', async () => {
    const reference = `${folder}-reference`;
    await (await openTiles(await openTileFiles(reference), sourceOf(all), undefined)).update(headOf(1300));
    const expected = snapshot(reference);
    const written = Object.keys(expected).filter((path) => !path.includes('.p/') && path !== 'checkpoint');
    for (let kept = 0; kept <= written.length; kept += 3) {
      const at = `${folder}-${kept}`;
      await (await openTiles(await openTileFiles(at), sourceOf(all), undefined)).update(headOf(700));
      // Files are written bundles first, then level by level; the crash comes after `kept` of them.
      const order = written.toSorted(
        (a, b) => Number(b.startsWith('tile/entries')) - Number(a.startsWith('tile/entries')),
      );
      for (const path of order.slice(0, kept)) writeFileSync(join(at, path), readFileSync(join(reference, path)));
      writeFileSync(join(at, 'tmp', 'half'), 'x');
      await openTiles(await openTileFiles(at), sourceOf(all), headOf(1300));
      for (const [path, hash] of Object.entries(expected)) expect(snapshot(at)).toHaveProperty([path], hash);
      expect(readdirSync(join(at, 'tmp'))).toEqual([]);
    }
  });
});

describe('what must not be', () => {
  it('a checkpoint that the entries do not have: nothing is published', async () => {
    const tiles = await openTiles(await openTileFiles(folder), sourceOf(all), undefined);
    await tiles.update(headOf(300));
    const before = readFileSync(join(folder, 'checkpoint'));
    const wrong = signCheckpoint(signer, extend(emptyFrontier, all.slice(1, 401)));
    await expect(tiles.update(wrong)).rejects.toThrow(/do not have the root/);
    expect(readFileSync(join(folder, 'checkpoint'))).toEqual(before);
    await tiles.update(headOf(500));
    expect(tiles.size).toBe(500);
  });

  it('entries that are missing', async () => {
    const tiles = await openTiles(await openTileFiles(folder), sourceOf(all.slice(0, 400)), undefined);
    await expect(tiles.update(headOf(500))).rejects.toThrow(/400 of 500/);
  });

  it('a database that is behind what was published', async () => {
    await (await openTiles(await openTileFiles(folder), sourceOf(all), undefined)).update(headOf(500));
    await expect(openTiles(await openTileFiles(folder), sourceOf(all), headOf(400))).rejects.toThrow(LogForked);
    await expect(openTiles(await openTileFiles(folder), sourceOf(all), undefined)).rejects.toThrow(LogForked);
  });

  it('a database that is behind, where the checkpoint file is lost too', async () => {
    await (await openTiles(await openTileFiles(folder), sourceOf(all), undefined)).update(headOf(800));
    rmSync(join(folder, 'checkpoint'));
    for (const size of [799, 768, 700, 300]) {
      await expect(openTiles(await openTileFiles(folder), sourceOf(all), headOf(size))).rejects.toThrow(LogForked);
    }
    expect((await openTiles(await openTileFiles(folder), sourceOf(all), headOf(800))).size).toBe(800);
  });

  it('a database with another history', async () => {
    await (await openTiles(await openTileFiles(folder), sourceOf(all), undefined)).update(headOf(500));
    const other = all.slice(0, 600).with(100, numberedEntry(1_000_000));
    const head = signCheckpoint(signer, extend(emptyFrontier, other));
    await expect(openTiles(await openTileFiles(folder), sourceOf(other), head)).rejects.toThrow(LogForked);
    const same = signCheckpoint(signer, extend(emptyFrontier, other.slice(0, 500)));
    await expect(openTiles(await openTileFiles(folder), sourceOf(other.slice(0, 500)), same)).rejects.toThrow(
      LogForked,
    );
  });
});

it('the root of 70,000 is the one that others compute', () => {
  expect(Buffer.from(rootOf(extend(emptyFrontier, all))).toString('base64')).toBe(large.root);
  expect(tilePath({ level: 0, index: 273, width: 112 })).toBe('tile/0/273.p/112');
});
