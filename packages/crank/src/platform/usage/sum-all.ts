import { setImmediate as turn } from 'node:timers/promises';
import { CrankError } from '#src/core/error.ts';
import type { Store } from '#src/store/store.ts';
import { sumLog, unsummed } from '#src/store/sum-usage.ts';

/** Entries that are added at one time: milliseconds for which the gateway's thread does nothing else. */
const MOST = 250;
/** More than so many are not waited for. */
const PATIENCE = 50_000;

/**
 * Adds to usage what is committed and not in it yet, by whichever node: from here on it is what the receipts say.
 *
 * @throws CrankError `unavailable` where that takes long, as after an upgrade: nodes do it while they have nothing else to do
 */
export const sumAll = async (store: Store): Promise<void> => {
  const logs = await unsummed(store.db);
  const entries = logs.reduce((sum, log) => sum + log.entries, 0);
  if (entries > PATIENCE)
    throw new CrankError(
      'unavailable',
      `${entries} entries of the log are still being added up to usage: ask again in a while.`,
      { retryAfter: Math.ceil(entries / 10_000) },
    );
  for (const { log, entries: there } of logs) {
    // Those that were there when it was asked; more may come all the time.
    for (let left = there; left > 0; left -= MOST) {
      await sumLog(store, log, Math.min(left, MOST));
      await turn();
    }
  }
};
