import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';

/**
 * The objects of one workspace: bytes under their SHA-256, encrypted, each in a file of its own. A file is named by a keyed
 * hash of the digest, so that whoever sees the disk cannot tell whether a known content is among them.
 *
 *   "CRKWSOB1" | chunk | chunk | ...        chunk: nonce[12] | tag[16] | up to 1 MiB of ciphertext (AES-256-GCM)
 *
 * All chunks but the last are full. Bound to each as associated data: digest, the chunk's number, and whether it is the last.
 */
export interface ObjectStore {
  readonly folder: string;
  readonly content: Buffer;
  readonly names: Buffer;
}

const CHUNK = 1024 * 1024;
const HEAD = Buffer.from('CRKWSOB1');
const EXTRA = 28;
const FSYNCS = 16;
const FEW = 4;

/** @param key 32 bytes, of this workspace alone */
export const objectStore = (folder: string, key: Uint8Array): ObjectStore => {
  const derive = (use: string): Buffer => Buffer.from(hkdfSync('sha256', key, '', `crank workspace ${use}`, 32));
  return { folder, content: derive('content'), names: derive('names') };
};

/** Of the file with an object. @param digest hexadecimal */
const objectName = ({ names }: ObjectStore, digest: string): string =>
  createHmac('sha256', names).update(digest).digest('hex');

const pathOf = (store: ObjectStore, digest: string): string => `${store.folder}/${objectName(store, digest)}`;

const bound = (digest: string, index: number, isLast: boolean): Buffer =>
  Buffer.from(`${digest} ${index} ${isLast ? 'last' : 'more'}`);

/** Runs over a file in chunks: the last one may be short or, of an empty file, empty. Lets others have their turn. */
async function* chunksOf(
  path: string,
  size: number,
): AsyncGenerator<{ bytes: Buffer; index: number; isLast: boolean }> {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(1, size)));
    for (let at = 0, index = 0; index === 0 || at < size; index++) {
      let filled = 0;
      while (filled < buffer.length) {
        const count = readSync(file, buffer, filled, buffer.length - filled, at + filled);
        if (count === 0) break;
        filled += count;
      }
      at += filled;
      if (at < size && filled === 0) throw new Error('a file became shorter while it was read');
      yield { bytes: buffer.subarray(0, filled), index, isLast: at >= size };
      await breathe();
    }
  } finally {
    closeSync(file);
  }
}

/** SHA-256 of a file's first `size` bytes, hexadecimal. */
export const digestFile = async (path: string, size: number): Promise<string> => {
  const hash = createHash('sha256');
  for await (const { bytes } of chunksOf(path, size)) hash.update(bytes);
  return hash.digest('hex');
};

/** Objects that are being written: durable, with names, once `settle` has resolved. */
export interface Writing {
  store: ObjectStore;
  /** Files that are not durable yet, by the name that they get. */
  files: Map<string, string>;
  /** Bytes of content that were not there before. */
  added: number;
}

export const beginWriting = (store: ObjectStore): Writing => ({ store, files: new Map(), added: 0 });

const seal = (store: ObjectStore, digest: string, bytes: Uint8Array, index: number, isLast: boolean): Buffer => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', store.content, nonce).setAAD(bound(digest, index, isLast));
  const text = cipher.update(bytes);
  cipher.final();
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
};

/** Encrypts an object, where it is not there already. */
const write = async (
  writing: Writing,
  digest: string,
  size: number,
  chunks: AsyncIterable<{ bytes: Uint8Array; index: number; isLast: boolean }>,
): Promise<void> => {
  const { store, files } = writing;
  const path = pathOf(store, digest);
  if (files.has(path) || existsSync(path)) return;
  const temporary = `${store.folder}/.new-${randomBytes(12).toString('hex')}`;
  const file = openSync(temporary, 'wx', 0o600);
  files.set(path, temporary);
  try {
    writeSync(file, HEAD);
    for await (const { bytes, index, isLast } of chunks) writeSync(file, seal(store, digest, bytes, index, isLast));
  } finally {
    closeSync(file);
  }
  writing.added += size;
};

