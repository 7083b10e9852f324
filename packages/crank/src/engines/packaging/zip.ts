import { crc32, inflateRawSync } from 'node:zlib';

/** A file in an archive. */
export interface ZipEntry {
  name: string;
  bytes: Uint8Array;
  executable: boolean;
}

const MAX_ENTRIES = 50_000;
const MAX_BYTES = 2 ** 30;
const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/** An archive that is not what we read. */
export class ZipError extends Error {
  override readonly name = 'ZipError';
}

/**
 * Reads a ZIP file (PKWARE APPNOTE 6.3.10) by its central directory: stored or deflated files, no encryption, no ZIP64, no
 * links. Every size and checksum is compared; folders are left out.
 *
 * @throws ZipError
 */
export const readZip = (zip: Buffer): ZipEntry[] => {
  const at = endRecord(zip);
  const count = zip.readUInt16LE(at + 10);
  if (count === 0xffff || count > MAX_ENTRIES) throw new ZipError('it has too many files');
  const entries: ZipEntry[] = [];
  let total = 0;
  let head = zip.readUInt32LE(at + 16);
  for (let n = 0; n < count; n++) {
    if (head + 46 > at || zip.readUInt32LE(head) !== CENTRAL) throw new ZipError('its directory is broken');
    const [flags, method] = [zip.readUInt16LE(head + 8), zip.readUInt16LE(head + 10)];
    const [sum, packed, size] = [zip.readUInt32LE(head + 16), zip.readUInt32LE(head + 20), zip.readUInt32LE(head + 24)];
    const nameEnd = head + 46 + zip.readUInt16LE(head + 28);
    const name = decode(zip.subarray(head + 46, nameEnd));
    const mode = zip[head + 5] === 3 ? zip.readUInt16LE(head + 40) : 0; // made by: Unix
    const local = zip.readUInt32LE(head + 42);
    head = nameEnd + zip.readUInt16LE(head + 30) + zip.readUInt16LE(head + 32);
    if ((flags & 1) !== 0 || (method !== 0 && method !== 8))
      throw new ZipError('a file is packed in a way not read here');
    if ((mode & 0o170000) !== 0 && (mode & 0o170000) !== 0o100000 && (mode & 0o170000) !== 0o040000)
      throw new ZipError(`${name} is no file`);
    total += size;
    if (total > MAX_BYTES) throw new ZipError(`it unpacks to more than ${MAX_BYTES} bytes`);
    if (name.endsWith('/')) continue;
    const bytes = unpack(zip, { local, packed, size, method });
    if (crc32(bytes) !== sum) throw new ZipError(`${name} has another checksum`);
    entries.push({ name, bytes, executable: (mode & 0o111) !== 0 });
  }
  return entries;
};

const decode = (name: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(name);
  } catch {
    throw new ZipError('a name is not UTF-8');
  }
};

/** The last end-of-directory record; a comment may follow it. */
const endRecord = (zip: Buffer): number => {
  for (let at = zip.length - 22; at >= Math.max(0, zip.length - 22 - 0xffff); at--)
    if (zip.readUInt32LE(at) === END && at + 22 + zip.readUInt16LE(at + 20) === zip.length) return at;
  throw new ZipError('it is no ZIP file');
};

const unpack = (
  zip: Buffer,
  { local, packed, size, method }: { local: number; packed: number; size: number; method: number },
): Uint8Array => {
  if (local + 30 > zip.length || zip.readUInt32LE(local) !== LOCAL)
    throw new ZipError('a file is not where it should be');
  const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const data = zip.subarray(from, from + packed);
  if (data.length !== packed) throw new ZipError('a file is cut off');
  let bytes: Uint8Array;
  try {
    bytes = method === 0 ? data : inflateRawSync(data, { maxOutputLength: Math.max(1, size) });
  } catch {
    throw new ZipError('a file cannot be unpacked');
  }
  if (bytes.length !== size) throw new ZipError('a file has another size');
  return bytes;
};

const DOS_EPOCH = (1 << 5) | 1; // 1980-01-01: times are no part of a package

/** Writes a ZIP file of stored files: the same entries always give the same bytes. */
export const writeZip = (entries: readonly ZipEntry[]): Buffer => {
  const parts: Uint8Array[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, bytes, executable } of entries) {
    const path = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed: 2.0
    common.writeUInt16LE(0x800, 2); // names are UTF-8
    common.writeUInt16LE(DOS_EPOCH, 8);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.alloc(4);
    local.writeUInt32LE(LOCAL);
    parts.push(local, common, path, bytes);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(CENTRAL, 0);
    central.writeUInt16LE((3 << 8) | 20, 4);
    common.copy(central, 6);
    central.writeUInt32LE((0o100000 | (executable ? 0o755 : 0o644)) * 2 ** 16, 38);
    central.writeUInt32LE(at, 42);
    directory.push(central, path);
    at += 30 + path.length + bytes.length;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
};
