import { parseDuration } from '#src/core/duration.ts';
import { CrankError } from '#src/core/error.ts';
import type { Kept, Promises } from '#src/platform/slo/promises.ts';
import type { SloInfo } from '#src/platform/slo/slo-admin.ts';
import { type Command, one } from '../command.ts';
import { table } from '../table.ts';

const targetIn = (text: string | undefined): number => {
  const percent = /^(\d{1,2}(?:\.\d{1,3})?)%$/.exec(text ?? '')?.[1];
  if (percent !== undefined) return Number((Number(percent) / 100).toFixed(6));
  throw new CrankError('invalid-input', 'Say what share of calls: --target 99%.');
};

export const setSlo: Command = {
  name: 'slo set',
  summary: 'promise something of a service, and be told when that is at risk; again to change it',
  args: [
    ['<service>', 'service'],
    ['<objective>', 'latency: answered in time; availability: answered without a fault of the service or the node'],
  ],
  options: [
    { flags: '--target <share>', help: 'of its calls, such as 99.5%' },
    { flags: '--within <time>', help: 'of latency: such as 100ms or 1s' },
    { flags: '--webhook <url>', help: 'where alerts go beside the log' },
  ],
  run: async (context, [service, objective], options) => {
    const [within, webhook] = [one(options, 'within'), one(options, 'webhook')];
    const thresholdMs = within === undefined ? undefined : parseDuration(within);
    if (within !== undefined && thresholdMs === undefined)
      throw new CrankError('invalid-input', `--within is no duration such as 100ms: "${within}".`);
    const json = {
      target: targetIn(one(options, 'target')),
      ...(thresholdMs !== undefined && { thresholdMs }),
      ...(webhook !== undefined && { webhook }),
    };
    const path = `/v1/slos/${encodeURIComponent(service!)}/${encodeURIComponent(objective!)}`;
    const made = await context.client.json<{ receipt: string; secret?: string }>(path, { method: 'PUT', json });
    const secret =
      made.secret === undefined ? '' : `\n${made.secret} signs what its webhook gets: it is not shown again`;
    context.print(made, `${objective} of ${service} is promised; receipt ${made.receipt}${secret}`);
  },
};

export const listSlos: Command = {
  name: 'slo list',
  summary: 'what is promised of services, and how fast that is used up',
  run: async (context) => {
    const { slos } = await context.client.json<{ slos: SloInfo[] }>('/v1/slos');
    const burn = ({ burn: rates }: SloInfo, window: string): string => String(rates[window] ?? '-');
    context.print(slos, () =>
      slos.length === 0
        ? 'Nothing is promised, and nothing was called: `crank slo set SERVICE latency --within 100ms --target 99%`.'
        : table(
            ['SERVICE', 'OBJECTIVE', 'TARGET', 'BURN 1H', 'BURN 6H', 'BURN 3D', 'ALERT'],
            slos.map((slo) => [
              slo.service,
              slo.thresholdMs === null ? slo.objective : `${slo.objective} ${slo.thresholdMs} ms`,
              `${Number((slo.target * 100).toFixed(4))}%`,
              ...[burn(slo, '60m'), burn(slo, '360m'), burn(slo, '4320m'), slo.alert ?? ''],
            ]),
          ),
    );
  },
};

export const removeSlo: Command = {
  name: 'slo remove',
  summary: 'promise it no more',
  args: [
    ['<service>', 'service'],
    ['<objective>', 'latency or availability'],
  ],
  run: async (context, [service, objective]) => {
    const path = `/v1/slos/${encodeURIComponent(service!)}/${encodeURIComponent(objective!)}`;
    const answer = await context.client.json<{ receipt: string }>(path, { method: 'DELETE' });
    context.print(answer, `${objective} of ${service} is promised no more; receipt ${answer.receipt}`);
  },
};

const megabytes = (bytes: number | null): string => (bytes === null ? '-' : `${(bytes / 1e6).toFixed(2)} MB`);
const marked = ({ kept }: Kept<unknown>, text: string): string => (kept === false ? `${text} !` : text);

export const promises: Command = {
  name: 'promises',
  summary: 'what the platform promises of each service, as it is kept',
  run: async (context) => {
    const all = await context.client.json<Promises>('/v1/promises');
    context.print(all, () =>
      [
        table(
          ['SERVICE', 'CALLS', 'IN 100 MS', 'P99', 'SIZE', 'POWER', 'DEPLOYED IN'],
          all.services.map(({ service, response, size, power, deployment }) => {
            const { calls, within, p99Ms } = response.value;
            const { ms } = deployment.value;
            return [
              service,
              String(calls),
              within === null ? '-' : marked(response, `${(within * 100).toFixed(2)}%`),
              calls === 0 ? '-' : p99Ms === null ? '> 60 s' : `<= ${p99Ms} ms`,
              marked(size, megabytes(size.value.source + size.value.dependencies)),
              power.value.watts === null ? '-' : marked(power, `${power.value.watts} W`),
              ms === null ? '-' : marked(deployment, `${(ms / 1e3).toFixed(1)} s`),
            ];
          }),
        ),
        '',
        `promised: 99% in 100 ms; 10 MB a service on average (now ${megabytes(all.meanSize.value.bytes)}); less than 100 W`,
        `(the machine: ${all.machine.value.watts ?? '-'} W on average, grade ${all.machine.value.grade}, ${all.machine.value.uncertainty}); deployed in 5 minutes`,
      ].join('\n'),
    );
  },
};
