import { CrankError } from '#src/core/error.ts';
import type { Principal } from '#src/core/service.ts';
import type { SubtreeHashes } from '#src/engines/audit/proof.ts';
import { receiptFile } from '#src/engines/audit/receipt-file.ts';
import { makeProof } from '#src/engines/audit/receipt-proof.ts';
import { readLog } from '#src/store/log-store.ts';
import type { ReceiptRow } from '#src/store/schema.ts';
import { identify } from './admit.ts';
import { maySee } from './calls.ts';
import type { Platform } from './platform.ts';
import { openingsOf } from './receipt-openings.ts';
import { cosignedNote } from './witnesses.ts';

/**
 * A receipt file: envelope, proof of inclusion under the newest checkpoint that witnesses cosigned, where one
 * covers it, else under the newest; and the salts.
 *
 * @throws CrankError `not-found`, also where the receipt is not for this principal to see
 */
export const getReceipt = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<Uint8Array> => {
  const principal = await identify(platform, authorization);
  const row = await visibleReceipt(platform, principal, id);
  const log = await readLog(platform.store.db, row.log);
  if (log === undefined) throw new Error(`receipt ${id} is in the log ${row.log}, which is not in the database`);
  const cosigned = await cosignedNote(platform, row.log);
  return fileOf(platform, row, cosigned !== undefined && cosigned.size > row.idx ? cosigned.note : log.checkpoint);
};

/** @throws CrankError `not-found` */
export const visibleReceipt = async (platform: Platform, principal: Principal, id: string): Promise<ReceiptRow> => {
  const row = await platform.store.db.selectFrom('receipts').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined || !(await maySee(platform, principal, row, 'receipt.read'))) {
    throw new CrankError('not-found', `There is no receipt ${id.slice(0, 80)} that this key may see.`);
  }
  return row;
};

/** The receipt file of a row, with its proof under a checkpoint that covers it. */
export const fileOf = async (
  platform: Platform,
  row: ReceiptRow,
  checkpoint: string,
  known?: SubtreeHashes,
): Promise<Buffer> => {
  const proof = await makeProof(platform.logFiles.hashes(row.log), row.idx, checkpoint, known);
  return receiptFile(row.envelope, proof, await openingsOf(platform, row));
};
