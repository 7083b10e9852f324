import { stat } from 'node:fs/promises';
import { CrankError } from '#src/core/error.ts';
import { periodAt } from '#src/engines/metering/budget.ts';
import { type Bill, totalOf, within } from '#src/engines/metering/meter.ts';
import { nanojoulesOf } from '#src/engines/metering/price.ts';
import {
  byteSecondsOf,
  chargeOf,
  isTiered,
  linesOf,
  mostOf,
  type PriceItem,
  type Quantities,
} from '#src/engines/metering/price-book.ts';
import type { QuoteRow } from '#src/store/schema-prices.ts';
import type { CallBody } from '../call.ts';
import type { CallState } from '../call-state.ts';
import type { Platform } from '../platform.ts';
import { countIn } from './count-in.ts';
import type { Price } from './prices.ts';
import type { TierPlace } from './tier-use.ts';

/** What a call is charged by, beside the node's tariff. */
export interface Terms {
  /** Of the service; undefined where the tariff alone holds. */
  price: (Price & { items: readonly PriceItem[] }) | undefined;
  quote: Pick<QuoteRow, 'id' | 'most_pico'> | undefined;
  /** Bytes of the arguments with their files. */
  inputBytes: number;
}

/** A call's bill, with what belongs into its commit. */
export interface Priced {
  bill: Bill;
  places: readonly TierPlace[];
}

/**
 * The price in force when the call came, or the one that its quote names.
 *
 * @param quote id, where the call names one
 * @throws CrankError `not-found` for another account's quote; `version-conflict` for one of something else, or that has expired
 */
export const termsOf = async (
  platform: Platform,
  state: CallState,
  body: CallBody,
  quote: string | undefined,
): Promise<Terms | undefined> => {
  const { target, principal, received } = state;
  const { account, service, digest } = target;
  if (quote === undefined) {
    if (!platform.prices.areThere) return undefined;
    const priced = { account, service, version: digest, payer: principal.account };
    return termsBy(await platform.prices.inForce(priced, received), undefined, body);
  }
  const row = await quoteFor(platform, state, quote);
  const price = row.price === null ? undefined : await platform.prices.byId(account, service, row.price);
  return termsBy(price, row, body);
};

const termsBy = async (
  price: Price | undefined,
  quote: QuoteRow | undefined,
  body: CallBody,
): Promise<Terms | undefined> => {
  const { items } = price ?? { items: null };
  if (items === null && quote === undefined) return undefined;
  const reads = items?.some(({ unit }) => unit === 'gb-in') ?? false;
  return {
    price: items === null ? undefined : { ...price!, items },
    quote,
    inputBytes: reads ? await sizeOf(body) : 0,
  };
};

const sizeOf = async ({ input, files }: CallBody): Promise<number> => {
  const sizes = await Promise.all(files.map(async ({ path }) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, input.length);
};

const quoteFor = async (platform: Platform, state: CallState, id: string): Promise<QuoteRow> => {
  const { target, principal, operation, received } = state;
  const row = await platform.store.db.selectFrom('quotes').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined || row.payer !== principal.account)
    throw new CrankError('not-found', `There is no quote ${id.slice(0, 80)} for this account: ask for one.`);
  const conflict = (why: string): CrankError => new CrankError('version-conflict', `The quote ${id} ${why}.`);
  const isOfIt = row.account === target.account && row.service === target.service && row.operation === operation.name;
  if (!isOfIt) throw conflict(`is for ${row.account}/${row.service}.${row.operation}: ask for one of ${state.name}`);
  if (row.version !== target.digest)
    throw conflict(`is for the version ${row.version.slice(0, 19)}: call that (?version=), or ask for a new one`);
  if (row.expires_at <= received)
    throw conflict(`has expired at ${new Date(row.expires_at).toISOString()}: ask for a new one`);
  return row;
};

