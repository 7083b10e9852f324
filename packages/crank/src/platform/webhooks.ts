import { randomBytes } from 'node:crypto';
import { formatDuration } from '#src/core/duration.ts';
import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import type { WebhookDeliveryRow, WebhookRow } from '#src/store/schema-service-life.ts';
import { act } from './act.ts';
import { identify } from './admit.ts';
import { permit } from './permit.ts';
import { permittedRow } from './permitted-row.ts';
import type { Platform } from './platform.ts';
import { type WebhookMap, wrongInMap } from './webhook-arguments.ts';
import { sealWebhook } from './webhook-secret.ts';
import type { WebhookKind } from './webhook-verify.ts';

const PAGE = 100;
const LEAST_SECRET = 16;

export interface WantedWebhook {
  service: string;
  operation: string;
  version?: string;
  verify: WebhookKind;
  /** That its sender signs with; made where absent. */
  secret?: string;
  map?: WebhookMap;
  toleranceMs: number;
}

export interface WebhookInfo {
  id: string;
  /** Where deliveries go; of a `token` webhook, the token comes behind it. */
  path: string;
  service: string;
  operation: string;
  version: string | null;
  verify: string;
  /** Where arguments come from; null: the payload is the arguments. */
  map: WebhookMap | null;
  tolerance: string;
  /** Id of the key that made it, and in whose name it acts. */
  principal: string;
  state: string;
  reason: string | null;
  created: string;
}

export interface DeliveryInfo {
  delivery: string;
  state: string;
  call: string | null;
  outcome: string | null;
  reason: string | null;
  received: string;
  ended: string | null;
}

/** Makes a webhook. Its secret is in this answer only. @throws CrankError `invalid-input`, `not-found` */
export const createWebhook = async (
  platform: Platform,
  authorization: string | undefined,
  read: () => Promise<WantedWebhook>,
): Promise<WebhookInfo & { secret: string; receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'webhook.create', { type: 'webhook', account });
  const wanted = await read();
  const target = await platform.catalog.resolve(account, wanted.service, wanted.version);
  const { operation } = target.operation(wanted.operation);
  const parameters = Object.keys((operation.input as { properties?: object }).properties ?? {});
  const map = wanted.map ?? (parameters.length === 1 ? { [parameters[0]!]: '' } : null);
  const wrong = map === null ? undefined : wrongInMap(map);
  if (wrong !== undefined) throw bad('map', wrong);
  const secret = wanted.secret ?? newSecret(wanted.verify);
  demandSecret(wanted.verify, secret);
  const row: WebhookRow = {
    ...(await sealWebhook(platform.deliveries.wrapper, newId('hook'), secret)),
    account,
    service: wanted.service,
    version: wanted.version ?? null,
    operation: wanted.operation,
    verify: wanted.verify,
    map: map && JSON.stringify(map),
    tolerance_ms: wanted.toleranceMs,
    principal: principal.id,
    state: 'active',
    reason: null,
    created_at: Date.now(),
  };
  const { id: webhook, service, operation: name, verify } = row;
  const receipt = await act(platform, principal, 'webhook.create', { webhook, service, operation: name, verify }, [
    platform.store.db.insertInto('webhooks').values(row).compile(),
  ]);
  return { ...info(row), secret, receipt };
};

const bad = (member: string, message: string): CrankError =>
  new CrankError('invalid-input', `The member "${member}": ${message}.`, {
    errors: [{ pointer: `/${member}`, message }],
  });

const newSecret = (kind: WebhookKind): string => {
  if (kind === 'stripe')
    throw bad('secret', 'Stripe makes it: give the one (whsec_...) that it shows for the endpoint');
  return kind === 'standard' ? `whsec_${randomBytes(32).toString('base64')}` : randomBytes(24).toString('base64url');
};

const demandSecret = (kind: WebhookKind, secret: string): void => {
  if (secret.length < LEAST_SECRET) throw bad('secret', `it must have at least ${LEAST_SECRET} characters`);
  if (kind === 'token' && !/^[\w-]{1,128}$/.test(secret))
    throw bad('secret', 'a token has at most 128 letters, digits, "-" and "_"');
  if (kind !== 'standard') return;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  if (key.length < LEAST_SECRET || !/^whsec_[A-Za-z0-9+/]+=*$/.test(secret))
    throw bad('secret', 'it must be whsec_ and the base64 of 16 bytes or more (Standard Webhooks)');
};

export const listWebhooks = async (platform: Platform, authorization: string | undefined): Promise<WebhookInfo[]> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'webhook.read', { type: 'webhook', account });
  const rows = await platform.store.db
    .selectFrom('webhooks')
    .selectAll()
    .where('account', '=', account)
    .orderBy('id')
    .execute();
  return rows.map(info);
};

/** @throws CrankError `not-found` */
export const describeWebhook = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<WebhookInfo> => info((await permitted(platform, authorization, 'webhook.read', id)).row);

/** The newest hundred. */
export const listDeliveries = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<DeliveryInfo[]> => {
  await permitted(platform, authorization, 'webhook.read', id);
  const rows = await platform.store.db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('webhook', '=', id)
    .orderBy('received_at', 'desc')
    .limit(PAGE)
    .execute();
  return rows.map(deliveryInfo);
};

/** Removes it with its history; calls and receipts stay. */
export const removeWebhook = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<{ receipt: string }> => {
  const { principal } = await permitted(platform, authorization, 'webhook.remove', id);
  const { db } = platform.store;
  const receipt = await act(platform, principal, 'webhook.remove', { webhook: id }, [
    db.deleteFrom('webhooks').where('id', '=', id).compile(),
    db.deleteFrom('webhook_deliveries').where('webhook', '=', id).compile(),
  ]);
  return { receipt };
};

const permitted = (platform: Platform, authorization: string | undefined, action: string, id: string) =>
  permittedRow(platform, authorization, action, {
    type: 'webhook',
    id,
    find: (account) =>
      platform.store.db
        .selectFrom('webhooks')
        .selectAll()
        .where('id', '=', id)
        .where('account', '=', account)
        .executeTakeFirst(),
  });

const info = (row: WebhookRow): WebhookInfo => ({
  id: row.id,
  path: `/v1/hooks/${row.id}`,
  service: row.service,
  operation: row.operation,
  version: row.version,
  verify: row.verify,
  map: row.map === null ? null : (JSON.parse(row.map) as WebhookMap),
  tolerance: formatDuration(row.tolerance_ms),
  principal: row.principal,
  state: row.state,
  reason: row.reason,
  created: new Date(row.created_at).toISOString(),
});

const deliveryInfo = (row: WebhookDeliveryRow): DeliveryInfo => ({
  delivery: row.delivery,
  state: row.state,
  call: row.call,
  outcome: row.outcome,
  reason: row.reason,
  received: new Date(row.received_at).toISOString(),
  ended: row.ended_at === null ? null : new Date(row.ended_at).toISOString(),
});
