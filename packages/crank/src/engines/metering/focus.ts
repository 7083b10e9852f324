import { csvLine } from '#src/core/csv.ts';
import { formatDecimal } from '#src/core/decimal.ts';
import { formatUsd } from '#src/core/money.ts';
import { tagsIn } from '#src/core/tags.ts';
import { type ChargeKind, chargeKinds } from './price.ts';

/** What calls that differ in nothing else cost within a part of a month. */
export interface FocusUsage {
  /** Milliseconds since 1970 UTC. */
  start: number;
  end: number;
  account: string;
  principal: string;
  principalName: string;
  serviceAccount: string;
  service: string;
  version: string;
  operation: string;
  outcome: string;
  tags: string;
  costCentre: string;
  node: string;
  calls: bigint;
  cpuNs: bigint;
  byteSeconds: bigint;
  nanojoules: bigint;
  picograms: bigint;
  inputBytes: bigint;
  outputBytes: bigint;
  pages: bigint;
  tokens: bigint;
  /** Picodollars by the kind of charge line. */
  charges: Readonly<Record<ChargeKind, bigint>>;
}

/** The columns of FOCUS 1.2 that there is something to say in, then our own. */
export const focusColumns = [
  'BilledCost',
  'BillingAccountId',
  'BillingAccountName',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'ChargeCategory',
  'ChargeClass',
  'ChargeDescription',
  'ChargeFrequency',
  'ChargePeriodEnd',
  'ChargePeriodStart',
  'CommitmentDiscountStatus',
  'ConsumedQuantity',
  'ConsumedUnit',
  'ContractedCost',
  'EffectiveCost',
  'InvoiceId',
  'InvoiceIssuerName',
  'ListCost',
  'PricingQuantity',
  'PricingUnit',
  'ProviderName',
  'PublisherName',
  'ServiceCategory',
  'ServiceName',
  'ServiceSubcategory',
  'SubAccountId',
  'SubAccountName',
  'Tags',
  'x_ChargeKind',
  'x_CostCentre',
  'x_Node',
  'x_Operation',
  'x_Outcome',
  'x_Version',
] as const;

type Row = Readonly<Record<(typeof focusColumns)[number], string | null>>;

export const focusHead = csvLine(focusColumns);

/**
 * A row for each kind of charge that there is one of, as CSV. FOCUS, the FinOps Open Cost and Usage Specification, version 1.2.
 *
 * Unit prices are left out: each line of each call is rounded to a picodollar, so that their product with a quantity
 * would only nearly be the cost, and `ListUnitPrice-C-010-C` wants it to be the same.
 *
 * @param issuer the node's name
 */
export const focusRows = (usage: FocusUsage, issuer: string): string => {
  const kinds: Readonly<Record<ChargeKind, { what: string; quantity: string; unit: string } | undefined>> = {
    call: { what: 'Calls', quantity: formatDecimal(usage.calls, 0), unit: 'Requests' },
    cpu: { what: 'CPU time', quantity: formatDecimal(usage.cpuNs, 9), unit: 'Seconds' },
    energy: { what: 'Energy', quantity: formatDecimal(usage.nanojoules, 9), unit: 'Joules' },
    carbon: { what: 'Carbon', quantity: formatDecimal(usage.picograms, 12), unit: 'Grams' },
    request: { what: 'Price per call', quantity: formatDecimal(usage.calls, 0), unit: 'Requests' },
    memory: { what: 'Memory', quantity: formatDecimal(usage.byteSeconds, 9), unit: 'GB-Seconds' },
    input: { what: 'Bytes in', quantity: formatDecimal(usage.inputBytes, 9), unit: 'GB' },
    output: { what: 'Bytes out', quantity: formatDecimal(usage.outputBytes, 9), unit: 'GB' },
    page: { what: 'Pages', quantity: formatDecimal(usage.pages, 0), unit: 'Pages' },
    token: { what: 'Tokens', quantity: formatDecimal(usage.tokens, 0), unit: 'Tokens' },
    discount: undefined,
  };
  const common = commonOf(usage, issuer);
  return chargeKinds
    .filter((kind) => usage.charges[kind] !== 0n)
    .map((kind) => {
      const counted = kinds[kind];
      const amount = decimal(formatUsd(usage.charges[kind]));
      const quantity = counted === undefined ? null : decimal(counted.quantity);
      const row: Row = {
        ...common,
        ...(counted === undefined && { ChargeCategory: 'Credit' }),
        BilledCost: amount,
        ContractedCost: amount,
        EffectiveCost: amount,
        ListCost: amount,
        ChargeDescription: `${counted?.what ?? 'What is beyond a bound'} of ${usage.serviceAccount}/${usage.service}.${usage.operation}`,
        ConsumedQuantity: quantity,
        ConsumedUnit: counted?.unit ?? null,
        PricingQuantity: quantity,
        PricingUnit: counted?.unit ?? null,
        x_ChargeKind: kind,
      };
      return csvLine(focusColumns.map((name) => row[name]));
    })
    .join('');
};

const commonOf = (usage: FocusUsage, issuer: string) => {
  const start = new Date(usage.start);
  const [year, month] = [start.getUTCFullYear(), start.getUTCMonth()];
  return {
    BillingAccountId: usage.account,
    BillingAccountName: usage.account,
    BillingCurrency: 'USD',
    BillingPeriodEnd: time(Date.UTC(year, month + 1)),
    BillingPeriodStart: time(Date.UTC(year, month)),
    ChargeCategory: 'Usage',
    ChargeClass: null,
    ChargeFrequency: 'Usage-Based',
    ChargePeriodEnd: time(usage.end),
    ChargePeriodStart: time(usage.start),
    CommitmentDiscountStatus: null,
    InvoiceId: null,
    InvoiceIssuerName: issuer,
    ProviderName: issuer,
    PublisherName: usage.serviceAccount,
    ServiceCategory: 'Compute',
    ServiceName: `${usage.serviceAccount}/${usage.service}`,
    ServiceSubcategory: 'Serverless Compute',
    SubAccountId: usage.principal,
    SubAccountName: usage.principalName,
    Tags: keyValues(usage.tags),
    x_CostCentre: usage.costCentre || null,
    x_Node: usage.node,
    x_Operation: usage.operation,
    x_Outcome: usage.outcome,
    x_Version: usage.version,
  };
};

/** DateTimeFormat: seconds, and `Z`. */
const time = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

/** With a point, since readers of CSV take a column without one for whole numbers, which are no decimals to them. */
const decimal = (text: string): string => (text.includes('.') ? text : `${text}.0`);

/** KeyValueFormat: a JSON object; a tag without a value is true (`Tags-C-008-M`). */
const keyValues = (tags: string): string =>
  JSON.stringify(
    Object.fromEntries(
      tagsIn(tags).map((tag): [string, string | true] => {
        const at = tag.indexOf('=');
        return at < 1 ? [tag, true] : [tag.slice(0, at), tag.slice(at + 1)];
      }),
    ),
  );
