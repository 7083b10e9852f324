import { decodeBase64 } from './base64.ts';
import { equalBytes, hex } from './bytes.ts';
import { isObject, type JsonObject } from './canonical-json.ts';
import { type Checkpoint, parseDecimal, type VerifiedCheckpoint, verifyCheckpoint } from './checkpoint.ts';
import { verifyConsistency } from './merkle.ts';
import type { TrustPolicy } from './policy.ts';
import { sha256Stream } from './sha256.ts';
import { isTar, readTar, type TarFile } from './tar.ts';
import { VerificationError } from './verification-error.ts';
import { type ReceiptVerifier, receiptVerifier, type VerifiedReceipt } from './verify-receipt.ts';
import type { Vkey } from './vkey.ts';

/** An export that holds. */
export interface ExportReport {
  origin: string;
  /** Head that every receipt is proven under. */
  checkpoint: { size: number; root: Uint8Array };
  receipts: number;
  /** The node's own receipt of the export. */
  export: VerifiedReceipt;
  /** Entries `first` to `end` (exclusive) of the log lie in the period. */
  first: number;
  end: number;
  /** Every entry of the log in the period is in the export: then nothing can be missing. */
  gapless: boolean;
  /** Size of the earlier head that the log was shown to extend; undefined where none was given. */
  extends: number | undefined;
}

/** Whether a file that begins like this is an export. */
export const isExport = isTar;

const LF = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const text = ({ name, content }: TarFile): string => {
  try {
    return utf8.decode(content);
  } catch {
    throw new VerificationError('archive', `${name} is not UTF-8.`);
  }
};

/** Lines with their line feeds. */
function* lines(content: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < content.length; ) {
    const end = content.indexOf(LF, at);
    const next = end < 0 ? content.length : end + 1;
    yield content.subarray(at, next);
    at = next;
  }
}

/** `old SIZE`, hashes, an empty line, the newer checkpoint (C2SP tlog-witness, "add-checkpoint"). */
const parseConsistency = (file: string): { old: number; hashes: Uint8Array[]; checkpoint: string } => {
  const split = file.indexOf('\n\n');
  const [first, ...rest] = (split < 0 ? file : file.slice(0, split)).split('\n');
  const old = first?.startsWith('old ') ? parseDecimal(first.slice(4)) : undefined;
  const hashes = rest.map(decodeBase64);
  if (split < 0 || old === undefined || hashes.some((hash) => hash?.length !== 32))
    throw new VerificationError('consistency', 'The proof of consistency is malformed.');
  return { old, hashes: hashes as Uint8Array[], checkpoint: file.slice(split + 2) };
};

/**
 * Verifies an export: every receipt in it; that they are proven under the one head in it; that this head extends an
 * earlier one, where that is given; and that the node's receipt of the export names exactly these receipts.
 *
 * @param chunks the archive, piece by piece: memory does not grow with it
 * @param options.since an earlier head of the log (a signed checkpoint), as the export was asked to prove
 * @param options.onProgress called with the number of receipts verified, now and then
 * @throws VerificationError whose `part` says what does not hold, VkeyError
 */
