import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';

const ALGORITHM = 'aes-256-gcm';

/** Encrypts under a key in a file: AES-256-GCM, 12-byte nonce and 16-byte tag in front. */
export class Vault {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** Loads the key from a file, or makes it (mode 0600, durable before it is used). */
  static open(path: string): Vault {
    return new Vault(Vault.keyAt(path));
  }

  /** The 32 bytes in a file; made where there is none. */
  static keyAt(path: string): Buffer {
    const read = (): Buffer | undefined => {
      try {
        return readFileSync(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    };
    const key = read() ?? create(path);
    if (key.length !== 32)
      throw new Error(`${path} is not a 32-byte key: restore it from the backup; without it what was sealed is lost`);
    return key;
  }

  /** @param context what the text belongs to; decrypting it under another context fails */
  seal(bytes: Uint8Array, context: string): Buffer {
    const nonce = randomBytes(12);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(Buffer.from(context));
    const text = Buffer.concat([cipher.update(bytes), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]);
  }

  /** @throws Error where the bytes were changed or belong to another context or key */
  open(sealed: Uint8Array, context: string): Buffer {
    const decipher = createDecipheriv(ALGORITHM, this.#key, sealed.subarray(0, 12))
      .setAAD(Buffer.from(context))
      .setAuthTag(sealed.subarray(12, 28));
    return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]);
  }
}

const create = (path: string): Buffer => {
  const temporary = `${path}.${process.pid}`;
  const file = openSync(temporary, 'wx', 0o600);
  writeSync(file, randomBytes(32));
  fsyncSync(file);
  closeSync(file);
  try {
    linkSync(temporary, path); // fails where another process was first: its key counts
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary);
  }
  return readFileSync(path);
};
