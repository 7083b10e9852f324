import { CrankError } from '#src/core/error.ts';
import { receiptFile } from '#src/engines/audit/receipt-file.ts';
import { makeProof } from '#src/engines/audit/receipt-proof.ts';
import { readLog } from '#src/store/log-store.ts';
import { identify } from './admit.ts';
import { maySee } from './calls.ts';
import type { Platform } from './platform.ts';
import type { Openings } from './record-entry.ts';

/**
 * A receipt file: envelope, proof of inclusion under the newest checkpoint, and the salts.
 *
 * @throws CrankError `not-found`, also where the receipt is not for this principal to see
 */
export const getReceipt = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<Uint8Array> => {
  const principal = await identify(platform, authorization);
  const { db } = platform.store;
  const row = await db.selectFrom('receipts').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined || !(await maySee(platform, principal, row, 'receipt.read'))) {
    throw new CrankError('not-found', `There is no receipt ${id.slice(0, 80)} that this key may see.`);
  }
  const log = await readLog(db, row.log);
  if (log === undefined) throw new Error(`receipt ${id} is in the log ${row.log}, which is not in the database`);
  const proof = await makeProof(platform.logFiles.hashes(row.log), row.idx, log.checkpoint);
  return receiptFile(row.envelope, proof, row.openings === null ? null : (JSON.parse(row.openings) as Openings));
};
