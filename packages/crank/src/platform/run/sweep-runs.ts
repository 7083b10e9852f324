import { isRunName } from '#src/core/run-name.ts';
import { nodePrincipal } from '../act.ts';
import type { Platform } from '../platform.ts';
import { removeAs } from '../services.ts';

/** Milliseconds for which code is kept that nobody runs. */
const KEEP_MS = 3_600_000;

/** Removes the hidden services of code that was not run for an hour. @param keepMs how long it is kept */
export const sweepRuns = async (platform: Platform, keepMs = KEEP_MS): Promise<void> => {
  const { runs } = platform;
  const { db } = platform.store;
  const before = Date.now() - keepMs;
  const rows = await db
    .selectFrom('services')
    .select(['account', 'name'])
    .where('name', 'like', 'run-%')
    .where('created_at', '<=', before)
    .execute();
  for (const { account, name } of rows) {
    if (!isRunName(name) || runs.lastUsed(account, name) > before) continue;
    const job = await db
      .selectFrom('jobs')
      .select('id')
      .where('account', '=', account)
      .where('service', '=', name)
      .where('state', '!=', 'ended')
      .executeTakeFirst();
    if (job !== undefined) continue;
    await removeAs(platform, nodePrincipal(platform, account), name);
    runs.forget(account, name);
  }
};
