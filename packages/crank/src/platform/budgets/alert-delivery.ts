import type { BudgetAlertRow } from '#src/store/schema-budgets.ts';
import { openAlertSecret } from '../alert-secret.ts';
import { postWebhook } from '../outgoing-webhook.ts';
import type { Platform } from '../platform.ts';

/** After so many milliseconds it is tried again. */
const BACKOFF_MS = [1_000, 5_000, 30_000, 300_000];

type Alert = Pick<BudgetAlertRow, 'budget' | 'period' | 'share'>;

/** Posts an alert to the webhook of its budget, several times where that fails. Its row says how it went. */
export const deliverAlert = async (platform: Platform, alert: Alert): Promise<void> => {
  const { db } = platform.store;
  const row = await db.selectFrom('budgets').selectAll().where('id', '=', alert.budget).executeTakeFirst();
  if (row === undefined || row.webhook === null) return;
  const secret = await openAlertSecret(platform.deliveries.wrapper, row, `budget ${row.id}`);
  if (secret === undefined) return; // another node's: that delivers it
  const url = new URL(row.webhook);
  const { account, scope, subject: of, period: every, nano_usd: limit } = row;
  const { budget, period, share } = alert;
  const data = { budget, account, scope, of, every, period, share, limitNanoUsd: limit, limitCalls: row.calls };
  const body = JSON.stringify({ type: 'budget.alert', timestamp: new Date().toISOString(), data });
  const id = `${budget}.${period}.${share}`;
  for (let attempt = 0; ; attempt++) {
    try {
      await postWebhook(platform, url, { id, secret, body });
      return await note(platform, alert, 'delivered');
    } catch (err) {
      const pause = BACKOFF_MS[attempt];
      platform.log.warn({ err, budget, share }, 'the webhook of a budget did not take an alert');
      if (pause === undefined || platform.load.draining)
        return await note(platform, alert, pause ? 'pending' : 'failed');
      await new Promise<void>((resolve) => {
        setTimeout(resolve, pause).unref();
      });
    }
  }
};

/** Takes up what a node left undelivered. */
export const resumeAlerts = async (platform: Platform): Promise<void> => {
  const rows = await platform.store.db
    .selectFrom('budget_alerts')
    .select(['budget', 'period', 'share'])
    .where('delivery', '=', 'pending')
    .execute();
  for (const alert of rows) {
    deliverAlert(platform, alert).catch((err: unknown) =>
      platform.log.error({ err, budget: alert.budget }, 'an alert could not be delivered'),
    );
  }
};

const note = async (platform: Platform, { budget, period, share }: Alert, delivery: string): Promise<void> => {
  await platform.store.db
    .updateTable('budget_alerts')
    .set({ delivery })
    .where('budget', '=', budget)
    .where('period', '=', period)
    .where('share', '=', share)
    .execute();
};
