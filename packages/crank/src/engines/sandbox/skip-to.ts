/**
 * A reader of bytes that ignores everything up to and including the nonce, says so, and hands on what follows.
 * A nonce of 16 random bytes is not in what comes before it.
 */
export const skipTo = (nonce: Buffer, found: () => void, next: (chunk: Buffer) => void): ((chunk: Buffer) => void) => {
  let tail: Buffer | undefined = Buffer.alloc(0);
  return (chunk) => {
    if (tail === undefined) {
      next(chunk);
      return;
    }
    const seen = Buffer.concat([tail, chunk]);
    const at = seen.indexOf(nonce);
    if (at < 0) {
      tail = seen.subarray(Math.max(0, seen.length - nonce.length + 1));
      return;
    }
    tail = undefined;
    found();
    const rest = seen.subarray(at + nonce.length);
    if (rest.length > 0) next(rest);
  };
};
