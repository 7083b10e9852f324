import { decodeBase64, encodeBase64 } from './base64.ts';
import { verifyNote } from './note.ts';
import { VerificationError } from './verification-error.ts';
import { isKeyName, KEY_TYPES, parseVkey, type Vkey } from './vkey.ts';

/** The head of a transparency log (C2SP tlog-checkpoint v1). */
export interface Checkpoint {
  /** Name of the log; the same as that of its key. */
  origin: string;
  /** Number of entries. */
  size: number;
  /** Merkle root (RFC 6962, section 2.1): 32 bytes. */
  root: Uint8Array;
}

export interface VerifiedCheckpoint extends Checkpoint {
  /** The keys whose signatures hold; the log's own is among them. */
  verified: readonly Vkey[];
  /** When the witnesses among them say that they cosigned, seconds since 1970. */
  times: ReadonlyMap<Vkey, number>;
  /** `NAME+HEXID` of signatures by keys that were not given. */
  unknown: readonly string[];
}

/** A decimal number as the formats write it: no sign, no leading zero. Above 2^53 - 1 it gives undefined. */
export const parseDecimal = (text: string): number | undefined => {
  const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : undefined;
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
};

/** `origin`, size and root, one a line: the text that the log signs. */
export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${encodeBase64(root)}\n`;

/**
 * Reads the text of a checkpoint (a note's text, without its signatures). Extension lines are refused: nobody could
 * audit them.
 *
 * @throws VerificationError (part `checkpoint`)
 */
export const parseCheckpoint = (text: string): Checkpoint => {
  const wrong = (why: string): VerificationError =>
    new VerificationError('checkpoint', `The checkpoint is malformed: ${why}.`);
  const lines = text.split('\n');
  if (lines.length !== 4 || lines[3] !== '') throw wrong('it does not have exactly three lines');
  const [origin, decimal, hash] = lines as [string, string, string, string];
  if (!isKeyName(origin)) throw wrong('the origin is empty or holds a space or "+"');
  const size = parseDecimal(decimal);
  if (size === undefined) throw wrong(`${JSON.stringify(decimal)} is no tree size`);
  const root = decodeBase64(hash);
  if (root?.length !== 32) throw wrong('the root is not the canonical base64 of 32 bytes');
  return { origin, size, root };
};

/**
 * Verifies a signed checkpoint: its form, and that a trusted key of the name of its origin signed it.
 *
 * @param vkeys verifier keys in text form, or already read
 * @throws VerificationError (part `checkpoint`), VkeyError where a key is malformed
 */
export const verifyCheckpoint = async (
  note: string,
  vkeys: readonly (string | Vkey)[],
): Promise<VerifiedCheckpoint> => {
  const keys = await Promise.all(vkeys.map((key) => (typeof key === 'string' ? parseVkey(key) : key)));
  const { text, verified, times, unknown } = await verifyNote(note, keys);
  const checkpoint = parseCheckpoint(text);
  const own = verified.filter((key) => key.name === checkpoint.origin && key.type === KEY_TYPES.ed25519);
  if (own.length === 0) {
    throw new VerificationError(
      'checkpoint',
      `The checkpoint is of the log ${checkpoint.origin}, but ${verified.map((k) => k.name).join(', ')} signed it: a log signs its own head.`,
    );
  }
  const strayed = own.find(({ term }) => term && (checkpoint.size - 1 < term.first || checkpoint.size - 1 > term.last));
  if (strayed !== undefined) {
    throw new VerificationError(
      'checkpoint',
      `The checkpoint of size ${checkpoint.size} is signed by ${strayed.text}, which the log's hand-overs give the entries ${strayed.term!.first} to ${strayed.term!.last} only: that key was in use outside its time.`,
    );
  }
  return { ...checkpoint, verified, times, unknown };
};
