import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import {
  changeBudget,
  createBudget,
  describeBudget,
  listBudgets,
  periods,
  removeBudget,
  scopes,
  type WantedBudget,
} from '#src/platform/budgets/budget-admin.ts';
import { parseWebhookUrl } from '#src/platform/outgoing-webhook.ts';
import type { Platform } from '#src/platform/platform.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';

const WHAT = ['scope', 'of', 'period'];
const HOW_MUCH = ['usd', 'calls', 'hard', 'alerts', 'webhook'];
const NANO_DIGITS = 9;
const MOST_USD = 9_000_000;
const MOST_CALLS = 1e12;
const MOST_ALERTS = 10;

interface ById {
  Params: { id: string };
}

export const budgetRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.post('/v1/budgets', async (request, reply) => {
    const made = await createBudget(platform, request.headers.authorization, () => newOf(request));
    return reply.code(201).send(made);
  });
  app.get('/v1/budgets', async (request) => ({ budgets: await listBudgets(platform, request.headers.authorization) }));
  app.get<ById>('/v1/budgets/:id', (request) =>
    describeBudget(platform, request.headers.authorization, request.params.id),
  );
  app.put<ById>('/v1/budgets/:id', (request) =>
    changeBudget(platform, request.headers.authorization, request.params.id, async () =>
      amountsOf(await readJsonObject(request, HOW_MUCH)),
    ),
  );
  app.delete<ById>('/v1/budgets/:id', (request) =>
    removeBudget(platform, request.headers.authorization, request.params.id),
  );
};

type Body = Readonly<Record<string, unknown>>;

const newOf = async (request: FastifyRequest): Promise<WantedBudget> => {
  const body = await readJsonObject(request, [...WHAT, ...HOW_MUCH]);
  const scope = oneOf(body, 'scope', scopes);
  if (scope === 'account' && body['of'] !== undefined) throw bad('of', 'has no meaning for the account');
  return {
    scope,
    of: scope === 'account' ? '' : tagless(scope, textMember(body, 'of')),
    period: oneOf(body, 'period', periods),
    ...amountsOf(body),
  };
};

const amountsOf = (body: Body): Omit<WantedBudget, 'scope' | 'of' | 'period'> => {
  const { usd, calls, hard = true, alerts = [], webhook } = body;
  if (usd === undefined && calls === undefined) throw bad('usd', 'is missing, and so is "calls": give one or both');
  if (calls !== undefined && !(Number.isInteger(calls) && (calls as number) >= 0 && (calls as number) <= MOST_CALLS))
    throw bad('calls', 'must be a whole number');
  if (typeof hard !== 'boolean') throw bad('hard', 'must be true or false');
  return {
    nanoUsd: usd === undefined ? null : nanoIn(usd),
    calls: calls === undefined ? null : (calls as number),
    hard,
    alerts: alertsIn(alerts),
    webhook:
      webhook === undefined || webhook === null ? null : parseWebhookUrl(textMember(body, 'webhook', 2_000)).href,
  };
};

/** Decimal dollars as text or number, with at most nine digits behind the point. */
const nanoIn = (usd: unknown): number => {
  const text = typeof usd === 'number' && Number.isFinite(usd) ? numberText(usd) : usd;
  const parts = typeof text === 'string' ? /^(\d{1,7})(?:\.(\d{1,9}))?$/.exec(text) : null;
  if (parts === null || Number(parts[1]) > MOST_USD)
    throw bad(
      'usd',
      `must be dollars from 0 to ${MOST_USD}, such as "10" or "0.25", with at most ${NANO_DIGITS} digits behind the point`,
    );
  return Number(parts[1]) * 1e9 + Number((parts[2] ?? '').padEnd(NANO_DIGITS, '0'));
};

/** Without an exponent. */
const numberText = (value: number): string => value.toFixed(NANO_DIGITS).replace(/\.?0+$/, '');

const alertsIn = (alerts: unknown): readonly number[] => {
  const isShare = (share: unknown): share is number => typeof share === 'number' && share > 0 && share <= 1;
  if (!Array.isArray(alerts) || alerts.length > MOST_ALERTS || !alerts.every(isShare))
    throw bad('alerts', `must be a list of at most ${MOST_ALERTS} shares above 0 and up to 1, such as [0.5, 0.9]`);
  return [...new Set(alerts)].sort((a, b) => a - b);
};

const tagless = (scope: string, of: string): string => {
  if (scope === 'tag' && /[\s,;]/.test(of)) throw bad('of', 'must be one tag, such as team=billing');
  return of;
};

const oneOf = <T extends string>(body: Body, name: string, known: readonly T[]): T => {
  const value = body[name];
  if ((known as readonly unknown[]).includes(value)) return value as T;
  throw bad(name, `must be one of ${known.join(', ')}`);
};

const bad = (name: string, message: string): CrankError =>
  new CrankError('invalid-input', `The member "${name}" ${message}.`, { errors: [{ pointer: `/${name}`, message }] });
