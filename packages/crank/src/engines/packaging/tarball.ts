import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

const BLOCK = 512;
const unzip = promisify(gunzip);

export interface TarredFile {
  /** Relative, below the folder that all is in. */
  path: string;
  content: Uint8Array;
  executable: boolean;
}

/** Not an archive of a package, or too large a one. */
export class BadArchive extends Error {}

/**
 * The regular files of a package's archive: gzip over tar (POSIX.1-2001 pax and GNU long names), each below one folder.
 * Links and devices are left out, as npm leaves them out; a path that leaves the folder is the end of all of it.
 *
 * @param most bytes of all files
 * @throws BadArchive
 */
export const readArchive = async (bytes: Uint8Array, most: number): Promise<TarredFile[]> => {
  let tar: Buffer;
  try {
    tar = await unzip(bytes, { maxOutputLength: most });
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new BadArchive(tooLarge ? `it has more than ${most} bytes` : 'it is not compressed by gzip');
  }
  const files: TarredFile[] = [];
  let named: string | undefined;
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const head = tar.subarray(at, at + BLOCK);
    if (checksum(head) !== octal(head, 148, 8)) throw new BadArchive('a head of it is damaged');
    const size = octal(head, 124, 12);
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) throw new BadArchive('it is cut off');
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(head[156]!);
    if (type === 'x') named = paxPath(content) ?? named;
    else if (type === 'L') named = text(content);
    else if (type === 'g' || type === 'K') continue;
    else {
      if (type === '0' || type === '\0') {
        const path = inside(named ?? fullName(head));
        if (path !== '') files.push({ path, content, executable: (octal(head, 100, 8) & 0o111) !== 0 });
      }
      named = undefined;
    }
  }
  return files;
};

const text = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return Buffer.from(bytes.buffer, bytes.byteOffset, end < 0 ? bytes.length : end).toString('utf8');
};

const octal = (head: Uint8Array, at: number, length: number): number => {
  const digits = text(head.subarray(at, at + length)).trim();
  if (!/^[0-7]*$/.test(digits)) throw new BadArchive('a head of it is damaged');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
};

/** The sum of a head's bytes, its own field read as spaces. */
const checksum = (head: Uint8Array): number =>
  head.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);

const fullName = (head: Uint8Array): string => {
  const prefix = text(head.subarray(257, 262)) === 'ustar' ? text(head.subarray(345, 500)) : '';
  const name = text(head.subarray(0, 100));
  return prefix === '' ? name : `${prefix}/${name}`;
};

/** `LENGTH path=VALUE\n` among the records of a pax head. */
const paxPath = (content: Uint8Array): string | undefined => {
  for (let at = 0; at < content.length; ) {
    const length = Number.parseInt(text(content.subarray(at, at + 20)), 10);
    if (!(length > 0)) throw new BadArchive('a head of it is damaged');
    const record = text(content.subarray(at, at + length - 1));
    const [, value] = /^\d+ path=([\s\S]*)$/.exec(record) ?? [];
    if (value !== undefined) return value;
    at += length;
  }
  return undefined;
};

const inside = (name: string): string => {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.includes('..') || name.includes('\\') || name.includes('\0'))
    throw new BadArchive('a path in it leaves its folder');
  return parts.slice(1).join('/');
};
