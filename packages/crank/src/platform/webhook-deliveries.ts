import { randomBytes } from 'node:crypto';
import { type Clock, pause } from '#src/core/clock.ts';
import { CrankError, type ErrorCode } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import type { Principal } from '#src/core/service.ts';
import { parseTraceContext } from '#src/core/trace-context.ts';
import type { WebhookDeliveryRow, WebhookRow } from '#src/store/schema-service-life.ts';
import { act, nodePrincipal } from './act.ts';
import { LEFT_ALONE, mayHaveEffects } from './effects.ts';
import { fire } from './firing.ts';
import type { KeyWrapper } from './key-wrapper.ts';
import type { Platform } from './platform.ts';
import type { Vault } from './vault.ts';
import { argumentsOf, type WebhookMap } from './webhook-arguments.ts';
import { openWebhook, sealWebhook } from './webhook-secret.ts';
import { type Delivered, verify, type WebhookKind } from './webhook-verify.ts';

const LEASE_MS = 60_000;
const RETRY_MS = 2_000;
/** For so long a call that was refused for want of room is tried again. */
const PATIENCE_MS = 300_000;
/** A repeat is known for so long. */
const KEEP_MS = 90 * 86_400_000;
/** Of one webhook at one time on this node. */
const MOST_RUNNING = 100;
const passing: ReadonlySet<ErrorCode> = new Set(['overloaded', 'unavailable', 'isolation-unavailable', 'rate-limited']);

/** What is answered to a delivery. */
export interface Receipted {
  /** The call, made or under way: its receipt has the same id. */
  call: string | null;
  /** Whether it was delivered before. */
  duplicate: boolean;
}

/**
 * Turns deliveries into calls. A delivery that is accepted is a row with its arguments: it is known again when it is
 * repeated, and its call is made also where the node dies in the middle.
 */
export class Deliveries {
  readonly #clock: Clock;
  readonly #wrapper: KeyWrapper;
  /** Stands for webhooks that are not there, so that they take as long. */
  readonly #decoy: Promise<WebhookRow>;
  readonly #running = new Map<string, { row: WebhookDeliveryRow; done: Promise<void> }>();
  readonly #stop = new AbortController();
  #renew: (() => void) | undefined;

  constructor(clock: Clock, wrapper: KeyWrapper) {
    this.#clock = clock;
    this.#wrapper = wrapper;
    this.#decoy = decoy(wrapper);
  }

  get wrapper(): KeyWrapper {
    return this.#wrapper;
  }

  /** Begins: makes the calls that a node left unmade. */
  async start(platform: Platform): Promise<void> {
    await this.#recover(platform, false);
    this.#tick(platform);
  }

