import { createHash } from 'node:crypto';
import { type TileId, tilePath } from 'crank-verify';
import { describe, expect, it } from 'vitest';
import { signCheckpoint } from '#src/engines/audit/checkpoint.ts';
import type { LogReader } from '#src/engines/audit/log-reader.ts';
import { emptyFrontier, extend } from '#src/engines/audit/merkle.ts';
import { emptyEdge, growEdge, partialTiles } from '#src/engines/audit/tile-edge.ts';
import { verifyLog } from '#src/engines/audit/verify-log.ts';
import { signer, sourceOf } from './samples.ts';

const vkeys = [signer.vkey];
const entriesOf = (count: number, seed = ''): Buffer[] =>
  Array.from({ length: count }, (_, at) => createHash('sha256').update(`${seed}${at}`).digest());
const headOf = (entries: readonly Uint8Array[]): string => signCheckpoint(signer, extend(emptyFrontier, entries));

/** What a log publishes, by path. */
const publish = (entries: readonly Uint8Array[]): Map<string, Buffer> => {
  const { edge, full } = growEdge(emptyEdge, entries);
  const tiles = [...full, ...partialTiles(edge)].map(({ id, bytes }) => [tilePath(id), Buffer.from(bytes)] as const);
  return new Map([...tiles, ['checkpoint', Buffer.from(headOf(entries))]]);
};
const reader = (files: ReadonlyMap<string, Buffer>): LogReader => ({
  checkpoint: async () => files.get('checkpoint')!.toString(),
  tile: async (id: TileId) => files.get(tilePath(id)),
});

const flip = (bytes: Buffer, bit: number): Buffer => {
  const changed = Buffer.from(bytes);
  changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
};

/** Files that may be named for a change in one: a bundle that is another shows in the tile over it, and in the root. */
const named = (path: string, from: 'database' | 'outside'): RegExp =>
  from === 'outside' && path.startsWith('tile/entries') ? /^(tile\/|checkpoint|entry)/ : new RegExp(`^${path}$`);

describe('a changed bit of a published log', () => {
  it.each(['database', 'outside'] as const)('is found and named, every one of a small log (%s)', async (from) => {
    const entries = entriesOf(5);
    const committed = from === 'database' ? { entries: sourceOf(entries), checkpoint: headOf(entries) } : undefined;
    const files = publish(entries);
    const check = (changed: ReadonlyMap<string, Buffer>) =>
      verifyLog({ vkeys, published: reader(changed), ...(committed && { committed }) });
    expect(await check(files)).toMatchObject({ ok: true, size: 5, tiles: 2 });
    let bits = 0;
    for (const [path, bytes] of files) {
      for (let bit = 0; bit < bytes.length * 8; bit++, bits++) {
        const report = await check(new Map([...files, [path, flip(bytes, bit)]]));
        const where = report.ok ? `bit ${bit} of ${path} went unnoticed` : report.where;
        expect(where).toMatch(named(path, from));
      }
    }
    expect(bits).toBeGreaterThan(3_000);
  });

  it('is found in a sample of a big one, wherever it is', async () => {
    const entries = entriesOf(70_000);
    const files = publish(entries);
    expect(files.size).toBe(273 * 2 + 2 + 1 + 1 + 1 + 1);
    const paths = [...files.keys()];
    for (let n = 0; n < 8; n++) {
      const path = n === 0 ? 'tile/2/000.p/1' : paths[Math.floor((n * paths.length) / 8)]!;
      const bytes = files.get(path)!;
      const changed = new Map([...files, [path, flip(bytes, (n * 7919) % (bytes.length * 8))]]);
      const committed = { entries: sourceOf(entries), checkpoint: headOf(entries) };
      expect(await verifyLog({ vkeys, published: reader(changed), committed })).toMatchObject({
        ok: false,
        where: path,
      });
    }
  });

  it.each([
    ['its end was cut off', (honest: Buffer[]) => honest.slice(0, 600)],
    ['its end was replaced', (honest: Buffer[]) => [...honest.slice(0, 600), ...entriesOf(200, 'other')]],
    ['it is another history from the beginning', () => entriesOf(900, 'other')],
  ])('is no use to one who changes all of it consistently: %s', async (_what, forge) => {
    const honest = entriesOf(800);
    // Signed by the log's own key, and consistent in itself: only what was seen before tells.
    const files = publish(forge(honest));
    expect(await verifyLog({ vkeys, published: reader(files) })).toMatchObject({ ok: true });
    const report = await verifyLog({ vkeys, published: reader(files), seen: [headOf(honest.slice(0, 700))] });
    expect(report).toMatchObject({ ok: false, where: 'checkpoint 1 seen before' });
  });
});