export const verifyExport = async (
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: {
    vkeys: readonly (string | Vkey)[];
    policy?: TrustPolicy;
    unknownSignatures?: 'refuse' | 'ignore';
    since?: string;
    onProgress?: (receipts: number) => void;
  },
): Promise<ExportReport> => {
  const verify = await receiptVerifier(options);
  const { policy } = options;
  const trusted = [...options.vkeys, ...(policy?.logs ?? []), ...(policy?.witnesses ?? []).map(({ vkey }) => vkey)];
  // The export's own receipt is newer than any head that witnesses have seen; the quorum is asked of that of the others.
  const verifyOwn = await receiptVerifier({ vkeys: trusted, unknownSignatures: options.unknownSignatures ?? 'refuse' });
  const since = options.since === undefined ? undefined : await verifyCheckpoint(options.since, trusted);
  const seen = new Map<string, TarFile>();
  const digest = sha256Stream();
  let head: VerifiedCheckpoint | undefined;
  let note = '';
  let lowest = 0;
  let last = -1;
  let receipts = 0;
  let own: VerifiedReceipt | undefined;
  for await (const file of readTar(chunks)) {
    if (own !== undefined)
      throw new VerificationError('archive', `${file.name} stands behind the receipt of the export.`);
    if (file.name === 'checkpoint') {
      note = text(file);
      head = await verifyCheckpoint(note, trusted);
    } else if (file.name.startsWith('receipts/')) {
      if (head === undefined) throw new VerificationError('archive', 'The checkpoint is missing.');
      digest.update(file.content);
      for (const line of lines(file.content)) {
        const receipt = await inExport(verify, line, `${file.name}, receipt ${receipts + 1} of the export`);
        if (receipt.index <= last)
          throw new VerificationError('export', `${receipt.id} is not in the order of the log, or stands twice.`);
        if (receipt.origin !== head.origin || !sameHead(receipt.checkpoint, head))
          throw new VerificationError('checkpoint', `${receipt.id} is proven under another head than the export's.`);
        if (receipts === 0) lowest = receipt.index;
        last = receipt.index;
        receipts++;
        if (receipts % 1_000 === 0) options.onProgress?.(receipts);
      }
    } else if (file.name === 'export.receipt.json') own = await inExport(verifyOwn, file.content, file.name);
    else if (!file.name.startsWith('index/')) seen.set(file.name, file);
  }
  if (head === undefined) throw new VerificationError('archive', 'The checkpoint is missing.');
  if (own === undefined) throw new VerificationError('archive', 'The receipt of the export is missing: it ends early.');
  const object = exportOf(own);
  const named = { receipts, size: head.size, sha256: hex(digest.digest()) };
  for (const [name, value] of Object.entries(named)) {
    if (object[name] !== value)
      throw new VerificationError(
        'export',
        `The node's receipt of this export says ${name} ${String(object[name])}, but here it is ${value}: receipts were added, taken out or changed.`,
      );
  }
  const extended = await checkConsistency(seen.get('consistency'), since, head, note);
  const first = Number(object['first']);
  const end = Number(object['end']);
  const { origin, size, root } = head;
  if (receipts > 0 && (lowest < first || last >= end))
    throw new VerificationError('export', 'A receipt lies outside the entries that the receipt of the export names.');
  const gapless = receipts === end - first;
  return { origin, checkpoint: { size, root }, receipts, export: own, first, end, gapless, extends: extended };
};

const sameHead = (a: Pick<Checkpoint, 'size' | 'root'>, b: Pick<Checkpoint, 'size' | 'root'>): boolean =>
  a.size === b.size && equalBytes(a.root, b.root);

/** Verifies one receipt and says which it was where it does not hold. */
const inExport = async (verify: ReceiptVerifier, file: Uint8Array, where: string): Promise<VerifiedReceipt> => {
  try {
    return await verify(file);
  } catch (error) {
    if (error instanceof VerificationError) throw new VerificationError(error.part, `${where}: ${error.message}`);
    throw error;
  }
};

const exportOf = ({ kind, predicate }: VerifiedReceipt): JsonObject => {
  const { kind: act, object } = predicate;
  if (kind === 'act' && act === 'receipt.export' && isObject(object)) return object;
  throw new VerificationError('export', 'The receipt that closes the archive is not that of an export.');
};

/** @returns the size of the earlier head, where one was given */
const checkConsistency = async (
  file: TarFile | undefined,
  since: VerifiedCheckpoint | undefined,
  head: VerifiedCheckpoint,
  note: string,
): Promise<number | undefined> => {
  if (file === undefined) throw new VerificationError('archive', 'The proof of consistency is missing.');
  const { old, hashes, checkpoint } = parseConsistency(text(file));
  if (checkpoint !== note)
    throw new VerificationError('consistency', 'The proof of consistency is for another head than the export.');
  if (since === undefined) return undefined;
  if (since.origin !== head.origin || since.size !== old)
    throw new VerificationError(
      'consistency',
      `The head given is of ${since.origin} at size ${since.size}; the export proves that it extends ${head.origin} at size ${old}. Ask for it with since=${since.size}.`,
    );
  if (!(await verifyConsistency(hashes, since, head)))
    throw new VerificationError(
      'consistency',
      `The log of this export does not extend the head of size ${since.size}: history was rewritten. Keep both files, they prove it.`,
    );
  return old;
};
