import { describe, expect, it } from 'vitest';
import { type ReceiptPart, VkeyError, verifyReceipt } from '../src/index.ts';
import { vectors } from './vectors.ts';

const { vkey, strangerVkey, good, tampered } = vectors<{
  vkey: string;
  strangerVkey: string;
  good: { name: string; file: string; output?: string; input?: string }[];
  tampered: { name: string; part: ReceiptPart; file: string }[];
}>('receipt/receipts.json');
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const call = good[0]!;

describe('receipts that hold', () => {
  it.each(good)('$name', async ({ file, output, input }) => {
    const verified = await verifyReceipt(utf8(file), {
      vkeys: [strangerVkey, vkey],
      ...(output === undefined ? {} : { output: utf8(output) }),
      ...(input === undefined ? {} : { input: utf8(input) }),
    });
    expect(verified.vkey).toBe(vkey);
    expect(verified.opened.subject === 'bytes').toBe(output !== undefined);
    expect(await verifyReceipt(file, { vkeys: [vkey] })).toMatchObject({ id: verified.id, index: verified.index });
  });

  it('says what it found', async () => {
    const verified = await verifyReceipt(call.file, { vkeys: [vkey] });
    expect(verified).toMatchObject({
      id: 'call_01jd8z4m3cq5v7w9x1y2z3a4b5',
      kind: 'call',
      origin: 'vectors.crank.example/log',
      index: 211,
      checkpoint: { size: 300 },
      opened: { subject: 'salt', input: 'salt' },
    });
    expect(verified.predicate['outcome']).toBe('ok');
  });

  it('binds the bytes of input and output', async () => {
    const check = (bytes: { output?: Uint8Array; input?: Uint8Array }, file = call.file) =>
      verifyReceipt(file, { vkeys: [vkey], ...bytes });
    await expect(check({ output: utf8('[["a",4]]') })).rejects.toMatchObject({ part: 'openings' });
    await expect(check({ input: utf8('{}') })).rejects.toMatchObject({ part: 'openings' });
    await expect(check({ output: utf8(call.output!) }, good[1]!.file)).rejects.toThrow(/no salt/);
  });
});

describe('receipts that do not hold', () => {
  it.each(tampered)('$part: $name', async ({ part, file }) => {
    await expect(verifyReceipt(utf8(file), { vkeys: [vkey] })).rejects.toMatchObject({
      name: 'VerificationError',
      part,
    });
  });

  it('a receipt of an untrusted node', async () => {
    await expect(verifyReceipt(call.file, { vkeys: [strangerVkey] })).rejects.toMatchObject({ part: 'signature' });
  });

  it('a statement of one node under the head of another, both trusted', async () => {
    const { file } = tampered.find(({ name }) => name === 'the head of another log')!;
    await expect(verifyReceipt(file, { vkeys: [vkey, strangerVkey] })).rejects.toThrow(/is of the log/);
  });

  it('a key is needed, and a real one', async () => {
    await expect(verifyReceipt(call.file, { vkeys: [] })).rejects.toThrow(VkeyError);
    await expect(verifyReceipt(call.file, { vkeys: ['x'] })).rejects.toThrow(VkeyError);
  });

  it('bytes that are no text, and far too many', async () => {
    const bytes = utf8(call.file);
    await expect(verifyReceipt(bytes.with(100, 0xff), { vkeys: [vkey] })).rejects.toMatchObject({ part: 'file' });
    await expect(verifyReceipt(' '.repeat(2 ** 20 + 1), { vkeys: [vkey] })).rejects.toThrow(/larger/);
    await expect(verifyReceipt('', { vkeys: [vkey] })).rejects.toMatchObject({ part: 'file' });
  });

  it('a signature that cannot be checked passes only where the caller says so', async () => {
    const { file } = tampered.find(({ name }) => name === 'one more signature that cannot be checked')!;
    await verifyReceipt(file, { vkeys: [vkey], unknownSignatures: 'ignore' });
  });
});
