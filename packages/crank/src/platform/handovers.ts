import { CrankError } from '#src/core/error.ts';
import type { LogKey } from '#src/engines/audit/log-key.ts';
import { receiptFile } from '#src/engines/audit/receipt-file.ts';
import { makeProof } from '#src/engines/audit/receipt-proof.ts';
import type { HandoverRow } from '#src/store/schema.ts';
import type { Store } from '#src/store/store.ts';
import type { Platform } from './platform.ts';

type OfLog = Pick<Platform, 'node' | 'store' | 'logFiles'>;

const rowsOf = ({ node, store }: Pick<Platform, 'node' | 'store'>): Promise<HandoverRow[]> =>
  store.db.selectFrom('handovers').selectAll().where('log', '=', node).orderBy('idx').execute();

/** Verifier keys of the node's log, the one in use first. */
export const vkeysOf = async (platform: OfLog): Promise<string[]> => {
  const before = (await rowsOf(platform)).map(({ from_vkey }) => from_vkey);
  return [platform.logFiles.vkey, ...before.reverse()];
};

/**
 * Receipts of the log's changes of key, one a line, the oldest first: what `followHandovers` of crank-verify reads. Each
 * is proven under the last head that its old key signed, so whoever trusts that key needs no other.
 */
export const handoversOf = async (platform: OfLog): Promise<string> => {
  const { node, store, logFiles } = platform;
  const files: string[] = [];
  for (const { idx, checkpoint } of await rowsOf(platform)) {
    const { envelope } = await store.db
      .selectFrom('receipts')
      .select('envelope')
      .where('log', '=', node)
      .where('idx', '=', idx)
      .executeTakeFirstOrThrow();
    files.push(receiptFile(envelope, await makeProof(logFiles.hashes(node), idx, checkpoint), null).toString());
  }
  return files.join('');
};

/**
 * Completes a hand-over that a crash interrupted between its commit and the change of keys.
 *
 * @throws CrankError `unavailable` where the key that the log was handed over to is gone
 */
export const settleHandover = async (store: Store, node: string, key: LogKey): Promise<void> => {
  const last = (await rowsOf({ node, store })).at(-1);
  if (last !== undefined) await key.use(last.to_vkey);
  const log = await store.db.selectFrom('logs').select('checkpoint').where('id', '=', node).executeTakeFirst();
  // A key that never signed this log must not carry it on: nobody could tell it from a thief's.
  const known = [key.vkey, last?.from_vkey].map((vkey) => vkey?.split('+')[1]);
  const signed = log?.checkpoint.split('\n').find((line) => line.startsWith('— '));
  const id = signed && Buffer.from(signed.split(' ')[2]!, 'base64').subarray(0, 4).toString('hex');
  if (id !== undefined && !known.includes(id)) {
    throw new CrankError(
      'unavailable',
      `The log ${node} was signed by the key ${node}+${id} until now, but the node has ${key.vkey.split('+', 2).join('+')}: put the old key back and rotate it (crank log rotate-key), or start a new log.`,
    );
  }
};
