/**
 * A consistency proof as text, in the form that tlog-witness gives it: `old SIZE`, a base64 hash a line, an empty line,
 * the newer checkpoint.
 *
 * @param hashes RFC 6962, section 2.1.2
 */
export const encodeConsistency = (old: number, hashes: readonly Uint8Array[], checkpoint: string): string =>
  [`old ${old}`, ...hashes.map((hash) => Buffer.from(hash).toString('base64')), '', checkpoint].join('\n');
