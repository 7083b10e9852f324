const BLOCK = 512;

/**
 * The regular files of a tar archive (POSIX ustar) by name, without a leading `/`.
 *
 * @throws RangeError where it ends too early
 */
export const readTar = (tar: Uint8Array): Map<string, Uint8Array> => {
  const text = (from: number, length: number): string => {
    const field = tar.subarray(from, from + length);
    const end = field.indexOf(0);
    return Buffer.from(end === -1 ? field : field.subarray(0, end)).toString();
  };
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const start = at + BLOCK;
    if (!(start + size <= tar.length)) throw new RangeError('the archive ends within a file');
    const type = text(at + 156, 1);
    const prefix = text(at + 345, 155);
    const name = `${prefix === '' ? '' : `${prefix}/`}${text(at, 100)}`.replace(/^\/+/, '');
    if (type === '0' || type === '') files.set(name, tar.subarray(start, start + size));
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
};
