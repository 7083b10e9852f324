import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTilePath } from 'crank-verify';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '#src/core/digest.ts';
import { signCheckpoint } from '#src/engines/audit/checkpoint.ts';
import { folderLog, httpLog } from '#src/engines/audit/log-reader.ts';
import { emptyFrontier, extend } from '#src/engines/audit/merkle.ts';
import { openTileFiles } from '#src/engines/audit/tile-files.ts';
import { openTiles, type Tiles } from '#src/engines/audit/tiles.ts';
import { verifyLog } from '#src/engines/audit/verify-log.ts';
import { signer, sourceOf, stranger } from './samples.ts';

const root = mkdtempSync(join(tmpdir(), 'crank-verify-log-'));
afterAll(() => rmSync(root, { recursive: true }));
const SIZE = 1300;
const envelopes = Array.from({ length: SIZE + 50 }, (_, i) => Buffer.from(`envelope ${i}`));
const entries = envelopes.map((envelope) => sha256(envelope));
const headOf = (size: number, from = entries): string =>
  signCheckpoint(signer, extend(emptyFrontier, from.slice(0, size)));
const vkeys = [signer.vkey];
const source = sourceOf(entries);
const committed = { entries: source, checkpoint: headOf(SIZE + 50) };
const keep = async (from: number, to: number) => envelopes.slice(from, to);

let count = 0;
let folder: string;
let tiles: Tiles;
beforeEach(async () => {
  folder = join(root, String(count++));
  tiles = await openTiles(await openTileFiles(folder), source, undefined);
  await tiles.update(headOf(SIZE));
});

describe('a whole log', () => {
  it('holds: database, published files and what was seen before', async () => {
    const report = await verifyLog({
      vkeys,
      committed,
      envelopes: keep,
      published: folderLog(tiles.files),
      seen: [headOf(0), headOf(1), headOf(256), headOf(700), headOf(SIZE), headOf(SIZE)],
    });
    // 5 full bundles and tiles, one partial of each, one partial of level 1
    expect(report).toMatchObject({ ok: true, origin: signer.name, size: SIZE + 50, tiles: 13, envelopes: SIZE + 50 });
  });

  it('holds from the outside, over HTTP', async () => {
    const server = createServer(async (request, response) => {
      const id = parseTilePath(request.url!.slice('/log/'.length));
      const body = id === undefined ? await tiles.files.readCheckpoint() : await tiles.files.read(id);
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const published = httpLog(`http://127.0.0.1:${(server.address() as AddressInfo).port}/log`);
    expect(await verifyLog({ vkeys, published })).toMatchObject({ ok: true, size: SIZE, tiles: 13 });
    rmSync(join(folder, 'tile/0/002'));
    expect(await verifyLog({ vkeys, published })).toMatchObject({ ok: false, where: 'tile/0/002' });
    server.close();
  });

  it('with any file damaged does not hold, and the file is named', async () => {
    const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(paths).toHaveLength(14);
    for (const path of paths) {
      const sound = readFileSync(path);
      const damaged = Buffer.from(sound);
      damaged[sound.length >> 1]! ^= 1;
      writeFileSync(path, damaged);
      for (const inside of [{}, { committed }]) {
        const report = await verifyLog({ vkeys, ...inside, published: folderLog(tiles.files) });
        expect(report).toMatchObject({ ok: false });
        const named = 'where' in report && join(folder, report.where) === path;
        // From outside a wrong entry shows where its hash is published: in the tile, or in the root of a checkpoint.
        expect(named || (inside.committed === undefined && path.includes('entries')), path).toBe(true);
      }
      writeFileSync(path, sound);
    }
    expect(await verifyLog({ vkeys, committed, published: folderLog(tiles.files) })).toMatchObject({ ok: true });
  });

  it.each([
    ['an entry was changed', { entries: sourceOf(entries.with(600, sha256('x'))) }, {}, /root|differs/],
    ['an entry was lost', { entries: sourceOf(entries.slice(0, -1)) }, {}, /missing/],
    [
      'the checkpoint is another key’s',
      { checkpoint: signCheckpoint(stranger, extend(emptyFrontier, entries)) },
      {},
      /trust/,
    ],
    [
      'history is not the one seen before',
      {},
      { seen: [headOf(900, entries.with(5, sha256('x')))] },
      /history was changed/,
    ],
    ['the end was cut off', { checkpoint: headOf(1000) }, { seen: [headOf(1001)] }, /cut off/],
    [
      'an envelope was changed',
      {},
      { envelopes: async (from: number, to: number) => envelopes.with(77, Buffer.from('x')).slice(from, to) },
      /digest differs/,
    ],
  ])('does not hold where %s', async (_, change, more, message) => {
    const report = await verifyLog({ vkeys, committed: { ...committed, ...change }, ...more });
    expect(report).toMatchObject({ ok: false, message: expect.stringMatching(message) });
  });

  it('holds where envelopes were erased', async () => {
    const erased = async (from: number, to: number) => envelopes.slice(from, to).map((e, i) => (i % 2 ? e : undefined));
    expect(await verifyLog({ vkeys, committed, envelopes: erased })).toMatchObject({ ok: true, envelopes: 675 });
  });

  it('holds while it grows', async () => {
    const published = folderLog(tiles.files);
    const growing = {
      entries: source,
      checkpoint: async () => {
        await tiles.update(headOf(SIZE + 20));
        return headOf(SIZE + 30);
      },
    };
    expect(await verifyLog({ vkeys, committed: growing, published })).toMatchObject({
      ok: true,
      size: SIZE + 30,
      checkpoint: headOf(SIZE + 30),
      tiles: 13,
    });
  });

  it('of no entries holds', async () => {
    expect(await verifyLog({ vkeys, committed: { entries: sourceOf([]), checkpoint: headOf(0) } })).toMatchObject({
      ok: true,
      size: 0,
    });
  });
});