/** What a call costs at most by its limits. Pages and tokens have a bound in the price itself. */
export const mostFor = (
  platform: Pick<Platform, 'meter'>,
  { limits }: Pick<CallState, 'limits'>,
  terms: Terms | undefined,
  inputBytes: number = terms?.inputBytes ?? 0,
): Bill => {
  const bill = platform.meter(limits.cpuMs * 1e6, terms?.price === undefined ? 0 : limits.wallMs * 1e6);
  if (terms?.price === undefined) return within(bill, terms?.quote?.most_pico ?? bill.total);
  const { items } = terms.price;
  const counted = (unit: 'page' | 'token'): bigint => BigInt(items.find((item) => item.unit === unit)?.most ?? 0);
  const quantities: Quantities = {
    call: 1n,
    'cpu-second': BigInt(limits.cpuMs) * 1_000_000n,
    'gb-second': byteSecondsOf(limits.memoryBytes, limits.wallMs * 1e6),
    'gb-in': BigInt(inputBytes),
    'gb-out': BigInt(Math.max(limits.outputBytes, limits.fileBytes)),
    joule: nanojoulesOf(bill.energy.joules),
    page: counted('page'),
    token: counted('token'),
  };
  const lines = linesOf(bill.lines, items, quantities, mostOf);
  const most = { ...bill, lines, total: totalOf(lines) };
  return within(most, terms.quote?.most_pico ?? most.total);
};

/** What a call that has ended costs. @param metered by the node's tariff @param isCharged whether it costs anything */
export const billFor = async (
  platform: Platform,
  state: CallState,
  metered: Bill,
  isCharged: boolean,
): Promise<Priced> => {
  const { terms } = state;
  if (terms === undefined || !isCharged) return { bill: metered, places: [] };
  const bounded = (bill: Bill): Bill => within(bill, terms.quote?.most_pico ?? bill.total);
  if (terms.price === undefined) return { bill: bounded(metered), places: [] };
  const { items } = terms.price;
  const quantities = await quantitiesOf(state, metered, terms);
  const places: TierPlace[] = [];
  const charges = new Map<PriceItem, bigint>();
  const month = periodAt('month', state.received);
  const { account, service } = state.target;
  for (const item of items) {
    const quantity = quantities[item.unit];
    let before = 0n;
    if (isTiered(item)) {
      const key = { account, service, payer: state.principal.account, unit: item.unit, month };
      const place = await platform.prices.used.take(key, quantity);
      places.push(place);
      ({ before } = place);
    }
    charges.set(item, chargeOf(item, quantity, before));
  }
  const lines = linesOf(metered.lines, items, quantities, (item) => charges.get(item)!);
  return { bill: bounded({ ...metered, lines, total: totalOf(lines) }), places };
};

const quantitiesOf = async (state: CallState, { energy }: Bill, { price, inputBytes }: Terms): Promise<Quantities> => {
  const { usage, answer } = state;
  const { items } = price!;
  const counts = items.some(({ count }) => count !== undefined);
  const value: unknown = counts && answer.type === 'json' ? JSON.parse(Buffer.from(answer.json).toString()) : undefined;
  const counted = (unit: 'page' | 'token'): bigint => {
    const item = items.find((one) => one.unit === unit);
    return item?.count === undefined ? 0n : BigInt(Math.min(countIn(value, item.count), item.most!));
  };
  return {
    call: 1n,
    'cpu-second': BigInt(usage.cpuNs),
    'gb-second': byteSecondsOf(usage.peakMemoryBytes, usage.wallNs),
    'gb-in': BigInt(inputBytes),
    'gb-out': BigInt(answerBytes(state)),
    joule: nanojoulesOf(energy.joules),
    page: counted('page'),
    token: counted('token'),
  };
};

/** Bytes answered; of a failed call none, whatever its problem says. */
const answerBytes = ({ answer, stream }: CallState): number => {
  switch (answer.type) {
    case 'json':
      return answer.json.length;
    case 'file':
      return answer.size;
    case 'stream':
      return stream?.sentBytes ?? 0;
    case 'error':
      return 0;
  }
};
