const BLOCK = 512;

/**
 * One file of a tar archive (POSIX.1-1988 ustar): head and content, padded.
 *
 * @param name at most 100 ASCII characters
 * @param time seconds since 1970
 */
export const tarFile = (name: string, content: Uint8Array, time: number): Buffer => {
  const head = Buffer.alloc(BLOCK);
  head.write(name, 0, 100, 'latin1');
  head.write('0000644\0', 100);
  head.write('0000000\0', 108);
  head.write('0000000\0', 116);
  head.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  head.write(`${time.toString(8).padStart(11, '0')}\0`, 136);
  head.write('        0', 148); // while the sum is taken, its own field holds spaces; type 0: a file
  head.write('ustar\x0000', 257, 'latin1');
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([head, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
};

/** What an archive ends with. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * BLOCK);
