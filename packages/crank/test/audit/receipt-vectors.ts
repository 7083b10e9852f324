import { formatProof, IN_TOTO, parseProof, type ReceiptPart } from 'crank-verify';
import { canonicalJson, type JsonObject } from '#src/core/canonical-json.ts';
import { sha256 } from '#src/core/digest.ts';
import { signCheckpoint } from '#src/engines/audit/checkpoint.ts';
import { signEnvelope } from '#src/engines/audit/dsse.ts';
import type { Signer } from '#src/engines/audit/keys.ts';
import { emptyFrontier, extend } from '#src/engines/audit/merkle.ts';
import { receiptFile } from '#src/engines/audit/receipt-file.ts';
import { makeProof } from '#src/engines/audit/receipt-proof.ts';
import { receiptStatement, signReceipt } from '#src/engines/audit/receipt-statement.ts';
import { sourceReader } from '#src/engines/audit/tile-reader.ts';
import {
  actDraft,
  call,
  callDraft,
  egressDraft,
  input,
  numberedEntry,
  output,
  searchedDraft,
  signer,
  sourceOf,
  stranger,
} from './samples.ts';

const SIZE = 300;
const CALL_INDEX = 211;
const ACT_INDEX = 299;

interface Tampered {
  name: string;
  part: ReceiptPart;
  file: string;
}

/** A log of 300 entries with these envelopes in it, and its files. */
export const receiptsOf = async (placed: ReadonlyMap<number, Uint8Array>, by: Signer = signer) => {
  const entries = Array.from({ length: SIZE }, (_, i) => {
    const envelope = placed.get(i);
    return envelope === undefined ? numberedEntry(i) : sha256(envelope);
  });
  const source = sourceOf(entries);
  const checkpoint = signCheckpoint(by, extend(emptyFrontier, entries));
  return {
    entries,
    checkpoint,
    file: async (index: number, openings: { subject?: string; input?: string } | null) =>
      receiptFile(
        placed.get(index)!,
        await makeProof({ read: sourceReader(source), source }, index, checkpoint),
        openings,
      ).toString(),
  };
};

const replace = (text: string, from: string | RegExp, to: string | ((found: string) => string)): string => {
  const changed = text.replace(from, to as string);
  if (changed === text) throw new Error(`nothing to replace by ${to}`);
  return changed;
};

/** A properly signed and logged receipt around any statement. */
const around = async (statement: string): Promise<string> => {
  const log = await receiptsOf(new Map([[CALL_INDEX, signEnvelope(signer, statement)]]));
  return log.file(CALL_INDEX, callDraft.openings);
};

