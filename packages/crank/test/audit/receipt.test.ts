import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { receiptVerifier, VerificationError, verifyReceipt } from 'crank-verify';
import { describe, expect, it } from 'vitest';
import { commitTo, startCommitment } from '#src/engines/audit/commitment.ts';
import { receiptStatement, signReceipt } from '#src/engines/audit/receipt-statement.ts';
import { vectors } from '../../../verify/test/vectors.ts';
import { receiptsOf, receiptVectors } from './receipt-vectors.ts';
import { actDraft, call, callDraft, egressDraft, searchedDraft, signer } from './samples.ts';
import { trustVectors } from './trust-vectors.ts';

const vkeys = [signer.vkey];
const { good } = vectors<{ good: { file: string }[] }>('receipt/receipts.json');

/** Members that not every call's receipt has. */
const OPTIONAL = ['egress', 'classification', 'redacted'];

describe('a receipt', () => {
  it.each([
    ['receipts', receiptVectors],
    ['trust', trustVectors],
  ] as const)('is what the published vectors say, byte for byte (%s)', async (name, made) => {
    const path = new URL(`../../../../vectors/receipt/${name}.json`, import.meta.url);
    expect(`${JSON.stringify(await made(), null, 2)}\n`).toBe(readFileSync(path, 'utf8'));
  });

  it('opens to the bytes committed to, in one piece or in several', async () => {
    const whole = commitTo(Buffer.from('the answer'));
    const pieces = startCommitment();
    for (const piece of ['the in', 'put']) pieces.update(Buffer.from(piece));
    const input = pieces.finish();
    const draft = {
      ...callDraft,
      subject: whole.commitment,
      predicate: {
        ...call,
        input: input.commitment,
        salts: { input: input.saltDigest, subject: whole.saltDigest },
      },
      openings: { subject: whole.salt, input: input.salt },
    };
    const log = await receiptsOf(new Map([[7, signReceipt(signer, receiptStatement(draft)).envelope]]));
    const file = await log.file(7, draft.openings);
    const verified = await verifyReceipt(file, {
      vkeys,
      output: Buffer.from('the answer'),
      input: Buffer.from('the input'),
    });
    expect(verified.opened).toEqual({ subject: 'bytes', input: 'bytes' });
    expect(Buffer.from(verified.entry)).toEqual(Buffer.from(log.entries[7]!));
    // Two commitments to the same bytes have nothing in common.
    expect(commitTo(Buffer.from('the answer')).commitment).not.toBe(whole.commitment);
  });

  it('says nothing of a salt beyond its digest', () => {
    expect(receiptStatement(callDraft)).not.toContain(callDraft.openings.subject);
  });

  it('is not made from what has not its form', () => {
    expect(() => receiptStatement({ ...callDraft, subject: 'sha256:1' })).toThrow(TypeError);
    for (const node of ['\ud800', Number.NaN])
      expect(() => receiptStatement({ ...callDraft, predicate: { ...call, node: node as string } })).toThrow(TypeError);
  });

  it('has the same schemas in the vectors as in the package', () => {
    for (const kind of ['call', 'act']) {
      const own = new URL(`../../../verify/schemas/${kind}-v1.schema.json`, import.meta.url);
      expect(JSON.parse(readFileSync(own, 'utf8'))).toEqual(vectors(`receipt/${kind}-v1.schema.json`));
    }
  });

  it('has a predicate that its published schema describes', () => {
    for (const [name, draft] of [
      ['call', callDraft],
      ['call', egressDraft],
      ['call', searchedDraft],
      ['act', actDraft],
    ] as const) {
      const ajv = new Ajv2020({ strict: true, formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/ } });
      const valid = ajv.compile(vectors<object>(`receipt/${name}-v1.schema.json`));
      const { predicate } = JSON.parse(receiptStatement(draft)) as { predicate: object };
      expect(valid(predicate), JSON.stringify(valid.errors)).toBe(true);
      expect(valid({ ...predicate, more: 1 })).toBe(false);
      for (const key of Object.keys(predicate).filter((name) => !OPTIONAL.includes(name)))
        expect(valid({ ...predicate, [key]: undefined })).toBe(false);
    }
  });
});

describe('any bit of a receipt file that is changed', () => {
  const file = Buffer.from(good[0]!.file);
  const text = file.toString('latin1');
  const openings = text.indexOf(',"openings":');
  const proof = text.indexOf(',"proof":');
  const partsAt = (i: number): string[] => {
    if (i < openings) return ['file', 'envelope', 'signature'];
    return i < proof ? ['file', 'openings'] : ['file', 'proof', 'checkpoint', 'inclusion'];
  };

  it('is found, and the part is named: every bit, a space, a digit at every position', async () => {
    const others = (byte: number): number[] =>
      [...new Set([1, 2, 4, 8, 16, 32, 64, 128].map((bit) => byte ^ bit)), 0x20, 0x30].filter(
        (other) => other !== byte,
      );
    const verify = await receiptVerifier({ vkeys });
    const missed: string[] = [];
    const seen = new Set<string>();
    for (let i = 0; i < file.length; i++) {
      for (const other of others(file[i]!)) {
        const error = await verify(file.with(i, other)).then(
          () => undefined,
          (e: unknown) => e,
        );
        const part = error instanceof VerificationError ? error.part : `${String(error)}`;
        seen.add(part);
        if (!partsAt(i).includes(part)) missed.push(`byte ${i}: ${file[i]} to ${other} gave ${part}`);
      }
    }
    expect(missed).toEqual([]);
    expect([...seen].sort()).toEqual(['checkpoint', 'envelope', 'file', 'inclusion', 'openings', 'proof', 'signature']);
  });

  it('or removed, or put in, is found', async () => {
    for (let i = 0; i < file.length; i += 7) {
      for (const changed of [
        Buffer.concat([file.subarray(0, i), file.subarray(i + 1)]),
        Buffer.concat([file.subarray(0, i), file.subarray(i, i + 1), file.subarray(i)]),
        Buffer.concat([file.subarray(0, i), Buffer.from(' '), file.subarray(i)]),
      ]) {
        if (changed.equals(file)) continue;
        await expect(verifyReceipt(changed, { vkeys })).rejects.toThrow(VerificationError);
      }
    }
  });
});
