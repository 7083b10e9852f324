import type { Kysely } from 'kysely';
import { formatDecimal } from '#src/core/decimal.ts';
import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import { formatUsd } from '#src/core/money.ts';
import type { Operation, Principal } from '#src/core/service.ts';
import { periodAt } from '#src/engines/metering/budget.ts';
import { isTiered, type PriceItem, priceUnits, quantityOf } from '#src/engines/metering/price-book.ts';
import type { Database } from '#src/store/schema.ts';
import { act } from '../act.ts';
import { identify } from '../admit.ts';
import type { DeployedVersion } from '../catalog.ts';
import { permit } from '../permit.ts';
import type { Platform } from '../platform.ts';
import type { Price } from './prices.ts';
import { mostFor, type Terms } from './terms.ts';

/** Of units of 10^-7 USD. */
const UNIT_DIGITS = 7;
/** A body of JSON has at most so many bytes. */
const JSON_BYTES = 8 * 2 ** 20;
/** Expired ones are kept for a while, to say that they have. */
const KEEP_MS = 24 * 3_600_000;

/** How long a quote holds, in seconds. */
export const quoteSeconds = { standard: 900, most: 86_400 } as const;

export interface QuoteQuestion {
  /** Of the service, and the one there is where it has only one. */
  operation: string | undefined;
  /** Digest prefix or alias. */
  version: string | undefined;
  /** Bytes of arguments and files, where a service charges for them; otherwise the most there may be. */
  inputBytes: number | undefined;
}

/** What one line of a price says, in dollars. */
export interface PricedUnit {
  unit: string;
  /** How many of the unit the prices are for. */
  per: number;
  tiers: { upTo: number | null; usd: string }[];
  /** Where the answer says how many there are. */
  count?: string;
  /** No more are charged for a call. */
  most?: number;
  /** Of a price in tiers: what was used up in this month. */
  used?: string;
}

/** What a call costs. */
export interface PriceTerms {
  account: string;
  service: string;
  version: string;
  operation: string;
  currency: 'USD';
  /** The service's own, `prc_...`; null: the tariff alone. */
  price: string | null;
  lines: PricedUnit[];
  /** What the node charges: for a call, a second of CPU time and a kWh (both unless the service has a price of its own), and a tonne of CO2e. */
  tariff: { call: string; cpuSecond: string | null; kwh: string | null; tonneCo2: string };
  /** A call at all its limits. */
  maximum: string;
}

export interface Quote extends PriceTerms {
  id: string;
  expires: string;
  receipt: string;
}

/** What a call would cost: nothing is held to it. @throws CrankError `not-found`, `invalid-input` */
export const describeTerms = async (
  platform: Platform,
  authorization: string | undefined,
  at: { account: string | undefined; service: string },
  question: QuoteQuestion,
): Promise<PriceTerms> => (await termsFor(platform, await identify(platform, authorization), at, question)).terms;

/**
 * Says what calls of an operation cost at most, and keeps to it until it expires: with price, version and maximum.
 *
 * @param seconds that it holds
 * @throws CrankError `not-found`, `invalid-input`
 */
export const makeQuote = async (
  platform: Platform,
  authorization: string | undefined,
  at: { account: string | undefined; service: string },
  read: () => Promise<QuoteQuestion & { seconds: number }>,
): Promise<Quote> => {
  const principal = await identify(platform, authorization);
  const { seconds, ...question } = await read();
  const { terms, price, most } = await termsFor(platform, principal, at, question);
  const now = Date.now();
  const row = {
    ...{ id: newId('quo'), payer: principal.account, account: terms.account, service: terms.service },
    ...{ version: terms.version, operation: terms.operation, price: price?.id ?? null, most_pico: most },
    ...{ created_at: now, created_by: principal.id, expires_at: now + seconds * 1_000 },
  };
  const expires = new Date(row.expires_at).toISOString();
  const object = {
    ...{ quote: row.id, account: row.account, service: row.service, version: row.version, operation: row.operation },
    ...{ price: row.price ?? 'none', maximum: terms.maximum, expires },
  };
  const query = platform.store.db.insertInto('quotes').values(row).compile();
  const receipt = await act(platform, principal, 'quote.make', object, [query]);
  return { id: row.id, ...terms, expires, receipt };
};

/** Deletes quotes that expired long ago. */
export const sweepQuotes = async (db: Kysely<Database>): Promise<void> => {
  await db
    .deleteFrom('quotes')
    .where('expires_at', '<', Date.now() - KEEP_MS)
    .execute();
};

const termsFor = async (
  platform: Platform,
  principal: Principal,
  { account = principal.account, service }: { account: string | undefined; service: string },
  { operation: named, version, inputBytes }: QuoteQuestion,
): Promise<{ terms: PriceTerms; price: Price | undefined; most: number }> => {
  await permit(platform, principal, 'service.call', { type: 'service', account, service });
  const target = await platform.catalog.resolve(account, service, version);
  const operation = operationOf(target, named);
  const now = Date.now();
  const payer = principal.account;
  const price = await platform.prices.inForce({ account, service, version: target.digest, payer }, now);
  const items = price?.items ?? null;
  const limits = target.manifest.limits;
  const all: Terms = {
    price: items === null ? undefined : { ...price!, items },
    quote: undefined,
    inputBytes: inputBytes ?? JSON_BYTES + operation.files.length * limits.fileBytes,
  };
  const most = mostFor(platform, { limits }, all).total;
  const tariff = platform.tariff();
  const own = items !== null;
  const terms: PriceTerms = {
    ...{ account, service, version: target.digest, operation: operation.name, currency: 'USD' },
    price: own ? price!.id : null,
    lines: await Promise.all((items ?? []).map((item) => lineOf(platform, item, { account, service, payer, now }))),
    tariff: {
      call: unitsText(tariff.perCall),
      cpuSecond: own ? null : unitsText(tariff.perCpuSecond),
      kwh: own ? null : unitsText(tariff.perKwh),
      tonneCo2: unitsText(tariff.perTonneCo2),
    },
    maximum: formatUsd(most),
  };
  return { terms, price: own ? price : undefined, most };
};

const operationOf = ({ manifest, service }: DeployedVersion, named: string | undefined): Operation => {
  const names = Object.keys(manifest.operations);
  const name = named ?? (names.length === 1 ? names[0]! : undefined);
  const operation = name !== undefined && Object.hasOwn(manifest.operations, name) && manifest.operations[name];
  if (operation) return operation;
  if (named !== undefined)
    throw new CrankError(
      'not-found',
      `${service} has no operation "${named.slice(0, 80)}": it has ${names.join(', ')}.`,
    );
  const message = `is missing, and ${service} has ${names.length} operations: ${names.join(', ')}`;
  throw new CrankError('invalid-input', `The member "operation" ${message}.`, {
    errors: [{ pointer: '/operation', message }],
  });
};

const unitsText = (units: number): string => formatDecimal(BigInt(units), UNIT_DIGITS);

const lineOf = async (
  platform: Platform,
  item: PriceItem,
  { now, ...whose }: { account: string; service: string; payer: string; now: number },
): Promise<PricedUnit> => {
  const { unit, per, tiers, count, most } = item;
  const key = { ...whose, unit, month: periodAt('month', now) };
  return {
    unit,
    per,
    tiers: tiers.map(({ upTo, price }) => ({ upTo, usd: unitsText(price) })),
    ...(count !== undefined && { count }),
    ...(most !== undefined && { most }),
    ...(isTiered(item) && { used: quantityOf(priceUnits[unit].kind, await platform.prices.used.used(key))!.quantity }),
  };
};
