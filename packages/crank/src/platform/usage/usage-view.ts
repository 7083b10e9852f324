import { formatDecimal } from '#src/core/decimal.ts';
import { formatUsd } from '#src/core/money.ts';
import { type ChargeKind, chargeKinds } from '#src/engines/metering/price.ts';
import type { UsageSum } from './usage-query.ts';

type Amounts = UsageSum['amounts'];

/** What was used, and what it cost; decimal text, since sums may have more digits than a number. */
export interface UsedAmounts {
  calls: number;
  cpuSeconds: string;
  wallSeconds: string;
  /** Peak memory, held for the wall time. 1 GB is 10^9 bytes. */
  memoryGbSeconds: string;
  egressBytes: number;
  joules: string;
  gramsCo2e: string;
  /** What was counted where a service's own price was for it. */
  inputBytes: number;
  outputBytes: number;
  pages: number;
  tokens: number;
  /** Dollars by the kind of charge line, and in all. */
  charges: Record<ChargeKind, string>;
  usd: string;
}

export const totalOf = (amounts: Amounts): bigint =>
  chargeKinds.reduce((sum, kind) => sum + amounts[`pico_${kind}`], 0n);

/** Picodollars by the kind of charge line. */
export const chargesOf = (amounts: Amounts): Record<ChargeKind, bigint> =>
  Object.fromEntries(chargeKinds.map((kind) => [kind, amounts[`pico_${kind}`]])) as Record<ChargeKind, bigint>;

export const viewOf = (amounts: Amounts): UsedAmounts => ({
  calls: Number(amounts.calls),
  cpuSeconds: formatDecimal(amounts.cpu_ns, 9),
  wallSeconds: formatDecimal(amounts.wall_ns, 9),
  memoryGbSeconds: formatDecimal(amounts.byte_seconds, 9),
  egressBytes: Number(amounts.egress_bytes),
  joules: formatDecimal(amounts.nanojoules, 9),
  gramsCo2e: formatDecimal(amounts.picograms, 12),
  inputBytes: Number(amounts.input_bytes),
  outputBytes: Number(amounts.output_bytes),
  pages: Number(amounts.pages),
  tokens: Number(amounts.tokens),
  charges: Object.fromEntries(chargeKinds.map((kind) => [kind, formatUsd(amounts[`pico_${kind}`])])) as Record<
    ChargeKind,
    string
  >,
  usd: formatUsd(totalOf(amounts)),
});
