import { randomBytes } from 'node:crypto';
import type { BudgetAlertRow, BudgetRow } from '#src/store/schema-budgets.ts';
import type { KeyWrapper } from '../key-wrapper.ts';
import { postWebhook } from '../outgoing-webhook.ts';
import type { Platform } from '../platform.ts';
import { Vault } from '../vault.ts';

/** After so many milliseconds it is tried again. */
const BACKOFF_MS = [1_000, 5_000, 30_000, 300_000];

type Sealed = Pick<BudgetRow, 'wrapped_by' | 'wrapped' | 'sealed'>;
type Alert = Pick<BudgetAlertRow, 'budget' | 'period' | 'share'>;

/** A new secret to sign deliveries of a budget with: base64 behind `whsec_`. */
export const newAlertSecret = async (wrapper: KeyWrapper, id: string): Promise<{ secret: string } & Sealed> => {
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const key = randomBytes(32);
  const sealed = new Vault(key).seal(Buffer.from(secret), `budget ${id}`);
  return { secret, ...(await wrapper.wrap(key, `budget ${id}`)), sealed };
};

const secretOf = async (wrapper: KeyWrapper, { id, wrapped_by, wrapped, sealed }: BudgetRow) => {
  if (wrapped_by === null || wrapped === null || sealed === null) return undefined;
  const key = await wrapper.unwrap(wrapped_by, wrapped, `budget ${id}`);
  return key && new Vault(key).open(sealed, `budget ${id}`).toString();
};

/** Posts an alert to the webhook of its budget, several times where that fails. Its row says how it went. */
export const deliverAlert = async (platform: Platform, alert: Alert): Promise<void> => {
  const { db } = platform.store;
  const row = await db.selectFrom('budgets').selectAll().where('id', '=', alert.budget).executeTakeFirst();
  if (row === undefined || row.webhook === null) return;
  const secret = await secretOf(platform.deliveries.wrapper, row);
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
