import { join } from 'node:path';
import { loadSigner } from '../../packages/crank/src/engines/audit/keys.ts';
import { folderLog } from '../../packages/crank/src/engines/audit/log-reader.ts';
import { openTileFiles } from '../../packages/crank/src/engines/audit/tile-files.ts';
import { verifyLog } from '../../packages/crank/src/engines/audit/verify-log.ts';
import { LogFiles } from '../../packages/crank/src/platform/log-files.ts';
import { readEntries, readLog } from '../../packages/crank/src/store/log-store.ts';
import { openStore } from '../../packages/crank/src/store/store.ts';

export const ORIGIN = 'crash.test/log';

/**
 * Opens what a crash left as a node does at its start, and verifies all of it.
 *
 * @param acknowledged ids that must be there
 * @returns the log's size
 * @throws Error that says what is lost or wrong
 */
export const checkLog = async (folder: string, acknowledged: Iterable<string>): Promise<number> => {
  const store = await openStore({ sqlite: join(folder, 'crank.db') });
  try {
    const { vkey } = loadSigner(join(folder, 'keys'), ORIGIN);
    const log = { error: () => undefined };
    const files = await LogFiles.open({
      vkey,
      origin: ORIGIN,
      files: await openTileFiles(join(folder, 'log')),
      store,
      log,
    });
    await files.close();
    const rows = await store.db.selectFrom('receipts').select(['id', 'idx', 'envelope']).orderBy('idx').execute();
    const ids = new Set(rows.map(({ id }) => id));
    const lost = [...acknowledged].filter((id) => !ids.has(id));
    if (lost.length > 0) throw new Error(`${lost.length} acknowledged receipts are missing, ${lost[0]} among them`);
    const stored = await readLog(store.db, ORIGIN);
    if (stored === undefined) {
      if (rows.length > 0) throw new Error('there are receipts, but no log');
      return 0;
    }
    if (stored.size !== rows.length) throw new Error(`the log has ${stored.size} entries, but ${rows.length} receipts`);
    const report = await verifyLog({
      vkeys: [vkey],
      published: folderLog(await openTileFiles(join(folder, 'log'), { readOnly: true })),
      committed: { checkpoint: stored.checkpoint, entries: { read: (a, b) => readEntries(store.db, ORIGIN, a, b) } },
      envelopes: async (from, to) => rows.slice(from, to).map(({ envelope }) => envelope),
    });
    if (!report.ok) throw new Error(`the log does not verify: ${report.where}: ${report.message}`);
    if (report.envelopes !== stored.size) throw new Error('envelopes are missing');
    return stored.size;
  } finally {
    await store.close();
  }
};