/** The content of vectors/receipt/receipts.json. Deterministic: Ed25519 is. */
export const receiptVectors = async () => {
  const { envelope } = signReceipt(signer, receiptStatement(callDraft));
  const placed = new Map([
    [CALL_INDEX, envelope],
    [ACT_INDEX, signReceipt(signer, receiptStatement(actDraft)).envelope],
  ]);
  const log = await receiptsOf(placed);
  const good = await log.file(CALL_INDEX, callDraft.openings);
  const json = JSON.parse(good) as { envelope: JsonObject; openings: JsonObject; proof: string };
  const file = (changes: Partial<typeof json>): string => `${canonicalJson({ ...json, ...changes })}\n`;
  const proof = parseProof(json.proof);
  const statement = JSON.parse(receiptStatement(callDraft)) as JsonObject;
  const predicate = statement['predicate'] as JsonObject;
  const signature = (json.envelope['signatures'] as readonly JsonObject[])[0]!;
  const otherLog = await receiptsOf(placed, stranger);

  const tampered: Tampered[] = [
    { name: 'no newline at the end', part: 'file', file: good.slice(0, -1) },
    { name: 'white space', part: 'file', file: replace(good, ',"openings"', ', "openings"') },
    {
      name: 'another order of members',
      part: 'file',
      file: `${JSON.stringify({ proof: json.proof, envelope: json.envelope, openings: json.openings })}\n`,
    },
    { name: 'a duplicate member', part: 'file', file: replace(good, '"openings":', '"openings":{},"openings":') },
    { name: 'an unknown member', part: 'file', file: `${canonicalJson({ ...json, vkey: signer.vkey })}\n` },
    {
      name: 'a missing member',
      part: 'file',
      file: `${canonicalJson({ envelope: json.envelope, proof: json.proof })}\n`,
    },
    { name: 'another escape of the same text', part: 'file', file: replace(good, 'vnd.in-toto', 'vnd.in\\u002dtoto') },
    { name: 'a byte order mark', part: 'file', file: `\uFEFF${good}` },
    {
      name: 'hidden bits in base64',
      part: 'envelope',
      file: file({
        envelope: {
          ...json.envelope,
          signatures: [
            { ...signature, sig: replace(String(signature['sig']), /.==$/, (c) => `${nextDigit(c[0]!)}==`) },
          ],
        },
      }),
    },
    {
      name: 'a member beside the signature',
      part: 'envelope',
      file: file({ envelope: { ...json.envelope, signatures: [{ ...signature, cert: '' }] } }),
    },
    {
      name: 'two signatures',
      part: 'envelope',
      file: file({ envelope: { ...json.envelope, signatures: [signature, signature] } }),
    },
    {
      name: 'another payload type',
      part: 'envelope',
      file: file({ envelope: { ...json.envelope, payloadType: 'application/json' } }),
    },
    {
      name: 'a changed statement',
      part: 'signature',
      file: file({
        envelope: {
          ...json.envelope,
          payload: base64(replace(receiptStatement(callDraft), '"total":"0.0000103"', '"total":"0.0000001"')),
        },
      }),
    },
    {
      name: 'signed by another key',
      part: 'signature',
      file: await (
        await receiptsOf(new Map([[CALL_INDEX, signReceipt(stranger, receiptStatement(callDraft)).envelope]]))
      ).file(CALL_INDEX, callDraft.openings),
    },
    { name: 'signed by another key under the name of the trusted one', part: 'signature', file: await forged() },
    {
      name: 'a statement that is not canonical',
      part: 'statement',
      file: await around(JSON.stringify(statement, null, 1)),
    },
    {
      name: 'a statement of another type',
      part: 'statement',
      file: await around(canonicalJson({ ...statement, _type: 'https://in-toto.io/Statement/v0.1' })),
    },
    {
      name: 'an unknown predicate type',
      part: 'statement',
      file: await around(canonicalJson({ ...statement, predicateType: 'https://slsa.dev/provenance/v1' })),
    },
    {
      name: 'an unknown member in the statement',
      part: 'statement',
      file: await around(canonicalJson({ ...statement, note: '' })),
    },
    {
      name: 'a predicate without salt digests',
      part: 'statement',
      file: await around(canonicalJson({ ...statement, predicate: { ...predicate, salts: undefined } })),
    },
    {
      name: 'a charge that does not add up',
      part: 'statement',
      file: await around(
        canonicalJson({ ...statement, predicate: { ...predicate, charge: { ...call.charge, total: '0.0000104' } } }),
      ),
    },
    {
      name: 'a charge with an amount that is no number',
      part: 'statement',
      file: await around(
        canonicalJson({
          ...statement,
          predicate: { ...predicate, charge: { ...call.charge, lines: [{ amount: '1e-5', kind: 'call' }] } },
        }),
      ),
    },
    {
      name: 'a subject that is another call',
      part: 'statement',
      file: await around(canonicalJson({ ...statement, predicate: { ...predicate, call: 'call_other' } })),
    },
    {
      name: 'extra data in the proof',
      part: 'proof',
      file: file({ proof: formatProof({ ...proof, extra: Buffer.from('hello') }) }),
    },
    {
      name: 'an index with a leading zero',
      part: 'proof',
      file: file({ proof: replace(json.proof, 'index ', 'index 0') }),
    },
    {
      name: 'a short hash in the proof',
      part: 'proof',
      file: file({ proof: formatProof({ ...proof, hashes: [proof.hashes[0]!.slice(1)] }) }),
    },
    {
      name: 'a changed tree size',
      part: 'checkpoint',
      file: file({ proof: replace(json.proof, `\n${SIZE}\n`, `\n${SIZE + 1}\n`) }),
    },
    {
      name: 'an extension line',
      part: 'checkpoint',
      file: file({ proof: replace(json.proof, '\n\n\u2014', '\nextension\n\n\u2014') }),
    },
    {
      name: 'no signature on the checkpoint',
      part: 'checkpoint',
      file: file({ proof: replace(json.proof, /\u2014.*\n$/, '') }),
    },
    {
      name: 'the head of another log',
      part: 'checkpoint',
      file: file({ proof: formatProof({ ...proof, checkpoint: otherLog.checkpoint }) }),
    },
    {
      name: 'one more signature that cannot be checked',
      part: 'checkpoint',
      file: file({
        proof: json.proof + replace(json.proof.slice(json.proof.indexOf('\u2014')), signer.name, stranger.name),
      }),
    },
    {
      name: 'another index',
      part: 'inclusion',
      file: file({ proof: formatProof({ ...proof, index: CALL_INDEX + 1 }) }),
    },
    {
      name: 'an index beyond the tree',
      part: 'inclusion',
      file: file({ proof: formatProof({ ...proof, index: SIZE }) }),
    },
    {
      name: 'a shorter path',
      part: 'inclusion',
      file: file({ proof: formatProof({ ...proof, hashes: proof.hashes.slice(0, -1) }) }),
    },
    {
      name: 'a longer path',
      part: 'inclusion',
      file: file({ proof: formatProof({ ...proof, hashes: [...proof.hashes, proof.hashes[0]!] }) }),
    },
    {
      name: 'signed but never logged',
      part: 'inclusion',
      file: file({
        envelope: JSON.parse(
          Buffer.from(
            signReceipt(
              signer,
              receiptStatement({ ...callDraft, predicate: { ...callDraft.predicate, node: 'elsewhere' } }),
            ).envelope,
          ).toString(),
        ) as JsonObject,
      }),
    },
    {
      name: 'another salt',
      part: 'openings',
      file: file({ openings: { ...json.openings, subject: json.openings['input']! } }),
    },
    {
      name: 'a short salt',
      part: 'openings',
      file: file({ openings: { ...json.openings, subject: base64('short') } }),
    },
    {
      name: 'an unknown opening',
      part: 'openings',
      file: file({ openings: { ...json.openings, answer: base64('short') } }),
    },
  ];
  return {
    about: `Receipt files. Each of \`good\` verifies against \`vkey\`; each of \`tampered\` must be refused, with the part named, also where \`strangerVkey\` is not trusted. Salts and keys are for tests only. Payload type: ${IN_TOTO}.`,
    vkey: signer.vkey,
    strangerVkey: stranger.vkey,
    good: [
      { name: 'a call', output, input, file: good },
      { name: 'a call without its salts', file: await log.file(CALL_INDEX, null) },
      {
        name: 'a call with the salt of the output only',
        output,
        file: await log.file(CALL_INDEX, { subject: callDraft.openings.subject }),
      },
      { name: 'a call that had a network', output, input, file: await other(egressDraft) },
      { name: 'a call that was searched for personal data', output, input, file: await other(searchedDraft) },
      { name: 'an administrative act', file: await log.file(ACT_INDEX, actDraft.openings) },
    ],
    tampered,
  };
};

const other = async (draft: typeof egressDraft | typeof searchedDraft): Promise<string> => {
  const { envelope } = signReceipt(signer, receiptStatement(draft));
  return (await receiptsOf(new Map([[CALL_INDEX, envelope]]))).file(CALL_INDEX, draft.openings);
};

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** The digit with the lowest of its unused bits set. */
const nextDigit = (digit: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet[alphabet.indexOf(digit) + 1]!;
};

/** Somebody else's key that claims the trusted key's name and id, in the envelope and on the checkpoint. */
const forged = async (): Promise<string> => {
  const thief: Signer = { ...signer, sign: stranger.sign };
  const log = await receiptsOf(
    new Map([[CALL_INDEX, signReceipt(thief, receiptStatement(callDraft)).envelope]]),
    thief,
  );
  return log.file(CALL_INDEX, callDraft.openings);
};
