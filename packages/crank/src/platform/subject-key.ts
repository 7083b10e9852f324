import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';
import type { CompiledQuery } from 'kysely';

const ALGORITHM = 'aes-256-gcm';
const SEALED = 'sealed:';
/** Bytes of a block of SHA-512. */
const BLOCK = 128;

/**
 * The key of a subject: the person, or whatever else, that the data of a call is about. The salts of a call's commitments
 * are derived from it, and what is kept of the call is encrypted under it, so that destroying it erases them all.
 */
export class SubjectKey {
  /** `sub_...` */
  readonly id: string;
  /** Whether a caller named the subject; otherwise it is the principal. */
  readonly named: boolean;
  /** What stores the key, as long as it is new: every commit of a call that uses it brings it along. */
  pending: Pick<CompiledQuery, 'sql' | 'parameters'> | undefined;
  readonly #key: Buffer;
  /** The key as HMAC pads it (RFC 2104): every call needs it, and two bare hashes take a third of what `createHmac` does. */
  readonly #inner = Buffer.alloc(BLOCK, 0x36);
  readonly #outer = Buffer.alloc(BLOCK, 0x5c);

  /** @param key 32 random bytes */
  constructor(id: string, named: boolean, key: Buffer) {
    this.id = id;
    this.named = named;
    this.#key = key;
    key.forEach((byte, at) => {
      this.#inner[at]! ^= byte;
      this.#outer[at]! ^= byte;
    });
  }

  /** The same key for a call whose receipt must name it, because its principal is somebody else. */
  asNamed(): SubjectKey {
    if (this.named) return this;
    const named = new SubjectKey(this.id, true, this.#key);
    named.pending = this.pending;
    return named;
  }

  /** Salts of the two commitments of a receipt: the halves of HMAC-SHA512(key, "salts " ‖ id), 32 bytes each. */
  salts(receipt: string): { subject: Buffer; input: Buffer } {
    const inner = hash('sha512', Buffer.concat([this.#inner, Buffer.from(`salts ${receipt}`)]), 'buffer');
    const both = hash('sha512', Buffer.concat([this.#outer, inner]), 'buffer');
    return { subject: both.subarray(0, 32), input: both.subarray(32) };
  }

  /** AES-256-GCM: 12 bytes of nonce, 16 of tag, the ciphertext. @param context what it belongs to */
  seal(bytes: Uint8Array, context: string): Buffer {
    const nonce = randomBytes(12);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(Buffer.from(context));
    const text = Buffer.concat([cipher.update(bytes), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]);
  }

  /** Undefined where the bytes were changed, or belong to another context or key. */
  open(sealed: Uint8Array, context: string): Buffer | undefined {
    if (sealed.length < 28) return undefined;
    const decipher = createDecipheriv(ALGORITHM, this.#key, sealed.subarray(0, 12))
      .setAAD(Buffer.from(context))
      .setAuthTag(sealed.subarray(12, 28));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]);
    } catch {
      return undefined;
    }
  }

  /** For columns of text; nothing stays nothing. */
  sealText(text: string | undefined, context: string): string {
    return text === undefined || text === '' ? '' : SEALED + this.seal(Buffer.from(text), context).toString('base64');
  }
}

/** The inverse of `sealText`; empty where the key is gone. Text from before there were keys is given as it is. */
export const openText = (text: string, key: SubjectKey | undefined, context: string): string => {
  if (!text.startsWith(SEALED)) return text;
  return key?.open(Buffer.from(text.slice(SEALED.length), 'base64'), context)?.toString() ?? '';
};
