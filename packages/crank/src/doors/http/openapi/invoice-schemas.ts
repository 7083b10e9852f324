import type { JsonObject } from '#src/core/service.ts';
import { chargeKinds } from '#src/platform/usage/usage.ts';
import { count, list, object, text, time } from './schema-parts.ts';

const info = {
  id: text,
  number: { ...text, description: 'Account and number from 1 on, without gaps.' },
  issuer: text,
  account: text,
  month: { ...text, description: 'Of UTC, such as 2026-10.' },
  issued: time,
  currency: text,
  calls: count,
  total: { ...text, description: 'Dollars: the sum of what the receipts say, to the last digit.' },
} as const;

/** Of what accounts were charged. */
export const invoiceSchemas: Readonly<Record<string, JsonObject>> = {
  InvoiceInfo: object(info),
  Invoice: object({
    ...info,
    lines: list(
      object({
        service: text,
        costCentre: text,
        kind: { ...text, enum: [...chargeKinds] },
        quantity: text,
        unit: text,
        usd: text,
      }),
    ),
    costCentres: list(object({ costCentre: text, usd: text })),
  }),
};
