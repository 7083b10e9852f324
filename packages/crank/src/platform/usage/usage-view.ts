import { formatDecimal } from '#src/core/decimal.ts';
import { formatUsd } from '#src/core/money.ts';
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
  /** Dollars by the kind of charge line, and in all. */
  charges: { call: string; cpu: string; energy: string; carbon: string };
  usd: string;
}

const totalOf = (amounts: Amounts): bigint =>
  amounts.pico_call + amounts.pico_cpu + amounts.pico_energy + amounts.pico_carbon;

export const viewOf = (amounts: Amounts): UsedAmounts => ({
  calls: Number(amounts.calls),
  cpuSeconds: formatDecimal(amounts.cpu_ns, 9),
  wallSeconds: formatDecimal(amounts.wall_ns, 9),
  memoryGbSeconds: formatDecimal(amounts.byte_seconds, 9),
  egressBytes: Number(amounts.egress_bytes),
  joules: formatDecimal(amounts.nanojoules, 9),
  gramsCo2e: formatDecimal(amounts.picograms, 12),
  charges: {
    call: formatUsd(amounts.pico_call),
    cpu: formatUsd(amounts.pico_cpu),
    energy: formatUsd(amounts.pico_energy),
    carbon: formatUsd(amounts.pico_carbon),
  },
  usd: formatUsd(totalOf(amounts)),
});
