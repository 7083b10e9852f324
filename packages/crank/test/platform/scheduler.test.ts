import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CrankError } from '#src/core/error.ts';
import { Identity } from '#src/engines/identity/identity.ts';
import { timetable } from '#src/platform/cron.ts';
import type { Firing } from '#src/platform/firing.ts';
import type { RecordEntry } from '#src/platform/record-entry.ts';
import { dueAt, planOf } from '#src/platform/schedule-claim.ts';
import { Scheduler, type SchedulerPlatform } from '#src/platform/scheduler.ts';
import type { ScheduleRow, ScheduleRunRow } from '#src/store/schema-service-life.ts';
import { openStore, type Store, type StoreLocation } from '#src/store/store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startPostgres } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary.ts';

const MINUTE = 60_000;
const at = (text: string): number => Date.parse(text);
const times = (cron: string, zone: string, from: string, count: number): string[] => {
  const table = timetable(cron, zone);
  const found: string[] = [];
  for (let next = table.next(at(from)); next !== undefined && found.length < count; next = table.next(next))
    found.push(new Date(next).toISOString().replace(':00.000Z', 'Z'));
  return found;
};

describe('a timetable', () => {
  it('keeps to the clocks of its zone', () => {
    expect(times('0 9 * * 1-5', 'Europe/Berlin', '2026-10-22T12:00Z', 3)).toEqual([
      '2026-10-23T07:00Z',
      '2026-10-26T08:00Z',
      '2026-10-27T08:00Z',
    ]);
    expect(times('@daily', 'America/New_York', '2026-03-07T12:00Z', 3)).toEqual([
      '2026-03-08T05:00Z',
      '2026-03-09T04:00Z',
      '2026-03-10T04:00Z',
    ]);
    expect(times('0 0 1 JAN MON', 'UTC', '2026-01-01T12:00Z', 2)).toEqual(['2026-01-05T00:00Z', '2026-01-12T00:00Z']);
  });

  it('a time that is skipped comes right after the gap; one that is there twice comes once', () => {
    expect(times('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', 2)).toEqual([
      '2026-03-29T01:00Z',
      '2026-03-30T00:30Z',
    ]);
    expect(times('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 2)).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
    expect(times('15,45 1-2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 4)).toHaveLength(4);
  });

  it('what comes every so often goes on by the minutes that pass', () => {
    expect(times('*/30 * * * *', 'Europe/Berlin', '2026-10-25T00:00Z', 4)).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-25T01:00Z',
      '2026-10-25T01:30Z',
      '2026-10-25T02:00Z',
    ]);
    expect(times('*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:30Z', 2)).toEqual([
      '2026-03-29T01:00Z',
      '2026-03-29T01:30Z',
    ]);
  });

  it('knows the last instant until a time', () => {
    const table = timetable('*/5 * * * *', 'UTC');
    expect(table.last(at('2026-01-01T12:05Z'))).toBe(at('2026-01-01T12:05Z'));
    expect(table.last(at('2026-01-01T12:05Z') - 1)).toBe(at('2026-01-01T12:00Z'));
    expect(table.last(at('2026-01-01T12:05Z') - 500)).toBe(at('2026-01-01T12:00Z'));
    expect(table.last(at('2026-01-01T12:05:00.400Z'))).toBe(at('2026-01-01T12:05Z'));
  });

  it.each([
    ['* * * *', 'UTC'],
    ['* * * * * *', 'UTC'],
    ['61 * * * *', 'UTC'],
    ['@reboot', 'UTC'],
    ['2026-01-01T00:00:00', 'UTC'],
    ['? * * * *', 'UTC'],
    ['0 9 * * 1-5', 'Mars/Olympus'],
    ['0 9 * * 1-5', ''],
  ])('refuses %s in %s', (cron, zone) => {
    expect(() => timetable(cron, zone)).toThrow(CrankError);
  });
});

describe('a plan', () => {
  const hourly = timetable('@hourly', 'UTC');
  const plan = (next: string, now: string, more: Partial<ScheduleRow> = {}) => {
    const made = planOf({ id: 's', jitter_ms: 0, grace_ms: 5 * MINUTE, next_at: at(next), ...more }, hourly, at(now));
    const text = (ms: number | undefined) => ms && new Date(ms).toISOString().slice(11, 16);
    return [text(made.fire), text(made.next), text(made.missed?.first), text(made.missed?.last)];
  };
  it.each([
    ['in time', '10:00', '10:00', ['10:00', '11:00', undefined, undefined]],
    ['within the grace', '10:00', '10:05', ['10:00', '11:00', undefined, undefined]],
    ['too late', '10:00', '10:06', [undefined, '11:00', '10:00', '10:00']],
    ['hours too late, the last in time', '07:00', '10:01', ['10:00', '11:00', '07:00', '09:00']],
    ['hours too late, all of them', '07:00', '10:30', [undefined, '11:00', '07:00', '10:00']],
    ['not yet', '10:00', '09:59', [undefined, '10:00', undefined, undefined]],
  ])('%s', (_, next, now, expected) => {
    expect(plan(`2026-01-01T${next}Z`, `2026-01-01T${now}Z`)).toEqual(expected);
  });
  it('one firing stands for several within the grace', () => {
    const grace = { grace_ms: 6 * 60 * MINUTE };
    expect(plan('2026-01-01T07:00Z', '2026-01-01T10:30Z', grace)).toEqual(['10:00', '11:00', undefined, undefined]);
  });
});

const stores: [string, () => Promise<{ location: StoreLocation; remove: () => Promise<void> | void }>][] = [
  [
    'SQLite',
    async () => {
      const folder = temporaryFolder('schedules');
      return { location: { sqlite: join(folder.path, 'crank.db') }, remove: () => folder.remove() };
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const server = await startPostgres();
      return { location: { postgres: server.url }, remove: server.stop };
    },
  ],
];

describe.each(stores)('schedules on %s', (_, open) => {
  let location: StoreLocation;
  let remove: () => Promise<void> | void;
  let store: Store;
  let clock: FakeClock;
  let owner: string;
  let acts: RecordEntry[];
  let fired: Firing[];
  const opened: { store: Store; scheduler: Scheduler<SchedulerPlatform> }[] = [];
  let network: readonly string[] | undefined;
  /** Ends of firings that are held up. */
  let holds: (() => void)[] = [];
  let ending = false;

  beforeAll(async () => {
    ({ location, remove } = await open());
    store = await openStore(location);
  });
  afterAll(async () => {
    await store.close();
    await remove();
  });
  beforeEach(async () => {
    clock = new FakeClock('2026-01-01T09:59:30Z');
    acts = [];
    fired = [];
    network = undefined;
    holds = [];
    ending = false;
    for (const table of ['schedules', 'schedule_runs', 'calls', 'keys'] as const)
      await store.db.deleteFrom(table).execute();
    const key = new Identity(store.db).create({ account: 'acme', name: 'k', role: 'developer' });
    owner = key.info.id;
    await store.db.executeQuery(key.query);
  });
  afterEach(async () => {
    ending = true;
    for (const release of holds) release();
    for (const one of opened.splice(0)) {
      await one.scheduler.close();
      await one.store.close();
    }
  });

  /** A node on the same database. */
  const node = async (
    name: string,
    fire: (firing: Firing) => Promise<string> = async () => 'ok',
    start = true,
  ): Promise<Scheduler<SchedulerPlatform>> => {
    const own = await openStore(location, { migrate: false });
    const commit = async (entry: RecordEntry) => {
      acts.push(entry);
      for (const { sql, parameters } of entry.queries ?? [])
        await own.db.executeQuery({ sql, parameters } as Parameters<typeof own.db.executeQuery>[0]);
      return { index: 0, size: 0 };
    };
    const platform = {
      node: name,
      store: own,
      identity: new Identity(own.db),
      recorder: { commit },
      catalog: { resolve: async () => ({ manifest: { network } }) },
      log: pino({ level: 'silent' }),
    } as unknown as SchedulerPlatform;
    const scheduler = new Scheduler<SchedulerPlatform>(clock, (_platform, firing) => {
      fired.push(firing);
      return fire(firing);
    });
    opened.push({ store: own, scheduler });
    if (start) await scheduler.start(platform);
    return scheduler;
  };

  const add = async (more: Partial<ScheduleRow> = {}): Promise<ScheduleRow> => {
    const row: ScheduleRow = {
      ...{
        id: 'sched_1',
        account: 'acme',
        service: 's',
        version: null,
        operation: 'f',
        cron: '* * * * *',
        zone: 'UTC',
      },
      ...{ input: '{"a":1}', principal: owner, grace_ms: 5 * MINUTE, overlap: 'skip', jitter_ms: 0, state: 'active' },
      ...{ reason: null, created_at: 0, due_at: null },
      ...{ next_at: at('2026-01-01T10:00Z') },
      ...more,
    };
    row.due_at ??= dueAt(row, row.next_at!);
    await store.db.insertInto('schedules').values(row).execute();
    return row;
  };
  const runs = (): Promise<ScheduleRunRow[]> =>
    store.db.selectFrom('schedule_runs').selectAll().orderBy('schedule').orderBy('instant').execute();
  const shown = async (): Promise<string[]> =>
    (await runs()).map(({ instant, state, outcome }) =>
      [new Date(instant).toISOString().slice(11, 16), state, ...(outcome === null ? [] : [outcome])].join(' '),
    );
  const settle = async (...schedulers: Scheduler<SchedulerPlatform>[]): Promise<void> => {
    for (const one of schedulers) await one.look();
    for (const one of schedulers) await one.settled();
  };

  it('fires as whom it is, in the name of whoever made it', async () => {
    await add();
    const one = await node('one');
    clock.pass(30_000);
    await settle(one);
    expect(fired).toMatchObject([
      {
        principal: { id: 'sched_1', kind: 'service', account: 'acme', role: 'developer', onBehalfOf: owner },
        operation: 'f',
        tags: 'schedule=sched_1',
      },
    ]);
    expect(fired[0]!.input.toString()).toBe('{"a":1}');
    expect(await runs()).toMatchObject([{ state: 'ended', outcome: 'ok', call: fired[0]!.call, trigger: 'cron' }]);
  });

  it('each instant once, with three nodes that look at the same time', async () => {
    for (let n = 0; n < 5; n++) await add({ id: `sched_${n}` });
    const nodes = [await node('one'), await node('two'), await node('three')];
    for (let minute = 0; minute < 20; minute++) {
      // Time that passes wakes them: nothing passes after the last minute is settled.
      clock.pass(minute === 0 ? 30_000 : MINUTE);
      await Promise.all(nodes.map((one) => settle(one)));
    }
    const twice = fired.filter(({ call }, i) => fired.findIndex((one) => one.call === call) !== i);
    expect(twice, JSON.stringify(await runs())).toEqual([]);
    expect(fired).toHaveLength(100);
    expect((await shown()).filter((run) => !run.endsWith('ended ok'))).toEqual([]);
    expect(await runs()).toHaveLength(100);
  });

  it('a node that was not there runs the last within the grace, and says what it missed', async () => {
    await add({ cron: '@hourly' });
    clock.jump('2026-01-01T13:02Z');
    await settle(await node('one'));
    expect(await shown()).toEqual(['10:00 missed', '13:00 ended ok']);
    expect((await runs())[0]!.reason).toContain('from 2026-01-01T10:00:00.000Z to 2026-01-01T12:00:00.000Z');
    expect(fired).toHaveLength(1);
  });

  it('beyond the grace it runs none', async () => {
    await add({ cron: '@hourly' });
    clock.jump('2026-01-01T10:06Z');
    const one = await node('one');
    await settle(one);
    expect(await shown()).toEqual(['10:00 missed']);
    clock.jump('2026-01-01T11:00Z');
    await settle(one);
    expect(await shown()).toEqual(['10:00 missed', '11:00 ended ok']);
  });

  it('a clock that jumps ahead and back fires nothing twice, and loses nothing', async () => {
    await add({ cron: '@hourly' });
    const one = await node('one');
    clock.jump('2026-01-01T10:00Z');
    await settle(one);
    clock.jump('2027-01-01T00:00:10Z');
    await settle(one);
    clock.jump('2026-01-01T09:30Z');
    await settle(one);
    for (const time of ['10:00', '11:00', '12:00']) {
      clock.jump(`2026-01-01T${time}Z`);
      await settle(one);
    }
    expect(await shown()).toEqual(['10:00 ended ok', '11:00 ended ok', '12:00 ended ok', '00:00 ended ok']);
    expect(fired).toHaveLength(4);
  });

  it('nor does one that was wrong before the node started', async () => {
    await add({ cron: '@hourly', next_at: at('2030-01-01T00:00Z') });
    const one = await node('one');
    clock.jump('2026-01-01T10:00Z');
    await settle(one);
    expect(await shown()).toEqual(['10:00 ended ok']);
  });

  it('wakes by itself', async () => {
    await add();
    const done = Promise.withResolvers<void>();
    const one = await node('one', async () => {
      done.resolve();
      return 'ok';
    });
    for (let n = 0; n < 4; n++) {
      clock.pass(10_000);
      await one.settled();
    }
    await done.promise;
  });

  describe('while the firing before is under way', () => {
    const held = () => {
      const fire = () =>
        new Promise<string>((resolve) => {
          if (ending) resolve('ok');
          else holds.push(() => resolve('ok'));
        });
      return { holds, fire };
    };

    it('skips', async () => {
      await add({ overlap: 'skip' });
      const { holds, fire } = held();
      const one = await node('one', fire);
      const two = await node('two', fire);
      for (const time of ['10:00', '10:01', '10:02']) {
        clock.jump(`2026-01-01T${time}Z`);
        await one.look();
        await two.look();
      }
      expect(await shown()).toEqual(['10:00 running', '10:01 skipped', '10:02 skipped']);
      expect((await runs())[1]!.reason).toContain('10:00:00.000Z was still under way');
      holds[0]!();
      await expect.poll(shown).toContain('10:00 ended ok');
      clock.jump('2026-01-01T10:03Z');
      await one.look();
      expect(await shown()).toEqual(['10:00 ended ok', '10:01 skipped', '10:02 skipped', '10:03 running']);
      holds[1]!();
    });

    it('queues, and runs one after the other', async () => {
      await add({ overlap: 'queue' });
      let now = 0;
      let most = 0;
      const { holds, fire } = held();
      const one = await node('one', async () => {
        most = Math.max(most, ++now);
        const outcome = await fire();
        now--;
        return outcome;
      });
      for (const time of ['10:00', '10:01', '10:02']) {
        clock.jump(`2026-01-01T${time}Z`);
        await one.look();
      }
      expect(await shown()).toEqual(['10:00 running', '10:01 queued', '10:02 queued']);
      for (let n = 0; n < 3; n++) {
        await expect.poll(() => holds.length).toBe(n + 1);
        holds[n]!();
      }
      await expect.poll(shown).toEqual(['10:00 ended ok', '10:01 ended ok', '10:02 ended ok']);
      expect(most).toBe(1);
    });

    it('does not care, where it is told not to', async () => {
      await add({ overlap: 'allow' });
      const { holds, fire } = held();
      const one = await node('one', fire);
      clock.pass(30_000);
      await one.look();
      clock.pass(MINUTE);
      await one.look();
      expect(await shown()).toEqual(['10:00 running', '10:01 running']);
      for (const release of holds) release();
    });
  });

  it('jitter is the same for all nodes, and within its bound', async () => {
    const row = await add({ cron: '@hourly', jitter_ms: 10 * MINUTE });
    const delay = dueAt(row, row.next_at!) - row.next_at!;
    expect(delay).toBeGreaterThan(0);
    expect(delay).toBeLessThan(10 * MINUTE);
    const [one, two] = [await node('one'), await node('two')];
    clock.pass(30_000 + delay - 1);
    await settle(one, two);
    expect(await shown()).toEqual([]);
    clock.pass(1);
    await settle(one, two);
    expect(await shown()).toEqual(['10:00 ended ok']);
    const delays = Array.from({ length: 50 }, (_, n) => dueAt(row, row.next_at! + n * MINUTE) - n * MINUTE);
    expect(new Set(delays).size).toBeGreaterThan(45);
  });

  it('a revoked key stops what it made, and says so', async () => {
    await add();
    await store.db.updateTable('keys').set({ revoked_at: 1 }).execute();
    const one = await node('one');
    clock.pass(30_000);
    await settle(one);
    expect(fired).toEqual([]);
    expect(await shown()).toEqual(['10:00 ended forbidden']);
    const schedule = await store.db.selectFrom('schedules').selectAll().executeTakeFirstOrThrow();
    expect([schedule.state, schedule.reason]).toEqual([
      'stopped',
      `The key ${owner}, in whose name it ran, is revoked.`,
    ]);
    expect(acts.map(({ statement }) => JSON.parse(statement).predicate.kind)).toEqual(['schedule.stop']);
    clock.pass(MINUTE);
    await settle(one);
    expect(await shown()).toHaveLength(1);
  });

  it('what was refused for want of room is tried again within the grace, not beyond', async () => {
    await add({ grace_ms: 5_000 });
    let refusals = 2;
    const passing = <T>(look: () => T): T => {
      clock.pass(1_000);
      return look();
    };
    const one = await node('one', async () => {
      if (refusals-- > 0) throw new CrankError('overloaded', 'full');
      return 'ok';
    });
    clock.pass(30_000);
    await one.look();
    for (let n = 0; n < 2; n++) {
      await expect.poll(() => fired.length).toBe(n + 1);
      await expect.poll(() => passing(() => fired.length)).toBe(n + 2);
    }
    await expect.poll(shown).toEqual(['10:00 ended ok']);
    expect(new Set(fired.map(({ call }) => call)).size).toBe(1);
    refusals = 1_000;
    clock.jump('2026-01-01T10:01:00Z');
    await one.look();
    await expect.poll(() => passing(shown)).toContain('10:01 ended overloaded');
    expect((await runs())[1]).toMatchObject({ call: null, reason: 'full' });
  });

  describe('a node that died in the middle', () => {
    /** What it leaves behind: the row of a firing that it had begun. */
    const died = async (call: string): Promise<void> => {
      await add({ next_at: at('2026-01-01T10:01Z') });
      const left = { state: 'running', node: 'one', trigger: 'cron', outcome: null, reason: null, ended_at: null };
      const instant = at('2026-01-01T10:00Z');
      const times = { instant, claimed_at: instant, lease_until: instant + MINUTE };
      await store.db
        .insertInto('schedule_runs')
        .values({ ...left, ...times, schedule: 'sched_1', call })
        .execute();
      clock.jump('2026-01-01T10:00:10Z');
    };

    it('makes the call when it is back, under the id that it had', async () => {
      await died('call_1');
      await settle(await node('one'));
      expect(fired.map(({ call }) => call)).toEqual(['call_1']);
      expect(await shown()).toEqual(['10:00 ended ok']);
    });

    it('does not where it was made', async () => {
      await died('call_1');
      const call = { id: 'call_1', account: 'acme', principal: 'sched_1', service: 's', version: '', operation: 'f' };
      const rest = { received_at: 0, finished_at: 0, outcome: 'timeout', problem: null, stdout: '', stderr: '' };
      await store.db
        .insertInto('calls')
        .values({ ...call, ...rest, truncated_bytes: 0, tags: null, payer: null })
        .execute();
      await settle(await node('one'));
      expect(fired).toEqual([]);
      expect(await runs()).toMatchObject([{ state: 'ended', outcome: 'timeout', call: 'call_1' }]);
    });

    it('does not where it may have had an effect, or is too late', async () => {
      await died('call_1');
      network = ['api.example.org:443'];
      await settle(await node('one'));
      expect(await shown()).toEqual(['10:00 ended unavailable']);
      network = undefined;
      await store.db.updateTable('schedule_runs').set({ state: 'running', call: 'call_2' }).execute();
      await store.db.updateTable('schedules').set({ state: 'paused' }).execute();
      clock.jump('2026-01-01T10:06:00Z');
      await settle(await node('one'));
      expect(await shown()).toEqual(['10:00 ended unavailable']);
      expect(fired).toEqual([]);
    });

    it('another node takes over when the lease is over, and one of several only', async () => {
      await died('call_1');
      await store.db.updateTable('schedules').set({ state: 'paused' }).execute();
      const [two, three] = [await node('two'), await node('three')];
      await settle(two, three);
      expect(fired).toEqual([]);
      clock.jump('2026-01-01T10:01:01Z');
      await Promise.all([settle(two), settle(three)]);
      expect(fired.map(({ call }) => call)).toEqual(['call_1']);
      expect(await shown()).toEqual(['10:00 ended ok']);
    });
  });
});
