import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { BadArchive } from './found.ts';

export interface Member {
  name: string;
  /** Bytes unpacked, as the directory says. */
  size: number;
  packed: number;
  method: number;
  encrypted: boolean;
  /** Of its local header. */
  offset: number;
}

/** Unpacked bytes of one member. */
const MOST = 256 * 2 ** 20;
const MOST_MEMBERS = 200_000;

/** What an archive holds (APPNOTE 4.3.12, 4.3.16, with ZIP64's 4.3.14), without folders. @throws BadArchive */
export const listZip = (path: string): Member[] => {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const tail = at(fd, Math.max(0, size - 66_000), Math.min(size, 66_000));
    const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
    if (end < 0 || end + 22 > tail.length)
      throw new BadArchive('it has no end of central directory: it is cut off, or no ZIP archive');
    let bytes = tail.readUInt32LE(end + 12);
    let offset = tail.readUInt32LE(end + 16);
    if (offset === 0xffffffff || bytes === 0xffffffff) {
      const wide = tail.lastIndexOf(Buffer.from('PK\x06\x06', 'latin1'));
      if (wide < 0 || wide + 56 > tail.length) throw new BadArchive('its ZIP64 directory is missing');
      bytes = Number(tail.readBigUInt64LE(wide + 40));
      offset = Number(tail.readBigUInt64LE(wide + 48));
    }
    if (bytes > MOST || offset + bytes > size) throw new BadArchive('its directory is damaged');
    return members(at(fd, offset, bytes));
  } finally {
    closeSync(fd);
  }
};

const members = (directory: Buffer): Member[] => {
  const found: Member[] = [];
  for (let from = 0; from + 46 <= directory.length && directory.readUInt32LE(from) === 0x02014b50; ) {
    const nameSize = directory.readUInt16LE(from + 28);
    const extraSize = directory.readUInt16LE(from + 30);
    const raw = directory.subarray(from + 46, from + 46 + nameSize);
    const flags = directory.readUInt16LE(from + 8);
    const member: Member = {
      name:
        (flags & 0x800) !== 0 || !raw.toString('utf8').includes('\ufffd')
          ? raw.toString('utf8')
          : raw.toString('latin1'),
      size: directory.readUInt32LE(from + 24),
      packed: directory.readUInt32LE(from + 20),
      method: directory.readUInt16LE(from + 10),
      encrypted: (flags & 1) !== 0,
      offset: directory.readUInt32LE(from + 42),
    };
    widen(member, directory.subarray(from + 46 + nameSize, from + 46 + nameSize + extraSize));
    if (!member.name.endsWith('/')) found.push(member);
    if (found.length > MOST_MEMBERS) throw new BadArchive(`it has more than ${MOST_MEMBERS} members`);
    from += 46 + nameSize + extraSize + directory.readUInt16LE(from + 32);
  }
  return found;
};

/** Sizes and the offset of members beyond 4 GiB stand in an extra field (4.5.3). */
const widen = (member: Member, extra: Buffer): void => {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let from = at + 4;
    for (const field of ['size', 'packed', 'offset'] as const) {
      if (member[field] !== 0xffffffff || from + 8 > extra.length) continue;
      member[field] = Number(extra.readBigUInt64LE(from));
      from += 8;
    }
  }
};

/** A member's bytes. @throws BadArchive where it is encrypted, damaged, larger than it says or than is read at all */
export const readMember = (path: string, member: Member): Buffer => {
  if (member.encrypted) throw new BadArchive(`${member.name} is encrypted`);
  if (member.size > MOST || member.packed > MOST)
    throw new BadArchive(`${member.name} has more than ${MOST} bytes: unpack the archive first`);
  const fd = openSync(path, 'r');
  try {
    const head = at(fd, member.offset, 30);
    if (head.length < 30 || head.readUInt32LE(0) !== 0x04034b50) throw new BadArchive(`${member.name} is damaged`);
    const packed = at(fd, member.offset + 30 + head.readUInt16LE(26) + head.readUInt16LE(28), member.packed);
    if (member.method === 0) return packed;
    if (member.method !== 8)
      throw new BadArchive(`${member.name} is packed in a way that is not supported (${member.method})`);
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, member.size) });
  } catch (error) {
    if (error instanceof BadArchive) throw error;
    throw new BadArchive(`${member.name} cannot be unpacked (${(error as Error).message})`);
  } finally {
    closeSync(fd);
  }
};

const at = (fd: number, offset: number, size: number): Buffer => {
  const bytes = Buffer.allocUnsafe(size);
  return bytes.subarray(0, readSync(fd, bytes, 0, size, offset));
};
