import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { isKeyName, KEY_TYPES, type KeyType } from 'crank-verify';
import { sha256 } from '#src/core/digest.ts';
import { CrankError } from '#src/core/error.ts';

/**
 * Who signs a node's receipts and checkpoints: one Ed25519 key for both, so that one `--vkey` verifies a receipt file.
 * The two kinds of message can never be mistaken for one another: an envelope's signature is over `DSSEv1 28 ...`, which
 * holds spaces before any newline; a checkpoint begins with the origin, a line that may not hold a space.
 */
export interface Signer extends KeyName {
  /** Ed25519 signature (RFC 8032): 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** A key as others know it. */
export interface KeyName {
  /** Name of the key; of a log's key, the origin of the log. */
  name: string;
  /** Verifier key, `NAME+HEXID+BASE64` (C2SP signed-note). */
  vkey: string;
  /** `NAME+HEXID`. */
  hint: string;
  /** Key id: 4 bytes. */
  id: Uint8Array;
}

/** DER around the 32 bytes of an Ed25519 private key (RFC 8410, section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A key's file below the keys folder, without its ending, and what it is for. */
export type KeyFile = 'log' | 'log.next' | 'witness';

const typeOf = (file: KeyFile): KeyType => (file === 'witness' ? KEY_TYPES.cosignature : KEY_TYPES.ed25519);

/** A signer of this name from the 32 bytes of an Ed25519 seed. @param type of what it signs */
export const signerFrom = (name: string, seed: Uint8Array, type: KeyType = KEY_TYPES.ed25519): Signer => {
  if (!isKeyName(name))
    throw new TypeError(`${JSON.stringify(name)} cannot name a key: it is empty or holds a space or "+"`);
  const key: KeyObject = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  // The public key is the last 32 bytes of its DER form (RFC 8410, section 4).
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  const typed = Buffer.concat([Buffer.of(type), publicKey]);
  const id = sha256(`${name}\n`, typed).subarray(0, 4);
  const hint = `${name}+${id.toString('hex')}`;
  return { name, vkey: `${hint}+${typed.toString('base64')}`, hint, id, sign: (message) => sign(null, message, key) };
};

/** The key file's text, the form of golang.org/x/mod/sumdb/note: `PRIVATE+KEY+NAME+HEXID+BASE64(type ‖ seed)`. */
const formatKey = (hint: string, seed: Uint8Array, type: KeyType): string =>
  `PRIVATE+KEY+${hint}+${Buffer.concat([Buffer.of(type), seed]).toString('base64')}\n`;

const parseKey = (text: string, path: string, type: KeyType): Signer => {
  const match = /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})\n$/.exec(text);
  const typed = Buffer.from(match?.[3] ?? '', 'base64');
  const signer = typed.length === 33 && typed[0] === type ? signerFrom(match![1]!, typed.subarray(1), type) : undefined;
  if (signer === undefined || signer.hint !== `${match![1]}+${match![2]}`) {
    throw new CrankError(
      'unavailable',
      `The signing key ${path} is damaged. Put it back from a backup; a new key means a new log.`,
    );
  }
  return signer;
};

/** Writes a new file whole and durably, or not at all. */
const writeTemp = (folder: string, text: string, mode: number): string => {
  const path = join(folder, `.tmp-${randomBytes(8).toString('hex')}`);
  const fd = openSync(path, 'wx', mode);
  try {
    fchmodSync(fd, mode);
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return path;
};

const fsyncFolder = (folder: string): void => {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

const readKey = (path: string): string | undefined => {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    if ((fstatSync(fd).mode & 0o077) !== 0) {
      throw new CrankError(
        'unavailable',
        `Others than its owner can open the signing key ${path}. Type: chmod 600 ${path}`,
      );
    }
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
};

/**
 * Loads a signing key from `folder/FILE.key` (mode 0600), or makes one where there is none; of two processes that do so
 * at once, one wins and both load its key. `folder/FILE.vkey` is the verifier key, for everybody to read.
 *
 * @param name name of a new key, and what an existing one must be called: the log's origin
 * @throws CrankError `unavailable` where the file is damaged, open to others or of another name
 */
export const loadSigner = (folder: string, name: string, file: KeyFile = 'log'): Signer => {
  const type = typeOf(file);
  const path = join(folder, `${file}.key`);
  let text = readKey(path);
  if (text === undefined) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const seed = randomBytes(32);
    const temp = writeTemp(folder, formatKey(signerFrom(name, seed, type).hint, seed, type), 0o600);
    try {
      linkSync(temp, path); // fails where another process was faster
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      unlinkSync(temp);
    }
    fsyncFolder(folder);
    text = readKey(path) ?? '';
  }
  const signer = parseKey(text, path, type);
  if (signer.name !== name) {
    throw new CrankError(
      'unavailable',
      `The signing key ${path} is of the log ${signer.name}, not ${name}. Start under the old name, or with a new data folder.`,
    );
  }
  if (loadVkey(folder, file) !== signer.vkey)
    renameSync(writeTemp(folder, `${signer.vkey}\n`, 0o644), join(folder, `${file}.vkey`));
  return signer;
};

/** The verifier key of a folder's signing key, or undefined where there is none. Does not touch the signing key. */
export const loadVkey = (folder: string, file: KeyFile = 'log'): string | undefined => {
  try {
    return readFileSync(join(folder, `${file}.vkey`), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Puts the key of `log.next.key` in the place of `log.key`, which is gone then. */
export const replaceKey = (folder: string): void => {
  renameSync(join(folder, 'log.next.key'), join(folder, 'log.key'));
  renameSync(join(folder, 'log.next.vkey'), join(folder, 'log.vkey'));
  fsyncFolder(folder);
};