export const writeFileObject = (writing: Writing, digest: string, path: string, size: number): Promise<void> =>
  write(writing, digest, size, chunksOf(path, size));

export const writeObject = (writing: Writing, digest: string, bytes: Uint8Array): Promise<void> =>
  write(writing, digest, bytes.length, slices(bytes));

async function* slices(bytes: Uint8Array): AsyncGenerator<{ bytes: Uint8Array; index: number; isLast: boolean }> {
  for (let at = 0, index = 0; index === 0 || at < bytes.length; at += CHUNK, index++)
    yield { bytes: bytes.subarray(at, at + CHUNK), index, isLast: at + CHUNK >= bytes.length };
}

const sync = async (path: string): Promise<void> => {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
};

const syncHere = (path: string): void => {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** Makes everything durable, then gives it its names. */
export const settle = async ({ store, files }: Writing): Promise<void> => {
  if (files.size === 0) return;
  const made = [...files.values()];
  // Of few files the way to other threads and back takes longer than the disk.
  if (made.length <= FEW) made.forEach(syncHere);
  else for (let at = 0; at < made.length; at += FSYNCS) await Promise.all(made.slice(at, at + FSYNCS).map(sync));
  for (const [path, temporary] of files) renameSync(temporary, path);
  syncHere(store.folder);
};

/** Takes back what was not settled. */
export const abandon = ({ files }: Writing): void => {
  for (const temporary of files.values()) rmSync(temporary, { force: true });
};

/** Decrypts an object chunk by chunk. @throws Error where it is not there, was changed, or belongs to another key */
export const readChunks = async function* (store: ObjectStore, digest: string): AsyncGenerator<Buffer> {
  const file = openSync(pathOf(store, digest), 'r');
  try {
    const head = Buffer.alloc(HEAD.length);
    readSync(file, head, 0, head.length, 0);
    if (!head.equals(HEAD)) throw new Error('an object of a workspace has no head');
    const buffer = Buffer.allocUnsafe(CHUNK + EXTRA);
    const next = Buffer.allocUnsafe(1);
    for (let at = HEAD.length, index = 0; ; index++) {
      const count = readSync(file, buffer, 0, buffer.length, at);
      if (count < EXTRA) throw new Error('an object of a workspace was cut');
      at += count;
      const isLast = readSync(file, next, 0, 1, at) === 0;
      const decipher = createDecipheriv('aes-256-gcm', store.content, buffer.subarray(0, 12))
        .setAAD(bound(digest, index, isLast))
        .setAuthTag(buffer.subarray(12, EXTRA));
      const bytes = decipher.update(buffer.subarray(EXTRA, count));
      decipher.final();
      yield bytes;
      if (isLast) return;
      await breathe();
    }
  } finally {
    closeSync(file);
  }
};

export const readObject = async (store: ObjectStore, digest: string): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const bytes of readChunks(store, digest)) parts.push(bytes);
  return Buffer.concat(parts);
};

/** Decrypts an object into a new file. @param onBytes told how much has been written */
export const restoreFile = async (
  store: ObjectStore,
  digest: string,
  path: string,
  mode: number,
  onBytes: (count: number) => void = () => {},
): Promise<void> => {
  const file = openSync(path, 'wx', mode);
  try {
    for await (const bytes of readChunks(store, digest)) {
      writeSync(file, bytes);
      onBytes(bytes.length);
    }
  } finally {
    closeSync(file);
  }
};

/**
 * Removes all objects but these, and what killed writers left.
 *
 * @param before as of Date.now(): younger ones stay
 * @returns how many
 */
export const keepOnly = async (store: ObjectStore, digests: ReadonlySet<string>, before: number): Promise<number> => {
  const names = new Set([...digests].map((digest) => objectName(store, digest)));
  let removed = 0;
  for (const name of readdirSync(store.folder)) {
    const path = `${store.folder}/${name}`;
    if (names.has(name) || (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > before) continue;
    rmSync(path, { force: true });
    if (++removed % 100 === 0) await breathe();
  }
  return removed;
};
