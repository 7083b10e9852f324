import { csvLine } from '#src/core/csv.ts';
import { chargeKinds, type UsageReport } from '#src/platform/usage/usage.ts';

const amounts = [
  'calls',
  'cpuSeconds',
  'wallSeconds',
  'memoryGbSeconds',
  'egressBytes',
  'joules',
  'gramsCo2e',
] as const;
const counts = ['inputBytes', 'outputBytes', 'pages', 'tokens'] as const;

/** A report as CSV: a line for each of its items, without the total. */
export const usageCsv = ({ by, usage }: UsageReport): string => {
  const head = ['start', 'end', ...by, ...amounts, ...chargeKinds.map((kind) => `usd-${kind}`), 'usd', ...counts];
  const lines = usage.map((item) =>
    csvLine([
      ...[item.start, item.end, ...by.map((name) => item.key[name] ?? '')],
      ...amounts.map((name) => item[name]),
      ...chargeKinds.map((kind) => item.charges[kind]),
      item.usd,
      ...counts.map((name) => item[name]),
    ]),
  );
  return csvLine(head) + lines.join('');
};
