import { periods, scopes } from '#src/platform/budgets/budget-admin.ts';
import { errors, ref } from './components.ts';
import { all, inPath, json, ok, refused, refusedOrNone } from './path-parts.ts';
import { count, flag, list, share, text } from './schema-parts.ts';

const amounts = {
  usd: {
    description: 'Dollars, with at most nine digits behind the point.',
    anyOf: [text, { type: 'number', minimum: 0 }],
  },
  calls: count,
  hard: { ...flag, description: 'Calls beyond it are refused; otherwise it only tells.', default: true },
  alerts: { ...list(share), description: 'Shares at which it tells, once in a period.' },
  webhook: {
    ...text,
    format: 'uri',
    description: 'Where it is told beside the log, signed as Standard Webhooks has it.',
  },
} as const;
/** What may be spent. */
export const budgetPaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/budgets': {
    post: {
      operationId: 'createBudget',
      tags: ['budgets'],
      summary: 'Bound what an account, key, service or tag may spend',
      requestBody: {
        required: true,
        ...json({
          type: 'object',
          properties: {
            scope: { ...text, enum: [...scopes] },
            of: { ...text, description: 'Id of the key, name of the service, or the tag; not for the account.' },
            period: { ...text, enum: [...periods] },
            ...amounts,
          },
          required: ['scope', 'period'],
        }),
      },
      responses: {
        '201': ok('The budget.', ref('ChangedBudget')),
        ...errors(400, 401, 403, 404, 409, 413, 415, 422, 429),
      },
    },
    get: {
      operationId: 'listBudgets',
      tags: ['budgets'],
      summary: 'Budgets of the account, and what is spent of them',
      responses: { '200': ok('Budgets.', all('budgets', 'Budget')), ...refused },
    },
  },
  '/v1/budgets/{id}': {
    parameters: [inPath('id')],
    get: {
      operationId: 'describeBudget',
      tags: ['budgets'],
      summary: 'One budget',
      responses: { '200': ok('The budget.', ref('Budget')), ...refusedOrNone },
    },
    put: {
      operationId: 'changeBudget',
      tags: ['budgets'],
      summary: 'Change how much it is, and who is told',
      requestBody: { required: true, ...json({ type: 'object', properties: amounts }) },
      responses: {
        '200': ok('The budget.', ref('ChangedBudget')),
        ...errors(400, 401, 403, 404, 413, 415, 422, 429),
      },
    },
    delete: {
      operationId: 'removeBudget',
      tags: ['budgets'],
      summary: 'Bound it no more',
      responses: { '200': ok('Removed.', ref('Done')), ...refusedOrNone },
    },
  },
};
