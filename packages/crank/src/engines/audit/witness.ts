import {
  type Checkpoint,
  cosignatureMessage,
  cosignatureOf,
  formatNote,
  parseCheckpoint,
  parseNote,
  VerificationError,
  verifyCheckpoint,
  verifyConsistency,
} from 'crank-verify';
import type { Signer } from './keys.ts';
import { EMPTY_ROOT } from './merkle.ts';

/** What a log asks a witness to cosign (C2SP tlog-witness, add-checkpoint). */
export interface CosignRequest {
  /** Size of the checkpoint that the witness cosigned last. */
  old: number;
  /** Consistency proof (RFC 6962, section 2.1.2) from there: 32 bytes each. */
  proof: readonly Uint8Array[];
  /** The signed checkpoint. */
  note: string;
  head: Checkpoint;
}

/** What a witness knows of a log: its keys, and the newest checkpoint that it cosigned (size 0: none). */
export interface KnownLog {
  vkeys: readonly string[];
  size: number;
  root: Uint8Array;
}

export type CosignVerdict =
  | { verdict: 'good' }
  /** No key of the log signed it. */
  | { verdict: 'unsigned'; why: string }
  | { verdict: 'malformed'; why: string }
  /** The log is further, or less far, than it believes. */
  | { verdict: 'conflict'; size: number }
  /** The proof does not lead from what was cosigned to this. */
  | { verdict: 'inconsistent'; why: string }
  /** The log signed two histories: both of its notes prove it. */
  | { verdict: 'forked'; why: string };

const MAX_PROOF = 63;

/**
 * Reads the body of an add-checkpoint request: `old SIZE`, a base64 hash a line, an empty line, the checkpoint.
 *
 * @returns undefined where it is not in its form
 */
export const parseCosignRequest = (body: string): CosignRequest | undefined => {
  const split = body.indexOf('\n\n');
  if (split < 0) return undefined;
  const [first, ...lines] = body.slice(0, split).split('\n');
  const old = /^old (0|[1-9][0-9]{0,15})$/.exec(first!)?.[1];
  if (old === undefined || !Number.isSafeInteger(Number(old)) || lines.length > MAX_PROOF) return undefined;
  const proof = lines.map((line) => Buffer.from(line, 'base64'));
  if (proof.some((hash, at) => hash.length !== 32 || hash.toString('base64') !== lines[at])) return undefined;
  const note = body.slice(split + 2);
  try {
    return { old: Number(old), proof, note, head: parseCheckpoint(parseNote(note).text) };
  } catch (error) {
    if (error instanceof VerificationError) return undefined;
    throw error;
  }
};

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Judges a request in the order that the specification gives. */
export const judgeCheckpoint = async (known: KnownLog, request: CosignRequest): Promise<CosignVerdict> => {
  const { old, proof, note, head } = request;
  try {
    await verifyCheckpoint(note, known.vkeys);
  } catch (error) {
    if (error instanceof VerificationError) return { verdict: 'unsigned', why: error.message };
    throw error;
  }
  if (old > head.size) return { verdict: 'malformed', why: 'the old size is larger than the new one' };
  if (head.size === known.size && known.size > 0 && !same(head.root, known.root))
    return { verdict: 'forked', why: `it signed two different heads of ${head.size} entries` };
  if (old !== known.size) return { verdict: 'conflict', size: known.size };
  if (head.size === 0 && !same(head.root, EMPTY_ROOT))
    return { verdict: 'inconsistent', why: 'the root of an empty log is the hash of nothing' };
  if (old === 0)
    return proof.length === 0
      ? { verdict: 'good' }
      : { verdict: 'inconsistent', why: 'from size 0 there is nothing to prove' };
  if (await verifyConsistency(proof, { size: known.size, root: known.root }, head)) return { verdict: 'good' };
  return {
    verdict: 'inconsistent',
    why: `nothing proves that its head of ${head.size} entries extends the one of ${known.size} that was cosigned`,
  };
};

/**
 * Cosigns a checkpoint (C2SP tlog-cosignature, Ed25519): of the note that comes back, the last line is the cosignature.
 *
 * @param witness key of type 4
 * @param time seconds since 1970
 */
export const cosign = (witness: Signer, note: string, time: number): { note: string; line: string } => {
  const { text } = parseNote(note);
  const signature = cosignatureOf(time, witness.sign(cosignatureMessage(text, time)));
  const line = formatNote({ text: '', signatures: [{ name: witness.name, id: witness.id, signature }] }).slice(1);
  return { note: note + line, line };
};
