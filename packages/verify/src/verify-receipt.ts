import { utf8 } from './bytes.ts';
import { canonicalJson } from './canonical-json.ts';
import { type VerifiedCheckpoint, verifyCheckpoint } from './checkpoint.ts';
import { parseEnvelope, verifyEnvelope } from './dsse.ts';
import { leafHash, verifyInclusion } from './merkle.ts';
import { type Opened, verifyOpenings } from './openings.ts';
import { demandQuorum, type TrustPolicy } from './policy.ts';
import { parseReceiptFile } from './receipt-text.ts';
import { sha256 } from './sha256.ts';
import { parseStatement, type ReceiptStatement } from './statement.ts';
import { parseProof } from './tlog-proof.ts';
import { VerificationError } from './verification-error.ts';
import { KEY_TYPES, parseVkey, type Vkey, VkeyError } from './vkey.ts';

export interface VerifyOptions {
  /** Trusted verifier keys, `NAME+ID+KEY`, of logs and witnesses: pinned or given, never taken from the receipt. */
  vkeys: readonly (string | Vkey)[];
  /** Logs and witnesses to trust, and how many of the witnesses must have cosigned (`parsePolicy`). */
  policy?: TrustPolicy;
  /** The bytes that were answered: checked against the commitment where given. */
  output?: Uint8Array;
  /** The bytes of the input: checked against the commitment where given. */
  input?: Uint8Array;
  /**
   * Signatures on the checkpoint by keys that are not among `vkeys`. Nothing can be said about them, so a changed byte
   * in one would go unnoticed: by default (`refuse`) such a receipt does not verify.
   */
  unknownSignatures?: 'refuse' | 'ignore';
}

/** What was found to hold. */
export interface VerifiedReceipt extends ReceiptStatement {
  /** Name of the log and of the key that signed. */
  origin: string;
  /** The trusted key that signed the statement. */
  vkey: string;
  /** Position in the log, from 0. */
  index: number;
  /** The log's head that covers it, and who signed that besides the log. */
  checkpoint: {
    size: number;
    /** 32 bytes. */
    root: Uint8Array;
    /** Names of other keys among `vkeys` whose signatures on it hold: witnesses. */
    cosigned: readonly string[];
    /** When they did by their own clocks, seconds since 1970, by name. */
    cosignedAt: Readonly<Record<string, number>>;
    /** `NAME+HEXID` of signatures that were not checked (`unknownSignatures: 'ignore'`). */
    unchecked: readonly string[];
  };
  /** Log entry: SHA-256 of the envelope, 32 bytes. */
  entry: Uint8Array;
  opened: { subject: Opened; input: Opened };
}

/** Checks receipts against the same keys, one after the other. */
export type ReceiptVerifier = (
  file: string | Uint8Array,
  bytes?: Pick<VerifyOptions, 'output' | 'input'>,
) => Promise<VerifiedReceipt>;

/**
 * A verifier for many receipts. Keys are read once, and a head that several receipts share is verified once.
 *
 * @throws VkeyError where a key given is malformed, or none is
 */
export const receiptVerifier = async (
  options: Pick<VerifyOptions, 'vkeys' | 'policy' | 'unknownSignatures'>,
): Promise<ReceiptVerifier> => {
  const { policy } = options;
  const given = [...options.vkeys, ...(policy?.logs ?? []), ...(policy?.witnesses ?? []).map(({ vkey }) => vkey)];
  if (given.length === 0) throw new VkeyError('No verifier key was given: a receipt proves nothing without one.');
  const keys = await Promise.all(given.map((key) => (typeof key === 'string' ? parseVkey(key) : key)));
  const signers = keys.filter(({ type }) => type === KEY_TYPES.ed25519);
  let last: { note: string; head: VerifiedCheckpoint } | undefined;
  const headOf = async (note: string): Promise<VerifiedCheckpoint> => {
    if (last?.note !== note) last = { note, head: await verifyCheckpoint(note, keys) };
    return last.head;
  };
  return async (file, bytes = {}) => {
    const json = parseReceiptFile(file);

    const envelope = parseEnvelope(json['envelope']);
    const key = await verifyEnvelope(envelope, signers);
    const statement = parseStatement(decodePayload(envelope.payload));

    if (typeof json['proof'] !== 'string') throw new VerificationError('proof', 'The inclusion proof is no text.');
    const proof = parseProof(json['proof']);
    if (proof.extra !== undefined) {
      throw new VerificationError(
        'proof',
        'The inclusion proof carries extra data, which nobody signed: receipts have none.',
      );
    }
    const { origin, size, root, verified, times, unknown } = await headOf(proof.checkpoint);
    if (origin !== key.name) {
      throw new VerificationError(
        'checkpoint',
        `${key.name} signed the statement, but the checkpoint is of the log ${origin}.`,
      );
    }
    if (unknown.length > 0 && options.unknownSignatures !== 'ignore') {
      throw new VerificationError(
        'checkpoint',
        `The checkpoint also carries signatures that cannot be checked without their keys: ${unknown.join(', ')}.`,
      );
    }

    if (policy !== undefined) demandQuorum(policy, verified);
    if (key.term && (proof.index < key.term.first || proof.index > key.term.last)) {
      throw new VerificationError(
        'signature',
        `Entry ${proof.index} is signed by ${key.text}, which the log's hand-overs give the entries ${key.term.first} to ${key.term.last} only: that key was in use outside its time.`,
      );
    }

    // The file is canonical, so this is what stands in it and what was hashed into the log.
    const entry = await sha256(utf8(canonicalJson(json['envelope']!)));
    const leaf = await leafHash(entry);
    if (!(await verifyInclusion(proof.hashes, { index: proof.index, size, leaf, root }))) {
      throw new VerificationError(
        'inclusion',
        `The proof does not lead from this envelope at index ${proof.index} to the signed root of ${origin} at size ${size}: envelope, index or path was changed, or it was never logged.`,
      );
    }
    const opened = await verifyOpenings(json['openings'], statement, { subject: bytes.output, input: bytes.input });
    const witnesses = verified.filter(({ name, type }) => name !== origin || type === KEY_TYPES.cosignature);
    const cosigned = witnesses.map(({ name }) => name);
    const cosignedAt = Object.fromEntries([...times].map(([{ name }, time]) => [name, time]));
    const checkpoint = { size, root, cosigned, cosignedAt, unchecked: unknown };
    return { ...statement, origin, vkey: key.text, index: proof.index, checkpoint, entry, opened };
  };
};

/**
 * Verifies a receipt file offline: canonical JSON (RFC 8785) of exactly `envelope` (DSSE), `openings` (salts) and `proof`
 * (C2SP tlog-proof), and a newline. A single changed bit anywhere makes it fail.
 *
 * What holds afterwards: the owner of a trusted key signed this statement, and it stands in that owner's log under the
 * head that the proof carries. Whether that log is the only one shown to anybody, witnesses have to say.
 *
 * @throws VerificationError whose `part` names what does not hold; VkeyError where a key given is malformed
 */
export const verifyReceipt = async (file: string | Uint8Array, options: VerifyOptions): Promise<VerifiedReceipt> =>
  (await receiptVerifier(options))(file, options);

const decodePayload = (payload: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload);
  } catch {
    throw new VerificationError('statement', 'The envelope is signed, but what it holds is not UTF-8.');
  }
};
