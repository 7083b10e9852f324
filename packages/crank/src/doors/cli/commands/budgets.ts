import { CrankError } from '#src/core/error.ts';
import type { BudgetInfo } from '#src/platform/budgets/budget-admin.ts';
import type { Command, Context, Options } from '../command.ts';
import { many, one } from '../command.ts';
import { table } from '../table.ts';

type Changed = BudgetInfo & { receipt: string; secret?: string };

const SCOPES = ['account', 'key', 'service', 'tag'];

/** `account`, `key:ID`, `service:NAME`, `tag:TEXT`. @throws CrankError `invalid-input` */
const scopeIn = (text: string): { scope: string; of?: string } => {
  const at = text.indexOf(':');
  const [scope, of] = at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  if (!SCOPES.includes(scope) || (scope === 'account') !== (of === undefined) || of === '')
    throw new CrankError('invalid-input', `"${text}" is none of account, key:ID, service:NAME, tag:TEXT.`);
  return { scope, ...(of !== undefined && { of }) };
};

const wholeNumber = (text: string | undefined): number | undefined => {
  if (text === undefined || /^\d{1,12}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new CrankError('invalid-input', '--calls is no whole number.');
};

const amountsIn = (options: Options): object => {
  const usd = one(options, 'usd');
  const calls = wholeNumber(one(options, 'calls'));
  const webhook = one(options, 'webhook');
  if (usd === undefined && calls === undefined) throw new CrankError('invalid-input', 'Give --usd, --calls or both.');
  return {
    ...(usd !== undefined && { usd }),
    ...(calls !== undefined && { calls }),
    hard: options['soft'] !== true,
    alerts: many(options, 'alert').map((text) => Number(text.replace(/%$/, '')) / (text.endsWith('%') ? 100 : 1)),
    ...(webhook !== undefined && { webhook }),
  };
};

const shown = ({ scope, of }: BudgetInfo): string => (of === '' ? scope : `${scope}:${of}`);

const amount = (usd: string | null, calls: number | null): string =>
  [usd === null ? [] : `${usd} USD`, calls === null ? [] : `${calls} calls`].flat().join(', ');

export const setBudget: Command = {
  name: 'budget set',
  summary: 'bound what may be spent; again to change it',
  args: [['<scope>', 'account, key:ID, service:NAME or tag:TEXT']],
  options: [
    { flags: '--usd <amount>', help: 'dollars, such as 10 or 0.25' },
    { flags: '--calls <n>', help: 'calls' },
    { flags: '--period <period>', help: 'hour, day, month (default) or total, by the calendar of UTC' },
    { flags: '--soft', help: 'refuse nothing, only tell' },
    { flags: '--alert <share>', help: 'tell when this much is spent, such as 0.8 or 80%', repeat: true },
    { flags: '--webhook <url>', help: 'where it is told beside the log' },
  ],
  run: async (context, [text], options) => {
    const what = { ...scopeIn(text!), period: one(options, 'period') ?? 'month' };
    const amounts = amountsIn(options);
    const known = await find(context, what);
    const budget =
      known === undefined
        ? await context.client.json<Changed>('/v1/budgets', { method: 'POST', json: { ...what, ...amounts } })
        : await context.client.json<Changed>(`/v1/budgets/${known.id}`, { method: 'PUT', json: amounts });
    const secret =
      budget.secret === undefined ? '' : `\n${budget.secret} signs what its webhook gets: it is not shown again`;
    context.print(
      budget,
      `${budget.id}: ${amount(budget.usd, budget.calls)} in ${budget.current}; receipt ${budget.receipt}${secret}`,
    );
  },
};

const find = async (
  context: Context,
  { scope, of = '', period }: { scope: string; of?: string; period: string },
): Promise<BudgetInfo | undefined> => {
  const { budgets } = await context.client.json<{ budgets: BudgetInfo[] }>('/v1/budgets');
  return budgets.find((budget) => budget.scope === scope && budget.of === of && budget.period === period);
};

export const listBudgets: Command = {
  name: 'budget list',
  summary: 'budgets, and what is spent of them',
  run: async (context) => {
    const { budgets } = await context.client.json<{ budgets: BudgetInfo[] }>('/v1/budgets');
    context.print(budgets, () =>
      budgets.length === 0
        ? 'No budgets: `crank budget set account --usd 10` makes one.'
        : table(
            ['ID', 'OF', 'PERIOD', 'LIMIT', 'SPENT', 'UNTIL'],
            budgets.map((one) => [
              ...[one.id, shown(one), one.period, `${amount(one.usd, one.calls)}${one.hard ? '' : ' (soft)'}`],
              ...[amount(one.usd && one.spent.usd, one.calls === null ? null : one.spent.calls), one.until ?? ''],
            ]),
          ),
    );
  },
};

export const removeBudget: Command = {
  name: 'budget remove',
  summary: 'bound it no more',
  args: [['<id>', 'budget']],
  run: async (context, [id]) => {
    const answer = await context.client.json<{ receipt: string }>(`/v1/budgets/${encodeURIComponent(id!)}`, {
      method: 'DELETE',
    });
    context.print(answer, `${id} removed; receipt ${answer.receipt}`);
  },
};
