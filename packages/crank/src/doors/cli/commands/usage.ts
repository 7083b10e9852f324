import { CrankError } from '#src/core/error.ts';
import { compareWithLlm, ownBoundary } from '#src/platform/usage/compare.ts';
import type { UsageReport, UsedAmounts } from '#src/platform/usage/usage.ts';
import type { Command, Context, Options } from '../command.ts';
import { many, one } from '../command.ts';
import { short, table } from '../table.ts';

const FORMATS = ['table', 'json', 'csv', 'focus'];

export const usage: Command = {
  name: 'usage',
  summary: 'what was used, and what it cost',
  options: [
    {
      flags: '--by <what>',
      help: 'account, principal, service-account, service (default), version, operation, outcome, node, tag, tags, cost-centre',
      repeat: true,
    },
    { flags: '--grain <part>', help: 'for each hour, day or month; otherwise for the period as a whole' },
    {
      flags: '--from <time>',
      help: 'a date, or a time such as 2026-11-30T09:00:00Z; otherwise the beginning of this month',
    },
    { flags: '--to <time>', help: 'before this time; otherwise until now' },
    { flags: '--zone <zone>', help: 'time zone of dates, days and months, such as Europe/Berlin; otherwise UTC' },
    { flags: '--side <side>', help: 'caller (default): what the account called; owner: calls of its services' },
    { flags: '--principal <id>', help: 'only what one principal called' },
    { flags: '--service <name>', help: 'only calls of one service' },
    { flags: '--compare <what>', help: 'llm: the energy of a call beside published figures of language models' },
    { flags: '--accounts', help: 'totals of all accounts of the node, for those who run it' },
    {
      flags: '--format <format>',
      help: 'table (default), json, csv, or focus: the FinOps Open Cost and Usage Specification 1.2',
    },
  ],
  run: async (context, _, options) => {
    const format = one(options, 'format') ?? (context.json ? 'json' : 'table');
    if (!FORMATS.includes(format)) throw new CrankError('invalid-input', `--format is none of ${FORMATS.join(', ')}.`);
    const accounts = options['accounts'] === true;
    if (accounts && (format === 'csv' || format === 'focus'))
      throw new CrankError('invalid-input', '--accounts has the formats table and json.');
    const path = accounts ? '/v1/accounts/-/usage' : '/v1/usage';
    const query = queryOf(options);
    if (format === 'csv' || format === 'focus') return writeText(context, path, { ...query, format });
    const compare = one(options, 'compare');
    if (compare !== undefined && compare !== 'llm') throw new CrankError('invalid-input', '--compare takes llm.');
    const report = await whole(context, path, query);
    if (compare !== undefined) {
      const comparison = comparisonOf(report);
      return context.print({ ...report, comparison }, () => `${textOf(report)}\n\n${comparisonText(comparison)}`);
    }
    if (format === 'json') return context.print(report, () => JSON.stringify(report, null, 2));
    context.print(report, () => textOf(report));
  },
};

const queryOf = (options: Options): Record<string, string | undefined> => ({
  by: many(options, 'by').join(',') || undefined,
  ...Object.fromEntries(
    ['grain', 'from', 'to', 'zone', 'side', 'principal', 'service'].map((name) => [name, one(options, name)]),
  ),
});

const comparisonOf = ({ total }: UsageReport) => {
  const joules = total!.calls === 0 ? 0 : Number(total!.joules) / total!.calls;
  return { joulesPerCall: joules, boundary: ownBoundary, llm: compareWithLlm(joules) };
};

const rounded = (value: number): string => String(Number(value.toPrecision(2)));

const comparisonText = ({ joulesPerCall, boundary, llm }: ReturnType<typeof comparisonOf>): string =>
  llm.length === 0
    ? 'No energy was measured in this period: there is nothing to compare.'
    : [
        `A call took ${joulesPerCall.toPrecision(3)} J on average: ${boundary}.`,
        table(
          ['ONE ANSWER OF A LANGUAGE MODEL', 'JOULES', 'CALLS FOR IT', 'WHAT IS IN IT', 'SOURCE'],
          llm.map(({ what, joules, least, most, boundary: theirs, source }) => [
            ...[what, String(joules), `${rounded(least)} to ${rounded(most)}`, theirs, source],
          ]),
        ),
        'The boundaries differ, and a call and an answer are not the same work: no one of these is the factor.',
      ].join('\n');

/** All pages. */
const whole = async (
  { client }: Context,
  path: string,
  query: Record<string, string | undefined>,
): Promise<UsageReport> => {
  const first = await client.json<UsageReport>(path, { query });
  const items = [...first.usage];
  for (let { cursor } = first; cursor !== null; ) {
    const page = await client.json<UsageReport>(path, { query: { ...query, cursor } });
    items.push(...page.usage);
    cursor = page.cursor;
  }
  return { ...first, usage: items, cursor: null };
};

/** CSV as it comes; the head of the pages that follow is left out. */
const writeText = async (
  { client, write }: Context,
  path: string,
  query: Record<string, string | undefined>,
): Promise<void> => {
  for (let cursor: string | undefined, page = 0; ; page++) {
    const answer = await client.send(path, { query: { ...query, cursor } });
    const text = await answer.text();
    write(Buffer.from(page === 0 ? text : text.slice(text.indexOf('\n') + 1)));
    const next = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '');
    if (next === null) return;
    cursor = new URL(next[1]!, 'http://node').searchParams.get('cursor')!;
  }
};

const seconds = (text: string): string => Number(text).toFixed(3);

const amounts = ({ calls, cpuSeconds, joules, gramsCo2e, usd }: UsedAmounts): string[] => [
  ...[String(calls), seconds(cpuSeconds), Number(joules).toFixed(3), Number(gramsCo2e).toPrecision(3), usd],
];

const textOf = ({ from, to, zone, by, grain, usage: items, total }: UsageReport): string => {
  const times = grain === null ? [] : ['FROM'];
  const rows = items.map((item) => [
    ...(grain === null ? [] : [item.start]),
    ...by.map((name) => (name === 'version' ? short(item.key.version ?? '') : item.key[name] || '-')),
    ...amounts(item),
  ]);
  const head = [...times, ...by.map((name) => name.toUpperCase()), 'CALLS', 'CPU S', 'JOULES', 'G CO2E', 'USD'];
  const sum = [...head.slice(0, -5).map((_, at) => (at === 0 ? 'all' : '')), ...amounts(total!)];
  return `${table(head, [...rows, sum])}\n${from} to ${to} (${zone})`;
};
