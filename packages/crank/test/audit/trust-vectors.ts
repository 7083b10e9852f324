import { acceptanceMessage, cosignatureMessage, cosignatureOf, formatNote, KEY_TYPES, parseNote } from 'crank-verify';
import { sha256 } from '#src/core/digest.ts';
import { signCheckpoint } from '#src/engines/audit/checkpoint.ts';
import { type Signer, signerFrom } from '#src/engines/audit/keys.ts';
import { emptyFrontier, extend } from '#src/engines/audit/merkle.ts';
import { receiptFile } from '#src/engines/audit/receipt-file.ts';
import { makeProof } from '#src/engines/audit/receipt-proof.ts';
import { receiptStatement, signReceipt } from '#src/engines/audit/receipt-statement.ts';
import { sourceReader } from '#src/engines/audit/tile-reader.ts';
import { actDraft, callDraft, numberedEntry, signer, sourceOf, stranger } from './samples.ts';

const ORIGIN = signer.name;
const next = signerFrom(ORIGIN, sha256('crank vectors: the next key'));
const third = signerFrom(ORIGIN, sha256('crank vectors: a third key'));
const witness = (name: string): Signer =>
  signerFrom(`vectors.crank.example/${name}`, sha256(`crank vectors: ${name}`), KEY_TYPES.cosignature);
const [north, south, east] = [witness('north'), witness('south'), witness('east')];
const TIME = 1_782_900_000;

const cosigned = (note: string, witnesses: readonly Signer[], time = TIME): string => {
  const { text, signatures } = parseNote(note);
  const more = witnesses.map((by, at) => {
    const signature = by.sign(cosignatureMessage(text, time + at));
    return { name: by.name, id: by.id, signature: cosignatureOf(time + at, signature) };
  });
  return formatNote({ text, signatures: [...signatures, ...more] });
};

/** A receipt at an index of a log of numbered entries, under a head by another signer perhaps. */
const receiptAt = async (index: number, size: number, envelope: Uint8Array, by: Signer, witnesses: Signer[] = []) => {
  const entries = Array.from({ length: size }, (_, i) => (i === index ? sha256(envelope) : numberedEntry(i)));
  const source = sourceOf(entries);
  const checkpoint = cosigned(signCheckpoint(by, extend(emptyFrontier, entries)), witnesses);
  return receiptFile(
    envelope,
    await makeProof({ read: sourceReader(source), source }, index, checkpoint),
    callDraft.openings,
  ).toString();
};

const call = (by: Signer): Uint8Array => signReceipt(by, receiptStatement(callDraft)).envelope;

/** The receipt of a hand-over at an index, which is the last entry of the old key. */
const handover = async (from: Signer, to: Signer, index: number, accepts: Signer = to, at = index): Promise<string> => {
  const acceptance = Buffer.from(accepts.sign(Buffer.from(acceptanceMessage(from.vkey, to.vkey, at)))).toString(
    'base64',
  );
  const predicate = {
    ...actDraft.predicate,
    kind: 'log.rotate-key',
    object: { from: from.vkey, to: to.vkey, acceptance },
  };
  const { envelope } = signReceipt(from, receiptStatement({ ...actDraft, predicate }));
  const entries = Array.from({ length: index + 1 }, (_, i) => (i === index ? sha256(envelope) : numberedEntry(i)));
  const source = sourceOf(entries);
  const checkpoint = signCheckpoint(from, extend(emptyFrontier, entries));
  return receiptFile(envelope, await makeProof({ read: sourceReader(source), source }, index, checkpoint), {
    subject: actDraft.openings.subject,
  }).toString();
};

const swapped = (file: string, from: string, to: string): string => {
  if (!file.includes(from)) throw new Error(`nothing to replace by ${to}`);
  return file.replaceAll(from, to);
};

