import { decodeBase64, encodeBase64 } from './base64.ts';
import { concat, hex, utf8 } from './bytes.ts';
import { readCosignature } from './cosignature.ts';
import { VerificationError } from './verification-error.ts';
import { isBy, isKeyName, KEY_TYPES, type Vkey, verifySignature } from './vkey.ts';

/** The specification asks for at least 16. */
const MAX_SIGNATURES = 64;

export interface NoteSignature {
  name: string;
  /** Key id: 4 bytes. */
  id: Uint8Array;
  signature: Uint8Array;
}

/** A signed note (C2SP signed-note v1): text that ends in a newline, and who signed it. */
export interface Note {
  text: string;
  signatures: readonly NoteSignature[];
}

export interface VerifiedNote {
  text: string;
  /** The keys whose signatures hold. At least one. */
  verified: readonly Vkey[];
  /** When witnesses among them say that they cosigned, seconds since 1970. */
  times: ReadonlyMap<Vkey, number>;
  /** `NAME+HEXID` of signatures by keys that were not given: ignored, nothing is known about them. */
  unknown: readonly string[];
}

const wrong = (why: string): VerificationError =>
  new VerificationError('checkpoint', `This is no signed note: ${why}.`);

const parseSignature = (line: string): NoteSignature => {
  const match = /^\u2014 ([^ ]+) ([^ ]+)$/u.exec(line);
  if (match === null || !isKeyName(match[1]!)) throw wrong(`${JSON.stringify(line)} is not "\u2014 name signature"`);
  const bytes = decodeBase64(match[2]!);
  if (bytes === undefined) throw wrong(`the signature of ${match[1]} is not canonical base64`);
  if (bytes.length < 5) throw wrong(`the signature of ${match[1]} is too short`);
  return { name: match[1]!, id: bytes.slice(0, 4), signature: bytes.slice(4) };
};

/**
 * Reads a signed note without verifying anything.
 *
 * @throws VerificationError (part `checkpoint`)
 */
export const parseNote = (note: string): Note => {
  if (!note.isWellFormed()) throw wrong('it holds half a character');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the specification names them.
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) throw wrong('it holds a control character');
  // The text may hold empty lines: the last one separates it from the signatures.
  const split = note.lastIndexOf('\n\n');
  if (split <= 0) throw wrong('no empty line separates text and signatures');
  const block = note.slice(split + 2);
  if (!block.endsWith('\n')) throw wrong('it does not end with a signature line');
  const lines = block.slice(0, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw wrong(`it has more than ${MAX_SIGNATURES} signatures`);
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignature) };
};

/** The inverse of {@link parseNote}. `text` ends in a newline. */
export const formatNote = ({ text, signatures }: Note): string =>
  `${text}\n${signatures.map((s) => `\u2014 ${s.name} ${encodeBase64(concat(s.id, s.signature))}\n`).join('')}`;

/**
 * Verifies a signed note against trusted keys: unknown signatures are ignored, one that fails rejects the note, and at
 * least one must hold.
 *
 * @throws VerificationError (part `checkpoint`)
 */
export const verifyNote = async (note: string, keys: readonly Vkey[]): Promise<VerifiedNote> => {
  const { text, signatures } = parseNote(note);
  const message = utf8(text);
  const verified: Vkey[] = [];
  const times = new Map<Vkey, number>();
  const holds = (key: Vkey, signature: Uint8Array): Promise<boolean> | false => {
    if (key.type === KEY_TYPES.ed25519) return verifySignature(key, message, signature);
    const cosignature = readCosignature(text, signature);
    if (cosignature === undefined) return false;
    times.set(key, cosignature.time);
    return verifySignature(key, cosignature.message, cosignature.signature);
  };
  const unknown: string[] = [];
  for (const signature of signatures) {
    const key = keys.find((candidate) => isBy(candidate, signature));
    if (key === undefined) {
      unknown.push(`${signature.name}+${hex(signature.id)}`);
    } else if (verified.includes(key)) {
      throw wrong(`${key.name} signed it twice`);
    } else if (await holds(key, signature.signature)) {
      verified.push(key);
    } else {
      throw new VerificationError(
        'checkpoint',
        `The signature of ${key.name} does not match the note: text or signature was changed after signing.`,
      );
    }
  }
  if (verified.length === 0) {
    throw new VerificationError(
      'checkpoint',
      `No key that you trust signed this note: it is signed by ${unknown.join(', ')}, you trust ${keys.map((k) => k.text).join(', ')}.`,
    );
  }
  return { text, verified, times, unknown };
};
