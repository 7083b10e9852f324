import { expect, it } from 'vitest';
import {
  decodeBase64,
  encodeBase64,
  formatNote,
  parseCheckpoint,
  parseNote,
  parseProof,
  parseTilePath,
  parseVkey,
  TILE_WIDTH,
  tilePath,
  verifyCheckpoint,
  verifyNote,
} from '../src/index.ts';
import { vectors } from './vectors.ts';

const c2sp = vectors<{
  checkpoint: { note: string; origin: string; size: number; root: string };
  cosigned: { note: string; timestamp: number };
  proof: { head: string; index: number; hashes: number };
  addCheckpoint: { old: number; consistency: string[]; signatures: string[] };
  signedNote: { vkey: string; note: string };
  tiles: {
    path: { index: number; text: string };
    of70000: { level: number; full: number; partial: number }[];
  };
}>('c2sp/examples.json');

// Every example that the texts print. Most are signed by keys that they do not print.

it('signed-note: the example verifies', async () => {
  const { vkey, note } = c2sp.signedNote;
  expect((await verifyNote(note, [await parseVkey(vkey)])).text).toBe('This is an example message.\n');
});

it('tlog-checkpoint: the example is read, comes back, and is signed by nobody whom we trust', async () => {
  const { note, origin, size, root } = c2sp.checkpoint;
  const parsed = parseNote(note);
  const checkpoint = parseCheckpoint(parsed.text);
  expect([checkpoint.origin, checkpoint.size, encodeBase64(checkpoint.root)]).toEqual([origin, size, root]);
  expect(formatNote(parsed)).toBe(note);
  await expect(verifyCheckpoint(note, [c2sp.signedNote.vkey])).rejects.toThrow(
    /example\.com\/behind-the-sofa\+033de0ae/,
  );
});

it('tlog-cosignature: the example carries its time in front of 64 bytes of signature', () => {
  const { signatures } = parseNote(c2sp.cosigned.note);
  expect(signatures.map(({ name }) => name)).toEqual(['example.com/behind-the-sofa', 'witness.example.com/w1']);
  const cosignature = signatures[1]!.signature;
  expect(cosignature).toHaveLength(8 + 64);
  expect(Number(Buffer.from(cosignature).readBigUInt64BE())).toBe(c2sp.cosigned.timestamp);
});

it('tlog-witness: the hashes and cosignature lines of the example are read', () => {
  const { consistency, signatures } = c2sp.addCheckpoint;
  for (const hash of consistency) expect(decodeBase64(hash)).toHaveLength(32);
  const note = `${parseNote(c2sp.checkpoint.note).text}\n${signatures.map((line) => `${line}\n`).join('')}`;
  expect(parseNote(note).signatures.map(({ name, signature }) => [name, signature.length])).toEqual([
    ['witness.example/w1', 72],
    ['witness.example/w1', 72],
    ['witness.example/w2', 72],
  ]);
});

it('tlog-proof: the example is read up to where the text shortens its signatures', () => {
  const proof = parseProof(c2sp.proof.head);
  expect([proof.index, proof.hashes.length]).toEqual([c2sp.proof.index, c2sp.proof.hashes]);
  expect(proof.extra).toBeDefined();
  expect(proof.checkpoint.startsWith('example.com/fancylog\n109482\n')).toBe(true);
});

it('tlog-tiles: the path and the tiles of a tree of 70,000', () => {
  const { path, of70000 } = c2sp.tiles;
  const text = `tile/0/${path.text}`;
  expect(tilePath({ level: 0, index: path.index, width: TILE_WIDTH })).toBe(text);
  expect(parseTilePath(text)).toMatchObject({ index: path.index });
  for (const { level, full, partial } of of70000) {
    const hashes = Math.floor(70_000 / TILE_WIDTH ** level);
    expect([Math.floor(hashes / TILE_WIDTH), hashes % TILE_WIDTH]).toEqual([full, partial]);
  }
});
