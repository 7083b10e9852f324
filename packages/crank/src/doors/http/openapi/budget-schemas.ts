import type { JsonObject } from '#src/core/service.ts';
import { periods, scopes } from '#src/platform/budgets/budget-admin.ts';
import { count, flag, list, object, orNull, ref, share, text, time } from './schema-parts.ts';

const spending = object({ usd: text, calls: count });

/** Of what may be spent. */
export const budgetSchemas: Readonly<Record<string, JsonObject>> = {
  Budget: object({
    id: text,
    scope: { ...text, enum: [...scopes] },
    of: { ...text, description: 'Id of the key, name of the service, or the tag; empty for the account.' },
    period: { ...text, enum: [...periods], description: 'By the calendar of UTC.' },
    usd: orNull(text),
    calls: orNull(count),
    hard: flag,
    alerts: list(share),
    webhook: orNull(text),
    spent: { ...spending, description: 'In the period of now.' },
    held: { ...spending, description: 'For calls that run.' },
    current: { ...text, description: 'The period of now.' },
    until: { ...orNull(time), description: 'When it ends.' },
  }),
  ChangedBudget: {
    allOf: [
      ref('Budget'),
      object({ receipt: text, secret: { ...text, description: 'Signs what its webhook gets; shown this once.' } }, [
        'secret',
      ]),
    ],
  },
};