  /** Takes no more up, and waits for what is under way. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#renew?.();
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /**
   * Accepts a delivery, durably, and begins its call.
   *
   * @throws CrankError `not-found` for a webhook that is not there and for a signature that is wrong, which cannot be told
   * apart; `forbidden` for a right one that is too old; `malformed-request`, `rate-limited`, `overloaded`, `unavailable`
   */
  async accept(platform: Platform, id: string, delivered: Delivered): Promise<Receipted> {
    const { db } = platform.store;
    const found = await db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst();
    const hook = found ?? { ...(await this.#decoy), verify: kindOf(delivered) };
    const opened = await openWebhook(this.#wrapper, hook);
    const verified = verify(hook.verify as WebhookKind, opened?.secret ?? randomBytes(16).toString('hex'), delivered);
    if (found === undefined || opened === undefined || verified === undefined || hook.state !== 'active') {
      platform.refusals.count('not-found webhook');
      throw none();
    }
    const owner = await platform.identity.byId(hook.account, hook.principal);
    if (owner === undefined) {
      await stopFor(platform, hook);
      throw none();
    }
    platform.rate.take(hook);
    const now = this.#clock.now();
    if (verified.at !== undefined && Math.abs(now - verified.at) > hook.tolerance_ms)
      throw new CrankError(
        'forbidden',
        `The delivery was signed ${Math.round(Math.abs(now - verified.at) / 1_000)} s from now, and ${hook.tolerance_ms / 1_000} s are allowed: send it anew, and check the clocks.`,
      );
    const { refusal } = platform.recorder;
    if (refusal !== undefined || platform.load.draining)
      throw new CrankError('unavailable', 'The node takes no deliveries now: try again soon.', { retryAfter: 5 });
    if ([...this.#running.values()].filter(({ row }) => row.webhook === id).length >= MOST_RUNNING)
      throw new CrankError('overloaded', `${MOST_RUNNING} deliveries are under way: try again soon.`, {
        retryAfter: 5,
      });
    const input = argumentsOf(hook.map === null ? null : (JSON.parse(hook.map) as WebhookMap), delivered);
    const delivery = verified.id ?? newId('dlv', now);
    const { traceparent } = delivered.headers;
    const row: WebhookDeliveryRow = {
      webhook: id,
      delivery,
      state: 'running',
      call: newId('call', now),
      outcome: null,
      reason: null,
      input: opened.vault.seal(input, contextOf(id, delivery)),
      node: platform.node,
      lease_until: now + LEASE_MS,
      received_at: now,
      ended_at: null,
      trace: typeof traceparent === 'string' && parseTraceContext(traceparent) !== undefined ? traceparent : null,
    };
    const taken = await this.#take(platform, row);
    if (taken !== undefined) return { call: taken.call, duplicate: true };
    this.#begin(platform, hook, opened.vault, row);
    return { call: row.call, duplicate: false };
  }

  /** Deletes what a repeat is no longer known by. */
  async sweep(platform: Platform): Promise<void> {
    await platform.store.db
      .deleteFrom('webhook_deliveries')
      .where('received_at', '<', this.#clock.now() - KEEP_MS)
      .where('state', '=', 'ended')
      .execute();
  }

  /** Inserts the row. Where there is one already: that, unless it failed, for then a repeat is another try. */
  async #take({ store: { db } }: Platform, row: WebhookDeliveryRow): Promise<WebhookDeliveryRow | undefined> {
    const { webhook, delivery, ...rest } = row;
    const inserted = await db
      .insertInto('webhook_deliveries')
      .values(row)
      .onConflict((c) =>
        c
          .columns(['webhook', 'delivery'])
          .doUpdateSet(rest)
          .where('webhook_deliveries.state', '=', 'ended')
          .where('webhook_deliveries.outcome', '!=', 'ok'),
      )
      .returning('delivery')
      .executeTakeFirst();
    if (inserted !== undefined) return undefined;
    return db
      .selectFrom('webhook_deliveries')
      .selectAll()
      .where('webhook', '=', webhook)
      .where('delivery', '=', delivery)
      .executeTakeFirst();
  }

  #begin(platform: Platform, hook: WebhookRow, vault: Vault, row: WebhookDeliveryRow): void {
    const key = `${row.webhook} ${row.delivery}`;
    const done = this.#execute(platform, hook, vault, row)
      .catch((err: unknown) => platform.log.error({ err, webhook: hook.id }, 'a delivery could not be made a call'))
      .finally(() => this.#running.delete(key));
    this.#running.set(key, { row, done });
  }

  async #execute(platform: Platform, hook: WebhookRow, vault: Vault, row: WebhookDeliveryRow): Promise<void> {
    const owner = await platform.identity.byId(hook.account, hook.principal);
    if (owner === undefined) return end(platform, row, { outcome: 'forbidden', call: null, reason: revoked(hook) });
    const input = vault.open(row.input!, contextOf(row.webhook, row.delivery));
    for (;;) {
      try {
        const outcome = await fire(platform, {
          call: row.call!,
          principal: webhookPrincipal(hook, owner),
          service: hook.service,
          version: hook.version ?? undefined,
          operation: hook.operation,
          input,
          tags: `webhook=${hook.id}`,
          trace: parseTraceContext(row.trace ?? undefined),
          signal: new AbortController().signal,
        });
        return await end(platform, row, { outcome, call: row.call, reason: null });
      } catch (error) {
        const { code, message } = error instanceof CrankError ? error : new CrankError('internal', 'The node failed.');
        if (!(error instanceof CrankError)) platform.log.error({ err: error, call: row.call }, 'a delivery failed');
        if (this.#stop.signal.aborted && code === 'unavailable') return; // the next start makes it
        if (!passing.has(code) || this.#clock.now() > row.received_at + PATIENCE_MS)
          return end(platform, row, { outcome: code, call: null, reason: message });
        await pause(this.#clock, RETRY_MS, this.#stop.signal);
        if (this.#stop.signal.aborted) return;
      }
    }
  }

  /** Takes over what a node that died was at: at the start this one, too. */
  async #recover(platform: Platform, started: boolean): Promise<void> {
    const { db } = platform.store;
    const now = this.#clock.now();
    const left = await db
      .selectFrom('webhook_deliveries')
      .selectAll()
      .where('state', '=', 'running')
      .where((e) =>
        started ? e('lease_until', '<', now) : e.or([e('node', '=', platform.node), e('lease_until', '<', now)]),
      )
      .execute();
    for (const row of left) {
      if (this.#running.has(`${row.webhook} ${row.delivery}`)) continue;
      const hook = await db.selectFrom('webhooks').selectAll().where('id', '=', row.webhook).executeTakeFirst();
      const opened = hook && (await openWebhook(this.#wrapper, hook));
      if (opened === undefined) continue; // another node's to make
      const taken = await db
        .updateTable('webhook_deliveries')
        .set({ node: platform.node, lease_until: now + LEASE_MS })
        .where('webhook', '=', row.webhook)
        .where('delivery', '=', row.delivery)
        .where('state', '=', 'running')
        .where('lease_until', '=', row.lease_until)
        .executeTakeFirst();
      if (taken.numUpdatedRows === 1n) await this.#resume(platform, hook!, opened.vault, row);
    }
  }

  async #resume(platform: Platform, hook: WebhookRow, vault: Vault, row: WebhookDeliveryRow): Promise<void> {
    const { db } = platform.store;
    const made = await db.selectFrom('calls').select('outcome').where('id', '=', row.call).executeTakeFirst();
    if (made !== undefined) return end(platform, row, { outcome: made.outcome, call: row.call, reason: null });
    if (!(await mayHaveEffects(platform.catalog, hook))) return this.#begin(platform, hook, vault, row);
    await end(platform, row, { outcome: 'unavailable', call: null, reason: LEFT_ALONE });
  }

  #tick(platform: Platform): void {
    this.#renew = this.#clock.after(LEASE_MS / 3, () => {
      const renewed = [...this.#running.values()].map(({ row }) =>
        platform.store.db
          .updateTable('webhook_deliveries')
          .set({ lease_until: this.#clock.now() + LEASE_MS })
          .where('webhook', '=', row.webhook)
          .where('delivery', '=', row.delivery)
          .where('node', '=', platform.node)
          .execute(),
      );
      Promise.all(renewed)
        .then(() => this.#recover(platform, true))
        .catch((err: unknown) => platform.log.error({ err }, 'deliveries could not be looked at'));
      if (!this.#stop.signal.aborted) this.#tick(platform);
    });
  }
}

/** Who a webhook is in receipts and to policy. */
const webhookPrincipal = ({ id, account }: WebhookRow, owner: Principal): Principal => ({
  id,
  name: `webhook ${id}`,
  kind: 'service',
  account,
  role: owner.role,
  onBehalfOf: owner.id,
});

const contextOf = (webhook: string, delivery: string): string => `delivery ${webhook} ${delivery}`;

const none = (): CrankError =>
  new CrankError('not-found', 'There is no such webhook, or its signature or token is not right.');

const revoked = ({ principal }: WebhookRow): string => `The key ${principal}, in whose name it ran, is revoked.`;

const stopFor = async (platform: Platform, hook: WebhookRow): Promise<void> => {
  const reason = revoked(hook);
  const query = platform.store.db
    .updateTable('webhooks')
    .set({ state: 'stopped', reason })
    .where('id', '=', hook.id)
    .compile();
  const object = { webhook: hook.id, principal: hook.principal, reason };
  await act(platform, nodePrincipal(platform, hook.account), 'webhook.stop', object, [query]);
};

const end = async (
  { store, node }: Platform,
  { webhook, delivery }: WebhookDeliveryRow,
  how: Pick<WebhookDeliveryRow, 'outcome' | 'call' | 'reason'>,
): Promise<void> => {
  await store.db
    .updateTable('webhook_deliveries')
    .set({ ...how, state: 'ended', input: null, ended_at: Date.now() })
    .where('webhook', '=', webhook)
    .where('delivery', '=', delivery)
    .where('node', '=', node)
    .execute();
};

/** By its headers, so that one that is not there does the work of one that is. */
const kindOf = ({ headers }: Delivered): WebhookKind =>
  headers['x-hub-signature-256'] !== undefined
    ? 'github'
    : headers['stripe-signature'] !== undefined
      ? 'stripe'
      : headers['webhook-signature'] !== undefined
        ? 'standard'
        : 'token';

const decoy = async (wrapper: KeyWrapper): Promise<WebhookRow> => ({
  ...(await sealWebhook(wrapper, newId('hook'), randomBytes(32).toString('hex'))),
  ...{ account: '', service: '', version: null, operation: '', verify: 'token', map: null, tolerance_ms: 0 },
  ...{ principal: '', state: 'active', reason: null, created_at: 0 },
});
