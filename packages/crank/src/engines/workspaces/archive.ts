import type { TreeEntry } from './tree.ts';

const BLOCK = 512;
const TYPES = { file: '0', link: '2', folder: '5' } as const;

const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;

/** A head of POSIX.1-1988 (ustar). @param name at most 100 bytes */
const head = (name: string, type: string, mode: number, size: number, time: number, target = ''): Buffer => {
  const bytes = Buffer.alloc(BLOCK);
  bytes.write(name, 0, 100);
  bytes.write(octal(mode, 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(time, 12), 136);
  bytes.write(`        ${type}`, 148); // while the sum is taken, its own field holds spaces
  bytes.write(target, 157, 100);
  bytes.write('ustar\x0000', 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
};

/** One record of a POSIX.1-2001 (pax) head: its length counts itself. */
const record = (key: string, value: string): string => {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (length !== String(length).length + Buffer.byteLength(rest))
    length = String(length).length + Buffer.byteLength(rest);
  return `${length}${rest}`;
};

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, tarPadding(bytes.length)]);
const isShort = (text: string): boolean => /^[ -~]{0,100}$/.test(text);
const MOST_OCTAL = 8 ** 11;

/** What stands in a tar archive before an entry's content. @param time seconds since 1970 */
export const tarHead = (path: string, entry: TreeEntry, time: number): Buffer => {
  const name = entry.type === 'folder' ? `${path}/` : path;
  const target = entry.type === 'link' ? entry.target : '';
  const size = entry.type === 'file' ? entry.size : 0;
  const mode = entry.type === 'folder' || (entry.type === 'file' && entry.executable) ? 0o755 : 0o644;
  const records = [
    ...(isShort(name) ? [] : [record('path', name)]),
    ...(isShort(target) ? [] : [record('linkpath', target)]),
    ...(size < MOST_OCTAL ? [] : [record('size', String(size))]),
  ];
  const more = Buffer.from(records.join(''));
  const plain = head(
    isShort(name) ? name : 'pax',
    TYPES[entry.type],
    mode,
    size < MOST_OCTAL ? size : 0,
    time,
    isShort(target) ? target : '',
  );
  return records.length === 0
    ? plain
    : Buffer.concat([head('pax', 'x', 0o644, more.length, time), padded(more), plain]);
};

/** What fills up an entry's last block. */
export const tarPadding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
