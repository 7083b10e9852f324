import { CrankError } from '#src/core/error.ts';
import type { Command } from '../command.ts';
import { one } from '../command.ts';
import { jsonOption } from '../json-option.ts';
import { parseName } from '../name.ts';
import { table } from '../table.ts';

interface Schedule {
  id: string;
  service: string;
  operation: string;
  cron: string;
  zone: string;
  state: string;
  reason: string | null;
  next: string[];
  receipt: string | null;
}

interface Run {
  instant: string;
  trigger: string;
  state: string;
  call: string | null;
  outcome: string | null;
  reason: string | null;
}

const pathOf = (id: string): string => `/v1/schedules/${encodeURIComponent(id)}`;

export const addSchedule: Command = {
  name: 'schedule add',
  summary: 'call an operation by the clock',
  args: [['<name>', 'SERVICE[@VERSION].OPERATION']],
  options: [
    { flags: '--cron <expression>', help: "five fields such as '0 9 * * 1-5', or @daily" },
    { flags: '--zone <zone>', help: 'time zone such as Europe/Berlin; UTC otherwise' },
    { flags: '-i, --input <json>', help: 'arguments as a JSON object, @FILE, or - for stdin' },
    { flags: '--grace <duration>', help: 'how late a firing may still be made; 5m otherwise' },
    { flags: '--overlap <policy>', help: 'while the firing before is under way: skip (default), queue or allow' },
    { flags: '--jitter <duration>', help: 'spread firings over this time' },
  ],
  run: async (context, [text], options) => {
    const { service, operation, version } = parseName(text!);
    const cron = one(options, 'cron');
    if (operation === undefined || cron === undefined)
      throw new CrankError('invalid-input', "Say which operation and when: SERVICE.OPERATION --cron '0 9 * * 1-5'.");
    const schedule = await context.client.json<Schedule>('/v1/schedules', {
      method: 'POST',
      json: {
        ...{ service, operation, version, cron, input: (await jsonOption(options, 'input')) ?? {} },
        ...{ zone: one(options, 'zone'), grace: one(options, 'grace') },
        ...{ overlap: one(options, 'overlap'), jitter: one(options, 'jitter') },
      },
    });
    context.print(schedule, `${schedule.id} next at ${schedule.next.join(', ')}; receipt ${schedule.receipt}`);
  },
};

export const listSchedules: Command = {
  name: 'schedule list',
  summary: 'schedules of the account, with their next instants',
  run: async (context) => {
    const { schedules } = await context.client.json<{ schedules: Schedule[] }>('/v1/schedules');
    context.print(schedules, () =>
      schedules.length === 0
        ? "No schedules yet: `crank schedule add SERVICE.OPERATION --cron '0 9 * * 1-5'` makes one."
        : table(
            ['ID', 'OPERATION', 'CRON', 'ZONE', 'STATE', 'NEXT'],
            schedules.map((one) => [
              one.id,
              `${one.service}.${one.operation}`,
              one.cron,
              one.zone,
              one.reason === null ? one.state : `${one.state}: ${one.reason}`,
              one.state === 'active' ? (one.next[0] ?? '') : '',
            ]),
          ),
    );
  },
};

export const scheduleRuns: Command = {
  name: 'schedule runs',
  summary: 'firings of a schedule, newest first',
  args: [['<id>', 'schedule']],
  run: async (context, [id]) => {
    const { runs } = await context.client.json<{ runs: Run[] }>(`${pathOf(id!)}/runs`);
    context.print(runs, () =>
      table(
        ['INSTANT', 'TRIGGER', 'STATE', 'OUTCOME', 'CALL'],
        runs.map((run) => [run.instant, run.trigger, run.state, run.outcome ?? run.reason ?? '', run.call ?? '']),
      ),
    );
  },
};

const changing = (verb: 'pause' | 'resume', summary: string): Command => ({
  name: `schedule ${verb}`,
  summary,
  args: [['<id>', 'schedule']],
  run: async (context, [id]) => {
    const schedule = await context.client.json<Schedule>(`${pathOf(id!)}/${verb}`, { method: 'POST' });
    context.print(
      schedule,
      schedule.receipt === null
        ? `${id} was ${schedule.state} before`
        : `${id} is ${schedule.state}; receipt ${schedule.receipt}`,
    );
  },
});

export const pauseSchedule = changing('pause', 'fire no more until it is resumed');
export const resumeSchedule = changing('resume', 'fire again, in the name of your key');

export const runSchedule: Command = {
  name: 'schedule run',
  summary: 'fire it now',
  args: [['<id>', 'schedule']],
  run: async (context, [id]) => {
    const run = await context.client.json<Run>(`${pathOf(id!)}/run`, { method: 'POST' });
    context.print(run, `${run.call} is under way: \`crank schedule runs ${id}\` tells how it ends`);
  },
};

export const removeSchedule: Command = {
  name: 'schedule remove',
  summary: 'remove a schedule; its calls and receipts stay',
  args: [['<id>', 'schedule']],
  run: async (context, [id]) => {
    const answer = await context.client.json<{ receipt: string }>(pathOf(id!), { method: 'DELETE' });
    context.print(answer, `${id} removed; receipt ${answer.receipt}`);
  },
};
