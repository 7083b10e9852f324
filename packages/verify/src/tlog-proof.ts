import { decodeBase64, encodeBase64 } from './base64.ts';
import { parseDecimal } from './checkpoint.ts';
import { VerificationError } from './verification-error.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';
/** A tree of 2^53 leaves needs 53. */
const MAX_HASHES = 63;

/** A proof that an entry is in a log (C2SP tlog-proof v1). */
export interface TlogProof {
  /** Position of the entry, from 0. */
  index: number;
  /** Inclusion path (RFC 6962, section 2.1.1), from the leaf's sibling up: 32 bytes each. */
  hashes: readonly Uint8Array[];
  /** The signed checkpoint, verbatim. */
  checkpoint: string;
  /** Data that nobody signed. */
  extra?: Uint8Array;
}

export const formatProof = ({ index, hashes, checkpoint, extra }: TlogProof): string =>
  [
    HEADER,
    ...(extra === undefined ? [] : [`extra ${encodeBase64(extra)}`]),
    `index ${index}`,
    ...hashes.map(encodeBase64),
    '',
    checkpoint,
  ].join('\n');

/**
 * Reads a tlog-proof. Nothing is verified: neither the path nor the checkpoint.
 *
 * @throws VerificationError (part `proof`)
 */
export const parseProof = (text: string): TlogProof => {
  const wrong = (why: string): VerificationError =>
    new VerificationError('proof', `The inclusion proof is malformed: ${why}.`);
  const split = text.indexOf('\n\n');
  if (split < 0) throw wrong('no empty line separates path and checkpoint');
  const lines = text.slice(0, split).split('\n');
  if (lines.shift() !== HEADER) throw wrong(`it does not begin with ${HEADER}`);
  let extra: Uint8Array | undefined;
  if (lines[0]?.startsWith('extra ')) {
    extra = decodeBase64(lines.shift()!.slice('extra '.length));
    if (extra === undefined) throw wrong('the extra data is not canonical base64');
  }
  const line = lines.shift() ?? '';
  const index = line.startsWith('index ') ? parseDecimal(line.slice('index '.length)) : undefined;
  if (index === undefined) throw wrong(`${JSON.stringify(line)} is not "index NUMBER"`);
  if (lines.length > MAX_HASHES) throw wrong(`it has more than ${MAX_HASHES} hashes`);
  const hashes = lines.map((hash, i) => {
    const bytes = decodeBase64(hash);
    if (bytes?.length !== 32) throw wrong(`hash ${i} is not the canonical base64 of 32 bytes`);
    return bytes;
  });
  return { index, hashes, checkpoint: text.slice(split + 2), ...(extra === undefined ? {} : { extra }) };
};
