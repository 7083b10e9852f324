import { formatDecimal } from '#src/core/decimal.ts';
import type { ChargeKind, ChargeLine } from './price.ts';

/** What a service's price may be for: how finely it is counted, and the charge line that it makes. */
export const priceUnits = {
  call: { parts: 1n, kind: 'request' },
  'cpu-second': { parts: 1_000_000_000n, kind: 'cpu' },
  'gb-second': { parts: 1_000_000_000n, kind: 'memory' },
  'gb-in': { parts: 1_000_000_000n, kind: 'input' },
  'gb-out': { parts: 1_000_000_000n, kind: 'output' },
  joule: { parts: 1_000_000_000n, kind: 'energy' },
  page: { parts: 1n, kind: 'page' },
  token: { parts: 1n, kind: 'token' },
} as const satisfies Record<string, { parts: bigint; kind: ChargeKind }>;

export type PriceUnit = keyof typeof priceUnits;
export const unitNames = Object.keys(priceUnits) as PriceUnit[];
/** Units that a call counts by what it answers. */
export const countedUnits: readonly PriceUnit[] = ['page', 'token'];

/** The unit behind a charge line of a service's own price; undefined where the platform charges it alone. */
const unitOfKind = (kind: string): PriceUnit | undefined => unitNames.find((unit) => priceUnits[unit].kind === kind);

/** What one costs, up to so many in a month. */
export interface PriceTier {
  /** Units in the month, this tier's last among them; null: all that follow. */
  upTo: number | null;
  /** Whole units of 10^-7 USD for `per` of them; 0: free. */
  price: number;
}

/** One line of a price. */
export interface PriceItem {
  unit: PriceUnit;
  /** How many of the unit its prices are for, such as 1,000. */
  per: number;
  /** Ascending; the last one has no end. */
  tiers: readonly PriceTier[];
  /** Of pages and tokens: JSON Pointer (RFC 6901) to their number, or to a list of them, in the answer. */
  count?: string;
  /** Of pages and tokens: a call is charged for no more. */
  most?: number;
}

/** What a call counts for, in the smallest parts of each unit. */
export type Quantities = Readonly<Record<PriceUnit, bigint>>;

/** Picodollars in one unit of prices. */
const PICO_PER_UNIT = 100_000n;

/** Units of 10^-7 USD times parts, over parts, as picodollars: rounded once, half up. */
export const picoFor = (numerator: bigint, denominator: bigint): bigint =>
  (2n * numerator * PICO_PER_UNIT + denominator) / (2n * denominator);

/** Peak memory held for the wall time: byte-seconds, rounded half up. */
export const byteSecondsOf = (bytes: number, wallNs: number): bigint =>
  (BigInt(bytes) * BigInt(wallNs) + 500_000_000n) / 1_000_000_000n;

/**
 * What some of a unit costs: each part of it by the tier that it falls into, exactly, and the sum rounded once.
 *
 * @param before what was used up in the month before
 * @returns picodollars
 */
export const chargeOf = ({ unit, per, tiers }: PriceItem, quantity: bigint, before: bigint): bigint => {
  const { parts } = priceUnits[unit];
  let numerator = 0n;
  let at = before;
  let left = quantity;
  for (const { upTo, price } of tiers) {
    const end = upTo === null ? at + left : BigInt(upTo) * parts;
    const within = end <= at ? 0n : end - at < left ? end - at : left;
    numerator += within * BigInt(price);
    at += within;
    left -= within;
  }
  return picoFor(numerator, BigInt(per) * parts);
};

/** Whether what was used before in the month says what more costs. */
export const isTiered = ({ tiers }: PriceItem): boolean => tiers.length > 1;

/** What some of a unit costs at most, whatever was used before. */
export const mostOf = (item: PriceItem, quantity: bigint): bigint => {
  const dearest = Math.max(...item.tiers.map(({ price }) => price));
  return chargeOf({ ...item, tiers: [{ upTo: null, price: dearest }] }, quantity, 0n);
};

/** A call's charge lines where its service has a price of its own: of the node's tariff the fee and carbon stay. */
export const linesOf = (
  tariff: readonly ChargeLine[],
  items: readonly PriceItem[],
  quantities: Quantities,
  charge: (item: PriceItem, quantity: bigint) => bigint,
): ChargeLine[] => [
  ...tariff.filter(({ kind }) => kind === 'call' || kind === 'carbon'),
  ...items.map((item): ChargeLine => {
    const quantity = quantities[item.unit];
    return { kind: priceUnits[item.unit].kind, picoUsd: Number(charge(item, quantity)), quantity };
  }),
];

const DIGITS = 9;

/** What a charge line counts, as receipts say it: decimal text of whole units, and their name. */
export const quantityOf = (kind: ChargeKind, quantity: bigint): { quantity: string; unit: PriceUnit } | undefined => {
  const unit = unitOfKind(kind);
  if (unit === undefined) return undefined;
  return { quantity: formatDecimal(quantity, priceUnits[unit].parts === 1n ? 0 : DIGITS), unit };
};
