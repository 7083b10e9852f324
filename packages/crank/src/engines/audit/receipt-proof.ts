import { formatProof, parseCheckpoint, parseNote } from 'crank-verify';
import { type LeafSource, readEntries } from './leaf-source.ts';
import { leafHash } from './merkle.ts';
import { inclusionProof, provenRoot, type SubtreeHashes } from './proof.ts';
import { sourceReader, type TileReader } from './tile-reader.ts';

/**
 * The tlog-proof of an entry under a signed checkpoint (C2SP tlog-proof). It is verified before it is handed out; where
 * damaged tile files spoil it, it is made again from the entries alone.
 *
 * @param checkpoint any committed one that covers the entry, normally the last
 * @param known for many proofs under the same checkpoint
 * @throws RangeError where it does not cover the entry; Error where the entries do not have its root
 */
export const makeProof = async (
  log: { read: TileReader; source: LeafSource },
  index: number,
  checkpoint: string,
  known?: SubtreeHashes,
): Promise<string> => {
  const { size, root } = parseCheckpoint(parseNote(checkpoint).text);
  const [entry] = await readEntries(log.source, index, index + 1);
  const leaf = leafHash(entry!);
  for (const [read, hashesKnown] of [[log.read, known] as const, [sourceReader(log.source), undefined] as const]) {
    const hashes = await inclusionProof(read, index, size, hashesKnown);
    if (Buffer.compare(provenRoot(leaf, index, size, hashes), root) === 0)
      return formatProof({ index, hashes, checkpoint });
  }
  throw new Error(`the entries of the log do not have the root that its checkpoint of size ${size} states`);
};
