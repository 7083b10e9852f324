import { csvLine } from '#src/core/csv.ts';
import type { UsageReport } from '#src/platform/usage/usage.ts';

const amounts = [
  'calls',
  'cpuSeconds',
  'wallSeconds',
  'memoryGbSeconds',
  'egressBytes',
  'joules',
  'gramsCo2e',
] as const;
const charges = ['call', 'cpu', 'energy', 'carbon'] as const;

/** A report as CSV: a line for each of its items, without the total. */
export const usageCsv = ({ by, usage }: UsageReport): string => {
  const head = ['start', 'end', ...by, ...amounts, ...charges.map((kind) => `usd-${kind}`), 'usd'];
  const lines = usage.map((item) =>
    csvLine([
      ...[item.start, item.end, ...by.map((name) => item.key[name] ?? '')],
      ...amounts.map((name) => item[name]),
      ...charges.map((kind) => item.charges[kind]),
      item.usd,
    ]),
  );
  return csvLine(head) + lines.join('');
};
