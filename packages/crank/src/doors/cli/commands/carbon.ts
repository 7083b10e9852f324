import type { CarbonReport } from '#src/platform/usage/carbon-report.ts';
import { type Command, one } from '../command.ts';
import { table } from '../table.ts';

const milligrams = (grams: number): string => (grams * 1e3).toPrecision(3);

export const carbon: Command = {
  name: 'carbon',
  summary: 'carbon of services and of their calls (ISO/IEC 21031), part by part',
  options: [
    { flags: '--from <time>', help: 'a date, or a time; otherwise the beginning of this month' },
    { flags: '--to <time>', help: 'before this time; otherwise until now' },
    { flags: '--zone <zone>', help: 'time zone of dates, such as Europe/Berlin; otherwise UTC' },
  ],
  run: async (context, _, options) => {
    const [from, to, zone] = [one(options, 'from'), one(options, 'to'), one(options, 'zone')];
    const report = await context.client.json<CarbonReport>('/v1/carbon', { query: { from, to, zone } });
    const { grid, energy } = report;
    context.print(report, () =>
      [
        table(
          ['SERVICE', 'CALLS', 'MG/CALL', 'CALLS MG', 'MEMORY', 'NETWORK', 'IDLE', 'PUE', 'EMBODIED'],
          report.services.map(({ service, calls, perCall, lines }) => [
            ...[service, String(calls), perCall === undefined ? '-' : milligrams(perCall)],
            ...lines.map(({ grams }) => milligrams(grams)),
          ]),
        ),
        '',
        `milligrams of CO2e; grid ${grid.gramsPerKwh} g/kWh (${grid.source}); energy of calls now grade ${energy.grade}, ${energy.uncertainty}`,
      ].join('\n'),
    );
  },
};
