import { sql } from 'kysely';
import { type Clock, pause } from '#src/core/clock.ts';
import { isRunName } from '#src/core/run-name.ts';
import { type BurnRule, burning, burnRate, burnRules } from '#src/engines/telemetry/burn-rate.ts';
import type { SloRow } from '#src/store/schema-slo.ts';
import { act, nodePrincipal } from '../act.ts';
import { openAlertSecret } from '../alert-secret.ts';
import type { EndedCall } from '../call-counts.ts';
import { postWebhook } from '../outgoing-webhook.ts';
import type { Platform } from '../platform.ts';
import { EMPTY, type Objective, objectiveOf, PROMISE, type Slot } from './objective.ts';
import { QUARTER, SloTallies } from './slo-tallies.ts';

const LOOK_MS = 60_000;
const KEEP_MS = 35 * 86_400_000;
const RETRY_MS = [1_000, 5_000, 30_000, 300_000];

type Watched = Pick<Platform, 'node' | 'account' | 'store' | 'recorder' | 'log' | 'egress' | 'deliveries'>;

/** How an objective of a service does on this node. */
export interface SloState {
  account: string;
  service: string;
  objective: Objective;
  /** How many times faster than allowed its error budget goes, by minutes of the window. */
  burn: Readonly<Record<number, number>>;
  /** What is told about it now. */
  severity: BurnRule['severity'] | undefined;
}

const windows = [...new Set(burnRules.flatMap(({ long, short }) => [long, short]))].sort((a, b) => a - b);

/** What alerts on a service's objectives are bound to. */
export const secretContext = ({ account, service, kind }: Pick<SloRow, 'account' | 'service' | 'kind'>): string =>
  `slo ${account}/${service} ${kind}`;

/**
 * Watches objectives on the calls that this node answers: counts them, writes what it counted each minute, and tells of those
 * whose error budget burns too fast.
 */
