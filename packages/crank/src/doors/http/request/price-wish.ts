import { CrankError } from '#src/core/error.ts';
import {
  countedUnits,
  type PriceItem,
  type PriceTier,
  unitNames,
  type WantedPrice,
} from '#src/platform/prices/price-admin.ts';
import { textMember } from './json-body.ts';

type Body = Readonly<Record<string, unknown>>;

const MOST_TIERS = 10;
/** 100,000 dollars in units of 10^-7: with 2^53 picodollars in a call no line can pass what a number holds. */
const MOST_PRICE = 1e12;
const MOST_PER = 1e9;
const MOST_UNITS = 1e12;
const MOST_COUNTED = 1e9;

const bad = (pointer: string, message: string): CrankError =>
  new CrankError('invalid-input', `The member "${pointer.slice(1)}" ${message}.`, { errors: [{ pointer, message }] });

const whole = (value: unknown, pointer: string, least: number, most: number): number => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw bad(pointer, `must be a whole number from ${least} to ${most}`);
};

const members = (value: unknown, pointer: string, known: readonly string[]): Body => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(pointer, 'must be an object');
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw bad(`${pointer}/${unknown.slice(0, 80)}`, `is unknown: known are ${known.join(', ')}`);
  return value as Body;
};

/** What a service is to charge, of the body of a request. @throws CrankError `invalid-input` */
export const readPriceWish = (body: Body): WantedPrice => ({
  version: body['version'] === undefined ? undefined : textMember(body, 'version'),
  account: body['account'] === undefined ? undefined : textMember(body, 'account'),
  from: body['from'] === undefined ? undefined : timeIn(textMember(body, 'from')),
  items: itemsIn(body['items']),
});

const timeIn = (text: string): number => {
  const ms = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (ms >= 0 && ms < 2 ** 47) return ms;
  throw bad('/from', 'must be a date, or a time with its zone, such as 2027-01-01T00:00:00Z');
};

const itemsIn = (value: unknown): readonly PriceItem[] | null => {
  if (value === null) return null;
  if (!Array.isArray(value) || value.length > unitNames.length)
    throw bad('/items', `must be a list of at most ${unitNames.length} prices, or null for the node's tariff alone`);
  const items = value.map((item, at) => itemIn(item, `/items/${at}`));
  const twice = items.findIndex(({ unit }, at) => items.findIndex((other) => other.unit === unit) !== at);
  if (twice >= 0) throw bad(`/items/${twice}/unit`, 'is there twice: write tiers where the price changes');
  return items;
};

const itemIn = (value: unknown, pointer: string): PriceItem => {
  const item = members(value, pointer, ['unit', 'per', 'price', 'tiers', 'count', 'most']);
  const unit = unitNames.find((name) => name === item['unit']);
  if (unit === undefined) throw bad(`${pointer}/unit`, `must be one of ${unitNames.join(', ')}`);
  const isCounted = countedUnits.includes(unit);
  const { per = 1, price, tiers, count, most } = item;
  if ((price === undefined) === (tiers === undefined))
    throw bad(`${pointer}/price`, 'must be there, or "tiers": one of the two');
  if (isCounted !== (count !== undefined) || isCounted !== (most !== undefined))
    throw bad(
      `${pointer}/count`,
      isCounted
        ? `and "most" must be there for a ${unit}: where the answer says how many (\`--count ${unit}=/POINTER\`), and how many are charged at most (\`--most ${unit}=500\`)`
        : `and "most" are for ${countedUnits.join(' and ')} only`,
    );
  return {
    unit,
    per: whole(per, `${pointer}/per`, 1, MOST_PER),
    tiers:
      tiers === undefined
        ? [{ upTo: null, price: whole(price, `${pointer}/price`, 0, MOST_PRICE) }]
        : tiersIn(tiers, `${pointer}/tiers`),
    ...(isCounted && { count: pointerIn(count, `${pointer}/count`) }),
    ...(isCounted && { most: whole(most, `${pointer}/most`, 1, MOST_COUNTED) }),
  };
};

const tiersIn = (value: unknown, pointer: string): readonly PriceTier[] => {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_TIERS)
    throw bad(pointer, `must be a list of 1 to ${MOST_TIERS} tiers`);
  let before = 0;
  return value.map((each, at) => {
    const tier = members(each, `${pointer}/${at}`, ['upTo', 'price']);
    const isLast = at === value.length - 1;
    const { upTo = null } = tier;
    if (isLast !== (upTo === null))
      throw bad(`${pointer}/${at}/upTo`, isLast ? 'must be left out: the last tier has no end' : 'is missing');
    if (upTo !== null) before = whole(upTo, `${pointer}/${at}/upTo`, before + 1, MOST_UNITS);
    return {
      upTo: upTo === null ? null : before,
      price: whole(tier['price'], `${pointer}/${at}/price`, 0, MOST_PRICE),
    };
  });
};

const pointerIn = (value: unknown, pointer: string): string => {
  if (typeof value === 'string' && value.length <= 200 && /^(?:\/(?:[^~/]|~[01])*)*$/.test(value)) return value;
  throw bad(pointer, 'must be a JSON Pointer into the answer, such as /pages, or empty for the answer itself');
};
