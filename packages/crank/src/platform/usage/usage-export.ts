import { focusHead, focusRows } from '#src/engines/metering/focus.ts';
import { identify } from '../admit.ts';
import type { Platform } from '../platform.ts';
import { sumAll } from './sum-all.ts';
import { filterOf, type UsageQuestion } from './usage.ts';
import { periodOf } from './usage-period.ts';
import { type Dimension, sumUsage, type UsageFilter, usageSpan } from './usage-query.ts';
import { chargesOf } from './usage-view.ts';

const PAGE = 1_000;
const HOUR_MS = 3_600_000;
/** All that tells charges apart, in the order of the keys below. */
const by: readonly Dimension[] = [
  ...(['account', 'principal', 'service-account', 'service', 'version', 'operation', 'outcome'] as const),
  ...(['tags', 'cost-centre', 'node'] as const),
];

/**
 * Charges of a period by day in UTC, or by hour, as a CSV in FOCUS, in parts.
 *
 * @throws CrankError `forbidden`; `malformed-request`
 */
export async function* exportFocus(
  platform: Platform,
  authorization: string | undefined,
  question: UsageQuestion,
): AsyncGenerator<string> {
  const principal = await identify(platform, authorization);
  const filter = await filterOf(platform, principal, question);
  // FOCUS has its times in UTC, and its billing periods are months. Parts are whole, so that a charge has the same period in every export.
  const { calendar, ...asked } = periodOf({ ...question, zone: 'UTC' });
  const [grain, length] = question.grain === 'hour' ? (['hour', HOUR_MS] as const) : (['day', 24 * HOUR_MS] as const);
  const from = Math.floor(asked.from / length) * length;
  const to = Math.ceil(asked.to / length) * length;
  await sumAll(platform.store);
  const names = await principalNames(platform, filter);
  yield focusHead;
  const span = await usageSpan(platform.store.db, filter, { from, to });
  for (const { start, end } of calendar.parts(grain, from, to)) {
    if (span === undefined || start > span.last) break;
    if (end <= span.first) continue;
    for (let after: readonly string[] | undefined; ; ) {
      const sums = await sumUsage(platform.store.db, filter, by, { start, end, after, limit: PAGE });
      let lines = '';
      for (const { key, amounts } of sums) {
        const [account, who, serviceAccount, service, version, operation, outcome, tags, costCentre, node] = key;
        lines += focusRows(
          {
            ...{ start, end, account: account!, principal: who!, principalName: names.get(who!) ?? who! },
            ...{ serviceAccount: serviceAccount!, service: service!, version: version!, operation: operation! },
            ...{ outcome: outcome!, tags: tags!, costCentre: costCentre!, node: node! },
            ...{ calls: amounts.calls, cpuNs: amounts.cpu_ns, byteSeconds: amounts.byte_seconds },
            ...{ nanojoules: amounts.nanojoules, picograms: amounts.picograms },
            ...{ inputBytes: amounts.input_bytes, outputBytes: amounts.output_bytes },
            ...{ pages: amounts.pages, tokens: amounts.tokens, charges: chargesOf(amounts) },
          },
          platform.node,
        );
      }
      if (lines !== '') yield lines;
      if (sums.length < PAGE) break;
      after = sums.at(-1)!.key;
    }
  }
}

/** Names of the account's keys by id: those of other accounts stay ids. */
const principalNames = async (platform: Platform, { payer, owner }: UsageFilter): Promise<Map<string, string>> => {
  const rows = await platform.store.db
    .selectFrom('keys')
    .select(['id', 'name'])
    .where('account', '=', (payer ?? owner)!)
    .execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
};