export class SloWatch {
  readonly #clock: Clock;
  readonly #tallies = new SloTallies();
  /** What is told now, by `account/service objective`. */
  readonly #alerts = new Map<string, BurnRule['severity']>();
  #rows: readonly SloRow[] = [];
  #on: Watched | undefined;
  #wake: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  readonly #stop = new AbortController();
  readonly #deliveries = new Set<Promise<void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(call: EndedCall): void {
    // Code that is run once is a service that no list shows, and nothing is promised of it.
    if (!isRunName(call.service)) this.#tallies.add(call, this.#clock.now());
  }

  /** Takes up what an earlier run had counted and told. */
  async start(on: Watched): Promise<void> {
    this.#on = on;
    const { db } = on.store;
    const now = this.#clock.now();
    const rows = await db
      .selectFrom('slo_quarters')
      .selectAll()
      .where('node', '=', on.node)
      .where('quarter', '>', Math.floor(now / QUARTER) - 288)
      .execute();
    for (const { account, service, quarter, slot } of rows)
      this.#tallies.restore(account, service, Number(quarter), slotIn(slot));
    for (const one of await db.selectFrom('slo_alerts').selectAll().where('node', '=', on.node).execute())
      this.#alerts.set(`${one.account}/${one.service} ${one.objective}`, one.severity as BurnRule['severity']);
    await this.changed();
    this.#arm();
  }

  /** Reads the objectives anew: one was set or removed. */
  async changed(): Promise<void> {
    this.#rows = (await this.#on?.store.db.selectFrom('slos').selectAll().execute()) ?? [];
  }

  /** Writes what was counted, and looks whether somebody is to be told. One look after the other. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      const on = this.#on;
      if (on === undefined) return;
      try {
        await this.#write(on);
        await this.changed(); // by other nodes, too
        for (const state of this.states()) await this.#judge(on, state);
      } catch (err) {
        on.log.error({ err }, 'objectives of services could not be looked at');
      }
    });
    return this.#looking;
  }

  /** Writes what was counted, so that it can be read from the database. */
  written(): Promise<void> {
    const turn = this.#looking.then(() => (this.#on === undefined ? undefined : this.#write(this.#on)));
    this.#looking = turn.catch(() => undefined);
    return turn;
  }

  /** Every objective of services with calls in the last three days. */
  states(account?: string): SloState[] {
    const now = this.#clock.now();
    return this.#tallies
      .services(now)
      .filter((at) => account === undefined || at.account === account)
      .flatMap((at) => {
        const own = this.#rows.filter((row) => row.account === at.account && row.service === at.service);
        return [PROMISE, ...own.map(objectiveOf)].map((objective): SloState => {
          const tally = (minutes: number) => this.#tallies.tally(at, objective, minutes, now);
          const burn = Object.fromEntries(
            windows.map((minutes) => [minutes, burnRate(tally(minutes), objective.target)]),
          );
          return { ...at, objective, burn, severity: burning(tally, objective.target)?.severity };
        });
      });
  }

  /** Resolves once nothing is on its way to a webhook. */
  async settled(): Promise<void> {
    await this.#looking;
    await Promise.all(this.#deliveries);
  }

  async close(): Promise<void> {
    this.#wake?.();
    this.#stop.abort();
    await this.settled();
    if (this.#on !== undefined) await this.#write(this.#on);
  }

  #arm(): void {
    this.#wake = this.#clock.after(LOOK_MS, () => {
      void this.look().finally(() => {
        if (!this.#stop.signal.aborted) this.#arm();
      });
    });
  }

  async #write({ node, store: { db } }: Watched): Promise<void> {
    for (const { slot, ...at } of this.#tallies.changed())
      await db
        .insertInto('slo_quarters')
        .values({ node, ...at, slot: JSON.stringify(slot) })
        .onConflict((c) =>
          c.columns(['account', 'service', 'quarter', 'node']).doUpdateSet({ slot: sql`excluded.slot` }),
        )
        .execute();
    const oldest = Math.floor((this.#clock.now() - KEEP_MS) / QUARTER);
    await db.deleteFrom('slo_quarters').where('node', '=', node).where('quarter', '<', oldest).execute();
  }

  /** Tells of an objective where that changed. */
  async #judge(on: Watched, state: SloState): Promise<void> {
    const { account, service, objective, severity, burn } = state;
    const { name, target, threshold } = objective;
    const key = `${account}/${service} ${name}`;
    const before = this.#alerts.get(key);
    if (before === severity) return;
    const { db } = on.store;
    const at = { node: on.node, account, service, objective: name };
    const since = this.#clock.now();
    const row =
      severity === undefined
        ? db
            .deleteFrom('slo_alerts')
            .where('node', '=', at.node)
            .where('account', '=', account)
            .where('service', '=', service)
            .where('objective', '=', name)
        : db
            .insertInto('slo_alerts')
            .values({ ...at, severity, since })
            .onConflict((c) => c.columns(['node', 'account', 'service', 'objective']).doUpdateSet({ severity, since }));
    const said = {
      ...{ service, objective: name, target, ...(threshold !== undefined && { thresholdMs: threshold * 1e3 }) },
      severity: severity ?? 'resolved',
      burnHour: round(burn[60]!),
      burnSixHours: round(burn[360]!),
    };
    const receipt = await act(on, nodePrincipal(on, account), 'slo.alert', said, [row.compile()]);
    if (severity === undefined) this.#alerts.delete(key);
    else this.#alerts.set(key, severity);
    on.log.warn({ account, ...said, receipt }, 'an objective of a service');
    const own = this.#rows.find((one) => one.account === account && one.service === service && one.kind === name);
    if (own?.webhook == null) return;
    const delivery = this.#deliver(on, own, { account, ...said, receipt }).finally(() =>
      this.#deliveries.delete(delivery),
    );
    this.#deliveries.add(delivery);
  }

  async #deliver(on: Watched, row: SloRow, data: { receipt: string } & Record<string, unknown>): Promise<void> {
    const secret = await openAlertSecret(on.deliveries.wrapper, row, secretContext(row));
    if (secret === undefined) return;
    const body = JSON.stringify({ type: 'slo.alert', timestamp: new Date(this.#clock.now()).toISOString(), data });
    for (const wait of [...RETRY_MS, undefined]) {
      try {
        return await postWebhook(on, new URL(row.webhook!), { id: data.receipt, secret, body });
      } catch (err) {
        on.log.warn(
          { err, service: row.service, objective: row.kind },
          'the webhook of an objective did not take an alert',
        );
        if (wait === undefined || this.#stop.signal.aborted) return;
        await pause(this.#clock, wait, this.#stop.signal);
      }
    }
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;

const slotIn = (text: string): Slot => {
  const slot = JSON.parse(text) as number[];
  // Of a version with other bounds: nothing can be made of it.
  return slot.length === EMPTY.length ? slot : EMPTY;
};
