import { utf8 } from './bytes.ts';
import {
  canonicalJson,
  isObject,
  type Json,
  type JsonObject,
  parseCanonicalJson,
  wrongMembers,
} from './canonical-json.ts';
import { verifyCheckpoint } from './checkpoint.ts';
import { parseEnvelope, verifyEnvelope } from './dsse.ts';
import { leafHash, verifyInclusion } from './merkle.ts';
import { type Opened, verifyOpenings } from './openings.ts';
import { sha256 } from './sha256.ts';
import { parseStatement, type ReceiptStatement } from './statement.ts';
import { parseProof } from './tlog-proof.ts';
import { VerificationError } from './verification-error.ts';
import { parseVkey, type Vkey, VkeyError } from './vkey.ts';

/** Receipts have a few kilobytes. */
const MAX_BYTES = 1 << 20;

export interface VerifyOptions {
  /** Trusted verifier keys, `NAME+ID+KEY`: pinned or given, never taken from the receipt. */
  vkeys: readonly string[];
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
  /** The log's head that covers it. */
  checkpoint: { size: number; root: Uint8Array };
  /** Log entry: SHA-256 of the envelope, 32 bytes. */
  entry: Uint8Array;
  opened: { subject: Opened; input: Opened };
}

const fileError = (why: string): VerificationError =>
  new VerificationError(
    'file',
    `This is not a receipt as it was issued: ${why}. Any change counts, white space too; get the file again.`,
  );

const parseFile = (file: string | Uint8Array): JsonObject => {
  if (file.length > MAX_BYTES) throw fileError(`it is larger than ${MAX_BYTES} bytes`);
  let text: string;
  try {
    text = typeof file === 'string' ? file : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file);
  } catch {
    throw fileError('it is not UTF-8');
  }
  if (!text.endsWith('\n')) throw fileError('it does not end with a newline');
  let json: Json;
  try {
    json = parseCanonicalJson(text.slice(0, -1));
  } catch (error) {
    throw fileError((error as SyntaxError).message);
  }
  if (!isObject(json)) throw fileError('it is no object');
  const members = wrongMembers(json, ['envelope', 'openings', 'proof']);
  if (members !== undefined) throw fileError(members);
  return json;
};

/**
 * Verifies a receipt file offline: canonical JSON (RFC 8785) of exactly `envelope` (DSSE), `openings` (salts) and `proof`
 * (C2SP tlog-proof), and a newline. A single changed byte anywhere makes it fail.
 *
 * What holds afterwards: the owner of a trusted key signed this statement, and it stands in that owner's log under the
 * head that the proof carries. Whether that log is the only one shown to anybody, witnesses have to say.
 *
 * @throws VerificationError whose `part` names what does not hold; VkeyError where a key given is malformed
 */
export const verifyReceipt = async (file: string | Uint8Array, options: VerifyOptions): Promise<VerifiedReceipt> => {
  if (options.vkeys.length === 0)
    throw new VkeyError('No verifier key was given: a receipt proves nothing without one.');
  const keys: Vkey[] = await Promise.all(options.vkeys.map(parseVkey));
  const json = parseFile(file);

  const envelope = parseEnvelope(json['envelope']);
  const key = await verifyEnvelope(envelope, keys);
  const statement = parseStatement(decodePayload(envelope.payload));

  if (typeof json['proof'] !== 'string') throw new VerificationError('proof', 'The inclusion proof is no text.');
  const proof = parseProof(json['proof']);
  if (proof.extra !== undefined) {
    throw new VerificationError(
      'proof',
      'The inclusion proof carries extra data, which nobody signed: receipts have none.',
    );
  }
  const { origin, size, root, unknown } = await verifyCheckpoint(proof.checkpoint, keys);
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

  // The file is canonical, so this is what stands in it and what was hashed into the log.
  const entry = await sha256(utf8(canonicalJson(json['envelope']!)));
  const included = await verifyInclusion(proof.hashes, { index: proof.index, size, leaf: await leafHash(entry), root });
  if (!included) {
    throw new VerificationError(
      'inclusion',
      `The proof does not lead from this envelope at index ${proof.index} to the signed root of ${origin} at size ${size}: envelope, index or path was changed, or it was never logged.`,
    );
  }
  const opened = await verifyOpenings(json['openings'], statement, { subject: options.output, input: options.input });
  return { ...statement, origin, vkey: key.text, index: proof.index, checkpoint: { size, root }, entry, opened };
};

const decodePayload = (payload: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload);
  } catch {
    throw new VerificationError('statement', 'The envelope is signed, but what it holds is not UTF-8.');
  }
};
