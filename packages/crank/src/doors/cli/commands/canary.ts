import { CrankError } from '#src/core/error.ts';
import type { Command, Context } from '../command.ts';
import { one } from '../command.ts';
import { parseName, type ServiceName, servicePath } from '../name.ts';
import { percent } from '../quantity.ts';
import { short, table } from '../table.ts';

interface Figures {
  version: string;
  calls: number;
  failures: number;
  others: number;
  failureRate: number | null;
  p50Ms: number | null;
  p95Ms: number | null;
}

export interface Canary {
  version: string;
  share: number;
  by: string;
  autoAbort: boolean;
  since: string;
  missing: string[];
  canary: Figures;
  latest: Figures;
  comparison: { statistic: string; p: number | null; level: number; worse: boolean };
}

/** A canary beside the latest version, for people. */
export const canaryText = ({ version, share, by, autoAbort, since, missing, ...seen }: Canary): string => {
  const row = (name: string, of: Figures): string[] => [
    name,
    short(of.version),
    String(of.calls),
    String(of.failures),
    of.failureRate === null ? '' : percent(of.failureRate),
    String(of.others),
    of.p50Ms === null ? '' : `${of.p50Ms} ms`,
    of.p95Ms === null ? '' : `${of.p95Ms} ms`,
  ];
  const { p, level, worse } = seen.comparison;
  const verdict =
    p === null
      ? 'Nothing to compare yet.'
      : `${worse ? 'The canary fails more often' : 'No difference in failures is proven'}: p = ${p.toPrecision(2)}, worse below ${level.toPrecision(2)} (${seen.comparison.statistic}).`;
  return [
    `canary ${short(version)}: ${percent(share)} of the calls, by ${by}, since ${since}${autoAbort ? '; ends by itself where it fails more often' : ''}`,
    ...(missing.length > 0 ? [`It lacks ${missing.join(', ')}: those calls go to the latest version.`] : []),
    table(
      ['', 'VERSION', 'CALLS', 'FAILED', 'RATE', 'OTHERWISE', 'P50', 'P95'],
      [row('canary', seen.canary), row('latest', seen.latest)],
    ),
    verdict,
  ].join('\n');
};

export const canary: Command = {
  name: 'canary',
  summary: 'try a version on a share of the calls: show, begin, change, promote, abort',
  args: [
    ['<name>', 'service'],
    ['[version]', 'digits of a version (8 or more) or an alias; or promote, or abort'],
    ['[share]', 'of the calls that name no version, such as 10%'],
  ],
  options: [
    { flags: '--by <what>', help: 'draw by call (default), principal or session (header Crank-Session)' },
    { flags: '--auto-abort', help: 'end it where it fails more often than the latest version' },
    { flags: '--no-auto-abort', help: 'do not' },
  ],
  run: async (context, [text, version, share], options) => {
    const name = parseName(text!);
    if (version === undefined) return show(context, name);
    if (version === 'promote' || version === 'abort') return end(context, name, version);
    if (share === undefined)
      throw new CrankError('invalid-input', 'Say which share of the calls it gets, such as 10%.');
    const { autoAbort } = options;
    const done = await context.client.json<{ version: string; receipt: string | null }>(
      `${servicePath(name)}/-/canary`,
      {
        method: 'PUT',
        json: {
          version,
          share,
          ...(one(options, 'by') !== undefined && { by: one(options, 'by') }),
          ...(typeof autoAbort === 'boolean' && { autoAbort }),
        },
      },
    );
    context.print(done, () =>
      done.receipt === null
        ? `${name.service}@${short(done.version)} is the canary so already`
        : `${name.service}@${short(done.version)} gets ${share} of the calls; receipt ${done.receipt}`,
    );
  },
};

const show = async (context: Context, name: ServiceName): Promise<void> => {
  const found = await context.client.json<{ canary: Canary | null }>(`${servicePath(name)}/-/canary`);
  context.print(found.canary, () =>
    found.canary === null ? `${name.service} has no canary.` : canaryText(found.canary),
  );
};

const end = async (context: Context, name: ServiceName, how: 'promote' | 'abort'): Promise<void> => {
  const path = `${servicePath(name)}/-/canary`;
  const done = await context.client.json<{ version: string; receipt: string }>(
    how === 'promote' ? `${path}/promote` : path,
    { method: how === 'promote' ? 'POST' : 'DELETE' },
  );
  context.print(done, () => {
    const what = how === 'promote' ? 'is the latest now' : 'gets no share of the calls any more';
    return `${name.service}@${short(done.version)} ${what}; receipt ${done.receipt}`;
  });
};
