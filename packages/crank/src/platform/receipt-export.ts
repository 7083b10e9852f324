import { createHash } from 'node:crypto';
import { parseCheckpoint, parseNote } from 'crank-verify';
import { CrankError } from '#src/core/error.ts';
import { tarEnd, tarFile } from '#src/core/tar.ts';
import { encodeConsistency } from '#src/engines/audit/consistency-text.ts';
import { consistencyProof, type SubtreeHashes } from '#src/engines/audit/proof.ts';
import { readLog } from '#src/store/log-store.ts';
import { act } from './act.ts';
import { identify } from './admit.ts';
import type { Platform } from './platform.ts';
import { boundsOf, filterFor, type ReceiptQuery } from './receipt-list.ts';
import { scanReceipts } from './receipt-scan.ts';
import { fileOf, visibleReceipt } from './receipts.ts';
import { cosignedNote } from './witnesses.ts';

/** Exports that a node makes at a time: each reads what may be all of its log. */
const MOST = 2;
/** Receipts in one file of the archive: what is held in memory. */
const CHUNK = 500;

const README = `Receipts of a period, exported from a node of Crank.

manifest.json          what was asked for
log.vkey               the log's verifier key as the node states it: trust one that you have from elsewhere
checkpoint             the signed head of the log (c2sp.org/tlog-checkpoint) that every receipt below is proven under
consistency            proof that this head extends an earlier one: "old SIZE", hashes, an empty line, the head
receipts/NNNNNN.ndjson one receipt file a line, in the order of the log, each with its own proof
index/NNNNNN.ndjson    what stands in which line of receipts/NNNNNN.ndjson
export.receipt.json    the log's receipt of this export: how many receipts, and SHA-256 over all receipts/ in order

crank receipt verify FILE checks all of it. Without Crank: tar, any line of receipts/ is a receipt file by itself.
`;

/**
 * The receipts of a period as one tar archive, made while it is sent. The export is an act in the log, whose receipt
 * closes the archive: the node's word on how many there are and which.
 *
 * @param since size of a log that the head is proven to extend
 */
export async function* exportReceipts(
  platform: Platform,
  authorization: string | undefined,
  query: ReceiptQuery & { since?: number | undefined },
): AsyncGenerator<Buffer, void, undefined> {
  if (running >= MOST) {
    throw new CrankError('overloaded', `${MOST} exports are being made on this node: try again when one is done.`, {
      retryAfter: 30,
    });
  }
  running += 1;
  try {
    yield* archive(platform, authorization, query);
  } finally {
    running -= 1;
  }
}

let running = 0;

async function* archive(
  platform: Platform,
  authorization: string | undefined,
  query: ReceiptQuery & { since?: number | undefined },
): AsyncGenerator<Buffer, void, undefined> {
  const { db } = platform.store;
  const principal = await identify(platform, authorization);
  const filter = await filterFor(platform, authorization, query);
  const log = await readLog(db, platform.node);
  if (log === undefined) throw new CrankError('not-found', 'The log is empty: there is nothing to export.');
  const bounds = await boundsOf(platform, filter, log.size);
  const since = query.since ?? bounds.first;
  if (since > log.size) {
    throw new CrankError('malformed-request', `The log has ${log.size} entries: it does not extend one of ${since}.`);
  }
  // The head that witnesses cosigned, where it covers all that was asked for.
  const cosigned = await cosignedNote(platform, platform.node);
  const covered = cosigned !== undefined && cosigned.size >= Math.max(bounds.end, since);
  const checkpoint = covered ? cosigned.note : log.checkpoint;
  const { size } = parseCheckpoint(parseNote(checkpoint).text);
  const time = Math.floor(Date.now() / 1000);
  const file = (name: string, content: string | Uint8Array): Buffer =>
    tarFile(name, typeof content === 'string' ? Buffer.from(content) : content, time);
  const proof = await consistencyProof(platform.logFiles.hashes(platform.node).read, since, size);
  const asked = {
    account: filter.account,
    principal: filter.principal ?? null,
    kind: filter.kind ?? null,
    service: filter.service ?? null,
    from: filter.from === undefined ? null : new Date(filter.from).toISOString(),
    to: filter.to === undefined ? null : new Date(filter.to).toISOString(),
  };
  yield file('README.txt', README);
  yield file(
    'manifest.json',
    `${JSON.stringify({ format: 'crank-receipts/v1', log: platform.node, ...asked }, null, 2)}\n`,
  );
  yield file('log.vkey', `${platform.logFiles.vkey}\n`);
  yield file('checkpoint', checkpoint);
  yield file('consistency', encodeConsistency(since, proof, checkpoint));

  const digest = createHash('sha256');
  let receipts: Buffer[] = [];
  let index: string[] = [];
  let count = 0;
  let chunk = 0;
  const flush = function* (): Generator<Buffer> {
    if (receipts.length === 0) return;
    const name = `${String(chunk++).padStart(6, '0')}.ndjson`;
    const content = Buffer.concat(receipts);
    digest.update(content);
    yield file(`receipts/${name}`, content);
    yield file(`index/${name}`, index.join(''));
    receipts = [];
    index = [];
  };
  for await (const rows of scanReceipts(platform.store, platform.node, filter, bounds)) {
    const known: SubtreeHashes = new Map();
    for (const { row, info } of rows) {
      receipts.push(await fileOf(platform, row, checkpoint, known));
      index.push(`${JSON.stringify(info)}\n`);
      count++;
      if (receipts.length === CHUNK) yield* flush();
    }
  }
  yield* flush();

  const object = {
    ...asked,
    first: bounds.first,
    end: bounds.end,
    size,
    receipts: count,
    sha256: digest.digest('hex'),
  };
  const id = await act(platform, principal, 'receipt.export', object, []);
  const head = await readLog(db, platform.node);
  yield file(
    'export.receipt.json',
    await fileOf(platform, await visibleReceipt(platform, principal, id), head!.checkpoint),
  );
  yield tarEnd();
}
