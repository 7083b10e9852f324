import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEgress } from '#src/engines/egress/proxy.ts';
import { burning, burnRate, burnRules } from '#src/engines/telemetry/burn-rate.ts';
import { newAlertSecret } from '#src/platform/alert-secret.ts';
import type { EndedCall } from '#src/platform/call-counts.ts';
import { fileWrapper } from '#src/platform/key-wrapper.ts';
import type { Platform } from '#src/platform/platform.ts';
import type { RecordEntry } from '#src/platform/record-entry.ts';
import { EMPTY, PROMISE, quantileBound, tallyOf } from '#src/platform/slo/objective.ts';
import { SloWatch, secretContext } from '#src/platform/slo/slo-watch.ts';
import { WrappingKeys } from '#src/platform/wrapping-keys.ts';
import { openStore, type Store } from '#src/store/store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { temporaryFolder } from '../support/temporary.ts';

const MINUTE = 60_000;

describe('burn rates', () => {
  it('are those of the SRE workbook: a month’s budget in two days, five days, a month', () => {
    const days = burnRules.map(({ rate }) => 30 / rate);
    expect(days.map((one) => Math.round(one * 10) / 10)).toEqual([2.1, 5, 30]);
    expect(burnRate({ valid: 1000, bad: 10 }, 0.99)).toBeCloseTo(1);
    expect(burnRate({ valid: 0, bad: 0 }, 0.99)).toBe(0);
  });

  it('want both windows, and more than a few bad calls', () => {
    const tally = (bad: Record<number, number>) => (minutes: number) => ({ valid: 100, bad: bad[minutes] ?? 0 });
    expect(burning(tally({ 60: 20, 5: 20 }), 0.99)).toMatchObject({ severity: 'page', long: 60 });
    expect(burning(tally({ 60: 20, 5: 0 }), 0.99)).toBeUndefined();
    expect(burning(tally({ 360: 7, 30: 7 }), 0.99)).toMatchObject({ severity: 'page', long: 360 });
    expect(burning(tally({ 4320: 6, 360: 6 }), 0.95)).toMatchObject({ severity: 'ticket' });
    expect(burning(tally({ 60: 4, 5: 4 }), 0.9999)).toBeUndefined();
  });
});

describe('what counts', () => {
  const slot = EMPTY.map((_, i) => (i === 6 ? 98 : i === 7 ? 2 : i === EMPTY.length - 1 ? 5 : 0));

  it('for latency is what was answered, for availability what was not the caller’s fault', () => {
    expect(tallyOf(slot, PROMISE)).toEqual({ valid: 100, bad: 2 });
    expect(tallyOf(slot, { name: 'availability', target: 0.99, threshold: undefined })).toEqual({ valid: 105, bad: 5 });
    expect(quantileBound(slot, 0.98)).toBe(0.1);
    expect(quantileBound(slot, 0.99)).toBe(0.25);
    expect(quantileBound(EMPTY, 0.99)).toBeUndefined();
  });
});