/** The content of vectors/receipt/trust.json: witnesses, policies and keys that were handed over. */
export const trustVectors = async () => {
  const policy = (quorum: string, ...groups: string[]): string =>
    [
      `log ${signer.vkey}`,
      `witness north ${north.vkey} https://north.example/`,
      `witness south ${south.vkey}`,
      `witness\teast  ${east.vkey}`,
      ' # two of the three',
      ...groups,
      `quorum ${quorum}`,
      '',
    ].join('\n');
  const two = policy('enough', 'group enough 2 north south east');
  const both = await receiptAt(3, 9, call(signer), signer, [north, south]);
  const one = await receiptAt(3, 9, call(signer), signer, [north]);
  const handed = await handover(signer, next, 5);
  const again = await handover(next, third, 8);
  return {
    vkey: signer.vkey,
    nextVkey: next.vkey,
    witnesses: { north: north.vkey, south: south.vkey, east: east.vkey },
    /** `holds`: what is found; otherwise the part that does not. */
    policies: [
      { name: 'two of three witnesses', policy: two, file: both, holds: { cosigned: [north.name, south.name] } },
      { name: 'no witness is asked for', policy: policy('none'), file: one, holds: { cosigned: [north.name] } },
      { name: 'one, by name', policy: policy('north'), file: one, holds: { cosigned: [north.name] } },
      {
        name: 'a group of groups',
        policy: policy('all', 'group some any south east', 'group all all north some'),
        file: both,
        holds: { cosigned: [north.name, south.name] },
      },
      { name: 'one of two that are needed', policy: two, file: one, part: 'checkpoint' },
      { name: 'another than the one that is needed', policy: policy('south'), file: one, part: 'checkpoint' },
      {
        name: 'a cosignature at another time',
        policy: two,
        file: swapped(both, cosignatureText(both, 0), cosignatureText(both, 0, TIME + 60)),
        part: 'checkpoint',
      },
      {
        name: "a cosignature in the log's form",
        policy: two,
        file: await receiptAt(3, 9, call(signer), signer, [{ ...north, sign: (m) => signer.sign(m) }, south]),
        part: 'checkpoint',
      },
      {
        name: 'the head by a witness alone',
        policy: policy('north'),
        file: await receiptAt(3, 9, call(signer), stranger, [north]),
        part: 'checkpoint',
      },
    ],
    badPolicies: [
      '',
      `log ${signer.vkey}\n`,
      'quorum none\nquorum none\n',
      `quorum a\nwitness a ${north.vkey}\n`,
      `witness a ${north.vkey}\nwitness a ${south.vkey}\nquorum a\n`,
      `witness a ${north.vkey}\nwitness b ${north.vkey}\nquorum a\n`,
      `log ${signer.vkey}\nlog ${signer.vkey}\nquorum none\n`,
      `witness a ${north.vkey}\ngroup g any a\ngroup h any a g\nquorum h\n`,
      `witness none ${north.vkey}\nquorum none\n`,
      `witness a ${north.vkey}\ngroup g 2 a\nquorum g\n`,
      `witness a ${north.vkey}\ngroup g 0 a\nquorum g\n`,
      'group g any\nquorum g\n',
      `witness a ${signer.vkey}\nquorum a\n`,
      `log ${north.vkey}\nquorum none\n`,
      'quorum none\r\n',
      'quorum none\nallow all\n',
      `witness a ${north.vkey}A\nquorum a\n`,
      `log ${signer.vkey} https://a.example b\nquorum none\n`,
    ],
    /** Hand-overs, one a line; `pinned` is what the auditor has. */
    handovers: [
      {
        name: 'a receipt by the new key, for whom has the old one',
        handovers: handed,
        pinned: signer.vkey,
        file: await receiptAt(7, 9, call(next), next),
        holds: { vkey: next.vkey },
      },
      {
        name: 'a receipt by the old key under a head by the new one, for whom has the new one',
        handovers: handed,
        pinned: next.vkey,
        file: await receiptAt(2, 9, call(signer), next),
        holds: { vkey: signer.vkey },
      },
      {
        name: 'a chain of two',
        handovers: handed + again,
        pinned: signer.vkey,
        file: await receiptAt(11, 12, call(third), third),
        holds: { vkey: third.vkey },
      },
      {
        name: 'the old key behind its time',
        handovers: handed,
        pinned: signer.vkey,
        file: await receiptAt(7, 9, call(signer), next),
        part: 'signature',
      },
      {
        name: 'the new key before its time',
        handovers: handed,
        pinned: signer.vkey,
        file: await receiptAt(2, 9, call(next), next),
        part: 'signature',
      },
      {
        name: 'a head by the old key behind its time',
        handovers: handed,
        pinned: signer.vkey,
        file: await receiptAt(2, 9, call(signer), signer),
        part: 'checkpoint',
      },
      {
        name: 'a key that nobody handed anything to',
        handovers: handed,
        pinned: signer.vkey,
        file: await receiptAt(7, 9, call(third), third),
        part: 'signature',
      },
      {
        name: 'a hand-over that the new key did not accept',
        handovers: await handover(signer, next, 5, third),
        pinned: signer.vkey,
        file: await receiptAt(7, 9, call(next), next),
        part: 'handover',
      },
      {
        name: 'a hand-over that was accepted at another place',
        handovers: await handover(signer, next, 5, next, 4),
        pinned: signer.vkey,
        file: await receiptAt(7, 9, call(next), next),
        part: 'handover',
      },
      {
        name: 'two hand-overs of one key',
        handovers: handed + (await handover(signer, third, 6)),
        pinned: signer.vkey,
        file: await receiptAt(7, 9, call(next), next),
        part: 'handover',
      },
    ],
  };
};

/** The base64 of cosignature number n in a receipt's text, with another time perhaps. */
const cosignatureText = (file: string, n: number, time?: number): string => {
  const { proof } = JSON.parse(file) as { proof: string };
  const [, base64] = [...proof.matchAll(/^\u2014 \S+ (\S+)$/gmu)][n + 1]!;
  if (time === undefined) return base64!;
  const bytes = Buffer.from(base64!, 'base64');
  bytes.writeBigUInt64BE(BigInt(time), 4);
  return bytes.toString('base64');
};
