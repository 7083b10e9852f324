import { verifyExport } from 'crank-verify';
import { beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '#src/core/digest.ts';
import { tarEnd, tarFile } from '#src/core/tar.ts';
import { signCheckpoint } from '#src/engines/audit/checkpoint.ts';
import { encodeConsistency } from '#src/engines/audit/consistency-text.ts';
import { emptyFrontier, extend } from '#src/engines/audit/merkle.ts';
import { consistencyProof } from '#src/engines/audit/proof.ts';
import { receiptStatement, signReceipt } from '#src/engines/audit/receipt-statement.ts';
import { sourceReader } from '#src/engines/audit/tile-reader.ts';
import { receiptsOf } from './receipt-vectors.ts';
import { actDraft, call, callDraft, signer, sourceOf, stranger } from './samples.ts';

const SIZE = 300;
const SINCE = 150;
/** Entries of the log that are in the archive. */
const PLACES = [10, 160, 200, 298];

/** An archive as the platform writes it, by its files in order. */
type Archive = [name: string, content: string][];

const envelope = (i: number): Uint8Array => {
  const id = `call_${i}`;
  return signReceipt(signer, receiptStatement({ ...callDraft, id, predicate: { ...call, call: id } })).envelope;
};

const closing = (receipts: readonly string[], over: object = {}): Uint8Array => {
  const object = {
    first: 0,
    end: SIZE,
    size: SIZE,
    receipts: receipts.length,
    sha256: sha256(receipts.join('')).toString('hex'),
    ...over,
  };
  const predicate = { ...actDraft.predicate, kind: 'receipt.export', object };
  return signReceipt(signer, receiptStatement({ ...actDraft, predicate })).envelope;
};

const bytes = (archive: Archive): Buffer =>
  Buffer.concat([...archive.map(([name, content]) => tarFile(name, Buffer.from(content), 0)), tarEnd()]);

const verify = (archive: Archive | Buffer, since?: string) => {
  const whole = Buffer.isBuffer(archive) ? archive : bytes(archive);
  // In pieces that respect no boundary.
  const pieces = Array.from({ length: Math.ceil(whole.length / 777) }, (_, i) =>
    whole.subarray(i * 777, i * 777 + 777),
  );
  return verifyExport(pieces, { vkeys: [signer.vkey], ...(since !== undefined && { since }) });
};

describe('an export', () => {
  let good: Archive;
  let lines: string[];
  let since: string;
  let rewritten: string;
  /** Closes a log that has these receipts with the receipt of their export. */
  const close = async (receipts: readonly string[], over?: object): Promise<string> => {
    const placed = new Map([[SIZE - 1, closing(receipts, over)]]);
    return (await receiptsOf(placed)).file(SIZE - 1, null);
  };
  const changed = (name: string, content: string): Archive =>
    good.map((file) => (file[0] === name ? [name, content] : file));

  beforeAll(async () => {
    const log = await receiptsOf(new Map(PLACES.map((i) => [i, envelope(i)])));
    lines = await Promise.all(PLACES.map((i) => log.file(i, null)));
    const proof = await consistencyProof(sourceReader(sourceOf(log.entries)), SINCE, SIZE);
    const headAt = (entries: readonly Uint8Array[]): string => signCheckpoint(signer, extend(emptyFrontier, entries));
    since = headAt(log.entries.slice(0, SINCE));
    rewritten = headAt([...log.entries.slice(0, SINCE - 1), sha256('another entry')]);
    good = [
      ['README.txt', 'hello'],
      ['checkpoint', log.checkpoint],
      ['consistency', encodeConsistency(SINCE, proof, log.checkpoint)],
      ['receipts/000000.ndjson', lines.slice(0, 3).join('')],
      ['index/000000.ndjson', '{}\n'],
      ['receipts/000001.ndjson', lines.slice(3).join('')],
      ['export.receipt.json', await close(lines)],
    ];
  });

  it('holds, and says what it shows', async () => {
    const report = await verify(good, since);
    expect(report).toMatchObject({ receipts: 4, first: 0, end: SIZE, gapless: false, extends: SINCE });
    expect(await verify(good)).toMatchObject({ extends: undefined });
    const all = await close(lines.slice(1, 2), { first: 160, end: 161 });
    const one = changed('receipts/000000.ndjson', lines[1]!).filter(([name]) => name !== 'receipts/000001.ndjson');
    const gapless = one.map(([name, content]): [string, string] => [
      name,
      name === 'export.receipt.json' ? all : content,
    ]);
    expect(await verify(gapless)).toMatchObject({ receipts: 1, gapless: true });
  });

  it.each<[string, string, () => Archive | Promise<Archive>]>([
    ['a receipt taken out', 'export', () => changed('receipts/000000.ndjson', lines.slice(0, 2).join(''))],
    ['a receipt twice', 'export', () => changed('receipts/000001.ndjson', lines[2]! + lines[3]!)],
    ['another order', 'export', () => changed('receipts/000000.ndjson', [lines[1], lines[0], lines[2]].join(''))],
    [
      'a changed receipt',
      'signature',
      () => changed('receipts/000001.ndjson', lines[3]!.replace('"payload":"ey', '"payload":"fy')),
    ],
    ['half a line', 'file', () => changed('receipts/000001.ndjson', lines[3]!.slice(0, -1))],
    [
      'the receipt of another act',
      'export',
      async () => {
        const other = await receiptsOf(new Map([[SIZE - 1, signReceipt(signer, receiptStatement(actDraft)).envelope]]));
        return changed('export.receipt.json', await other.file(SIZE - 1, null));
      },
    ],
    [
      'receipts outside the period',
      'export',
      async () => changed('export.receipt.json', await close(lines, { first: 11 })),
    ],
    ['no receipt of the export', 'archive', () => good.slice(0, -1)],
    ['a file behind it', 'archive', () => [...good, ['receipts/000002.ndjson', lines[0]!]]],
    ['no head', 'archive', () => good.filter(([name]) => name !== 'checkpoint')],
    ['no proof of consistency', 'archive', () => good.filter(([name]) => name !== 'consistency')],
    [
      'a head of another log',
      'checkpoint',
      async () => {
        const other = await receiptsOf(new Map(), stranger);
        return changed('checkpoint', other.checkpoint);
      },
    ],
    ['a proof that is none', 'consistency', () => changed('consistency', 'old x\n\n')],
  ])('does not hold with %s: %s', async (_name, part, archive) => {
    await expect(verify(await archive(), since)).rejects.toMatchObject({ name: 'VerificationError', part });
  });

  it('does not extend a history that was rewritten, or of another size', async () => {
    await expect(verify(good, rewritten)).rejects.toThrow(/history was rewritten/);
    await expect(verify(good, good[1]![1])).rejects.toMatchObject({ part: 'consistency' });
  });

  it('is refused where the archive itself is damaged', async () => {
    const whole = bytes(good);
    for (const damaged of [
      whole.subarray(0, whole.length - 512),
      whole.subarray(0, 700),
      Buffer.concat([whole, Buffer.alloc(512)]),
      whole.with(0, 0x41),
      whole.with(156, 0x35),
      whole.with(520, 1),
    ])
      await expect(verify(Buffer.from(damaged))).rejects.toMatchObject({ part: 'archive' });
  });
});