describe('a watch on objectives', () => {
  const folder = temporaryFolder('slo');
  const wrapper = fileWrapper(WrappingKeys.open(join(folder.path, 'secrets')));
  let hooks: Server;
  let url = '';
  const got: { headers: IncomingHttpHeaders; body: string }[] = [];
  let store: Store;
  let clock: FakeClock;
  let acts: RecordEntry[];
  let watch: SloWatch;
  let secret: string;

  beforeAll(async () => {
    hooks = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      got.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => hooks.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(hooks.address() as { port: number }).port}/slo`;
  });
  afterAll(() => {
    hooks.close();
    folder.remove();
  });

  const open = async (): Promise<SloWatch> => {
    const one = new SloWatch(clock);
    const { port } = new URL(url);
    const on = {
      node: 'slo.local/1',
      account: 'acme',
      store,
      log: pino({ level: 'silent' }),
      deliveries: { wrapper } as Platform['deliveries'],
      egress: createEgress({ ceiling: [{ host: '127.0.0.1', port: Number(port) }] as never }),
      recorder: {
        commit: async (entry: RecordEntry) => {
          acts.push(entry);
          for (const { sql, parameters } of entry.queries ?? [])
            await store.db.executeQuery({ sql, parameters, query: { kind: 'RawNode' } as never, queryId: {} as never });
        },
      } as unknown as Platform['recorder'],
    };
    await one.start(on);
    return one;
  };

  beforeEach(async () => {
    got.length = 0;
    acts = [];
    clock = new FakeClock('2026-11-28T12:00:00Z');
    store = await openStore({ sqlite: ':memory:' });
    const at = { account: 'acme', service: 'words', kind: 'availability' };
    const sealed = await newAlertSecret(wrapper, secretContext(at));
    ({ secret } = sealed);
    const { secret: _, ...columns } = sealed;
    await store.db
      .insertInto('slos')
      .values({ ...at, target: 0.99, threshold: null, webhook: url, ...columns, created_at: 0, created_by: 'x' })
      .execute();
    watch = await open();
  });
  afterEach(async () => {
    await watch.close();
    await store.close();
  });

  const calls = (count: number, call: Partial<EndedCall>): void => {
    for (let i = 0; i < count; i++)
      watch.note({
        ...{ account: 'acme', service: 'words', outcome: 'ok', seconds: 0.01 },
        ...{ cpuNs: 0, joules: 0, grams: 0, timing: [], trace: undefined },
        ...call,
      });
  };
  const minute = async (): Promise<void> => {
    clock.pass(MINUTE);
    await watch.look();
    await watch.settled();
  };
  const told = () => got.map(({ body }) => JSON.parse(body).data.severity as string);
  const severities = () => Object.fromEntries(watch.states('acme').map((one) => [one.objective.name, one.severity]));

  it('tells once that a budget burns, in the log and signed to the webhook, and once that it does no more', async () => {
    calls(80, {});
    calls(20, { outcome: 'script-error' });
    calls(50, { outcome: 'invalid-input' }); // somebody else's fault
    await minute();
    expect(severities()).toEqual({ promise: undefined, availability: 'page' });
    expect(told()).toEqual(['page']);
    const [{ headers, body }] = got as [(typeof got)[number]];
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    expect(JSON.parse(body)).toMatchObject({
      type: 'slo.alert',
      data: { account: 'acme', service: 'words', objective: 'availability', target: 0.99, burnHour: 20 },
    });
    await minute();
    expect(told()).toEqual(['page']);
    // Five minutes on, the short window has only good calls.
    for (let i = 0; i < 6; i++) {
      calls(100, {});
      await minute();
    }
    expect(told()).toEqual(['page', 'ticket']); // of three days' budget too much is gone still
    calls(2_000, {});
    await minute();
    expect(severities()['availability']).toBeUndefined();
    expect(told()).toEqual(['page', 'ticket', 'resolved']);
    expect(acts).toHaveLength(3);
  });

  it('goes on where an earlier run of the node left: counts and alerts', async () => {
    calls(80, {});
    calls(20, { seconds: 0.2 });
    await minute();
    expect(severities()['promise']).toBe('page');
    await watch.close();
    const before = acts.length;
    watch = await open();
    const state = watch.states('acme').find(({ objective }) => objective.name === 'promise')!;
    expect(state.burn[60]).toBeCloseTo(20);
    // The short window is empty after a restart: that ends the alert, and nobody is told twice that it began.
    await minute();
    expect(acts.slice(before).map(({ statement }) => /"severity":"(\w+)"/.exec(statement)?.[1])).not.toContain('page');
  });

  it('forgets calls after three days, and keeps what nobody waited for out of it', async () => {
    calls(10, { seconds: 5 });
    calls(10, { seconds: undefined, outcome: 'crashed' });
    await minute();
    expect(watch.states('acme').map(({ burn }) => burn[4320])).toEqual([100, 0].map((rate) => expect.closeTo(rate)));
    clock.pass(73 * 60 * MINUTE);
    expect(watch.states('acme')).toEqual([]);
  });
});
