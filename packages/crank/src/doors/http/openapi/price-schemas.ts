import type { JsonObject } from '#src/core/service.ts';
import { unitNames } from '#src/platform/prices/price-admin.ts';
import { count, list, object, orNull, text, time } from './schema-parts.ts';

const units = { type: 'integer', minimum: 0, description: 'Whole units of 10^-7 US dollars.' } as const;

/** What a price is of; `price` alone stands for one tier without an end. */
export const priceItem = object(
  {
    unit: { ...text, enum: [...unitNames] },
    per: { type: 'integer', minimum: 1, default: 1, description: 'How many of the unit its prices are for.' },
    price: units,
    tiers: list(
      object({ upTo: { ...orNull(count), description: 'Units in the month; null for what follows.' }, price: units }, [
        'upTo',
      ]),
    ),
    count: { ...text, description: 'Of pages and tokens: where the answer says how many, as a JSON Pointer.' },
    most: { ...count, description: 'Of pages and tokens: no more are charged for a call.' },
  },
  ['per', 'price', 'tiers', 'count', 'most'],
);

const terms = {
  account: text,
  service: text,
  version: text,
  operation: text,
  currency: text,
  price: { ...orNull(text), description: "Id of the service's own price; null where the node's tariff alone holds." },
  lines: list(
    object(
      {
        unit: text,
        per: count,
        tiers: list(object({ upTo: orNull(count), usd: text })),
        count: text,
        most: count,
        used: { ...text, description: 'In this month, by the account that asks.' },
      },
      ['count', 'most', 'used'],
    ),
  ),
  tariff: {
    ...object({ call: text, cpuSecond: orNull(text), kwh: orNull(text), tonneCo2: text }),
    description: 'What the node charges, in dollars; null where the price stands for it.',
  },
  maximum: { ...text, description: 'Dollars for a call at all its limits.' },
} as const;

/** Of what services charge. */
export const priceSchemas: Readonly<Record<string, JsonObject>> = {
  Price: object({
    id: text,
    service: text,
    version: { ...orNull(text), description: 'Null: all.' },
    account: { ...orNull(text), description: 'Of those who call; null: all.' },
    from: time,
    items: { type: ['array', 'null'], items: priceItem, description: "Null: the node's tariff alone." },
  }),
  PriceTerms: object(terms),
  Quote: object({ id: text, ...terms, expires: time, receipt: text }),
};
