import { csvLine } from '#src/core/csv.ts';
import { formatDecimal } from '#src/core/decimal.ts';
import { formatUsd } from '#src/core/money.ts';
import { tagsIn } from '#src/core/tags.ts';

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
  nanojoules: bigint;
  picograms: bigint;
  /** Picodollars by the kind of charge line. */
  call: bigint;
  cpu: bigint;
  energy: bigint;
  carbon: bigint;
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
  const kinds = [
    { kind: 'call', what: 'Calls', cost: usage.call, quantity: formatDecimal(usage.calls, 0), unit: 'Requests' },
    { kind: 'cpu', what: 'CPU time', cost: usage.cpu, quantity: formatDecimal(usage.cpuNs, 9), unit: 'Seconds' },
    {
      kind: 'energy',
      what: 'Energy',
      cost: usage.energy,
      quantity: formatDecimal(usage.nanojoules, 9),
      unit: 'Joules',
    },
    {
      ...{ kind: 'carbon', what: 'Carbon', cost: usage.carbon },
      ...{ quantity: formatDecimal(usage.picograms, 12), unit: 'Grams' },
    },
  ];
  const common = commonOf(usage, issuer);
  return kinds
    .filter(({ cost }) => cost !== 0n)
    .map(({ kind, what, cost, quantity, unit }) => {
      const amount = decimal(formatUsd(cost));
      const row: Row = {
        ...common,
        BilledCost: amount,
        ContractedCost: amount,
        EffectiveCost: amount,
        ListCost: amount,
        ChargeDescription: `${what} of ${usage.serviceAccount}/${usage.service}.${usage.operation}`,
        ConsumedQuantity: decimal(quantity),
        ConsumedUnit: unit,
        PricingQuantity: decimal(quantity),
        PricingUnit: unit,
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
