import { describe, expect, it } from 'vitest';
import { type FocusUsage, focusColumns, focusHead, focusRows } from '#src/engines/metering/focus.ts';

// The rules of FOCUS 1.2 that apply to what we write, by their numbers in its requirements model. Those about columns that
// are left out apply to providers that support what these are for: a price list, commitments, regions, resources.

const usage: FocusUsage = {
  start: Date.UTC(2026, 10, 30),
  end: Date.UTC(2026, 11, 1),
  account: 'acme',
  principal: 'key_1 for "ann", of sales',
  principalName: 'laptop',
  serviceAccount: 'shop',
  service: 'words',
  version: `sha256:${'0'.repeat(64)}`,
  operation: 'top_words',
  outcome: 'ok',
  tags: 'eu,note=a=b,team=billing,=odd',
  costCentre: '4711',
  node: 'node.test/log',
  calls: 12_345n,
  cpuNs: 2n ** 60n,
  byteSeconds: 1_500_000_000n,
  nanojoules: 5n,
  picograms: 7_000_000_000_000n,
  inputBytes: 0n,
  outputBytes: 0n,
  pages: 3n,
  tokens: 0n,
  charges: {
    ...{ call: 123_450_000_000n, cpu: 2n ** 62n, energy: 1n, carbon: 0n },
    ...{ request: 0n, memory: 0n, input: 0n, output: 0n, page: 30_000_000n, token: 0n, discount: -5n },
  },
};

/** RFC 4180, strictly. */
const parse = (csv: string): string[][] => {
  const rows: string[][] = [];
  let row: string[] = [];
  let rest = csv;
  while (rest !== '') {
    const found = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest);
    if (found === null) throw new Error(`no CSV: ${rest.slice(0, 80)}`);
    row.push(found[1]?.replaceAll('""', '"') ?? found[2]!);
    if (found[3] === '\r\n') {
      rows.push(row);
      row = [];
    }
    rest = rest.slice(found[0].length);
  }
  return rows;
};

const [head, ...lines] = parse(focusHead + focusRows(usage, 'node.test/log'));
const rows = lines.map((line) => Object.fromEntries(head!.map((name, at) => [name, line[at] || null])));
type Row = (typeof rows)[number];

const string = (name: string) => (row: Row) => row[name] === null || row[name]!.trim() !== '';
const some = (name: string) => (row: Row) => row[name] !== null;
const oneOf =
  (name: string, ...values: (string | null)[]) =>
  (row: Row) =>
    values.includes(row[name]!);
/** NumericFormat-A-003 to A-011, and a point, without which readers take it for a whole number. */
const decimal = (name: string) => (row: Row) => /^-?\d+\.\d+$/.test(row[name]!);
/** DateTimeFormat-A-001 to A-006. */
const time = (name: string) => (row: Row) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(row[name]!);
const present = (name: string) => () => head!.includes(name);
/** What the specification wants of charges for usage only: a credit counts nothing. */
const ofUsage = (rule: (row: Row) => boolean) => (row: Row) => row['ChargeCategory'] !== 'Usage' || rule(row);
const both = (a: string, b: string) => (row: Row) => (row[a] === null) === (row[b] === null);

const strings = [
  ...['BillingAccountId', 'InvoiceIssuerName', 'ProviderName', 'PublisherName', 'ServiceName', 'SubAccountId'],
  ...['SubAccountName', 'ChargeDescription', 'BillingAccountName'],
];
const costs = ['BilledCost', 'ContractedCost', 'EffectiveCost', 'ListCost'];
const times = ['BillingPeriodStart', 'BillingPeriodEnd', 'ChargePeriodStart', 'ChargePeriodEnd'];
const numbers: Record<string, string> = {
  ...{ BillingAccountName: '005-M', BilledCost: '006-M', ChargeCategory: '008-M', BillingPeriodStart: '009-M' },
  ...{ BillingPeriodEnd: '010-M', ConsumedQuantity: '011-C', SubAccountId: '019-C', PublisherName: '021-M' },
  ...{ InvoiceIssuerName: '023-M', BillingAccountId: '024-M', ChargeDescription: '025-M', ChargeClass: '026-M' },
  ...{ ChargeFrequency: '027-O', ChargePeriodEnd: '028-M', SubAccountName: '029-C', ContractedCost: '030-M' },
  ...{ EffectiveCost: '031-M', ListCost: '032-M', InvoiceId: '033-O', BillingCurrency: '035-M' },
  ...{ PricingQuantity: '036-M', ChargePeriodStart: '037-M', ProviderName: '038-M', ServiceCategory: '040-M' },
  ...{ ServiceName: '041-M', ServiceSubcategory: '042-O', Tags: '064-C', ConsumedUnit: '066-C', PricingUnit: '068-M' },
};

const rules: [id: string, holds: (row: Row) => boolean][] = [
  ...Object.entries(numbers).map(([name, id]): [string, (row: Row) => boolean] => [
    `CostAndUsage-D-${id}`,
    present(name),
  ]),
  ...strings.flatMap((name): [string, (row: Row) => boolean][] => [
    [`${name}: StringHandling-A-007-M`, string(name)],
    [`${name}: not null`, some(name)],
  ]),
  ...costs.flatMap((name): [string, (row: Row) => boolean][] => [
    [`${name}-C-001-M`, decimal(name)],
    [`${name}-C-003-M`, some(name)],
  ]),
  ...times.flatMap((name): [string, (row: Row) => boolean][] => [
    [`${name}-C-002-M`, time(name)],
    [`${name}-C-003-M`, some(name)],
  ]),
  ['BillingPeriodStart-C-004-M', ({ BillingPeriodStart: at }) => at === '2026-11-01T00:00:00Z'],
  ['BillingPeriodEnd-C-004-M', ({ BillingPeriodEnd: at }) => at === '2026-12-01T00:00:00Z'],
  ['ChargePeriodStart-C-004-M', ({ ChargePeriodStart: at }) => at === '2026-11-30T00:00:00Z'],
  ['ChargePeriodEnd-C-004-M', ({ ChargePeriodEnd: at }) => at === '2026-12-01T00:00:00Z'],
  ['BillingCurrency-C-003-M', ({ BillingCurrency: code }) => /^[A-Z]{3}$/.test(code!)],
  ['ChargeCategory-C-003-M', oneOf('ChargeCategory', 'Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment')],
  ['ChargeClass-C-005-C', oneOf('ChargeClass', 'Correction', null)],
  ['ChargeFrequency-C-003-M', oneOf('ChargeFrequency', 'One-Time', 'Recurring', 'Usage-Based')],
  ['ServiceCategory-C-003-M', oneOf('ServiceCategory', 'Compute')],
  ['ServiceSubcategory-C-004-M', oneOf('ServiceSubcategory', 'Serverless Compute')],
  ['PricingQuantity-C-001-M', ofUsage(decimal('PricingQuantity'))],
  ['PricingUnit-C-005-C', ofUsage(some('PricingUnit'))],
  ['ConsumedUnit-C-005-C', ofUsage(some('ConsumedUnit'))],
  ['PricingUnit-C-006-C', both('PricingUnit', 'PricingQuantity')],
  ['ConsumedQuantity-C-001-M', ofUsage(decimal('ConsumedQuantity'))],
  ['ConsumedQuantity-C-006-C', ofUsage(some('ConsumedQuantity'))],
  ['ConsumedQuantity-C-004-C', (row) => row['ChargeCategory'] === 'Usage' || row['ConsumedQuantity'] === null],
  ['ConsumedUnit-C-006-C', both('ConsumedUnit', 'ConsumedQuantity')],
  ['SubAccountName-C-005-C', both('SubAccountName', 'SubAccountId')],
  ['InvoiceId-C-004-C', oneOf('InvoiceId', null)],
  ['EffectiveCost-C-010-C', (row) => row['EffectiveCost'] === row['BilledCost']],
  ['ContractedCost-C-008-C', (row) => row['ContractedCost'] === row['BilledCost']],
  ['ListCost-C-008-C', (row) => row['ListCost'] === row['BilledCost']],
  [
    'KeyValueFormat-A-001-M to A-004-M',
    ({ Tags: tags }) =>
      Object.values(JSON.parse(tags!) as object).every((value) => typeof value === 'string' || value === true),
  ],
  ['ColumnHandling-A-001-M, A-003-M, A-010-M', () => head!.every((name) => /^(x_)?[A-Z][A-Za-z]+$/.test(name))],
  ['ColumnHandling-A-005-O', () => head!.every((name) => name.length <= 50)],
  ['ColumnHandling-A-013-O', () => !/x_.* [A-Z]/.test(head!.join(' '))],
];

describe('the export in FOCUS 1.2', () => {
  it.each(rules)('%s', (_, holds) => {
    expect(rows.map(holds)).toEqual(rows.map(() => true));
  });

  it('has a row for each kind of charge that there is', () => {
    expect(head).toEqual([...focusColumns]);
    expect(rows.map((row) => [row['x_ChargeKind'], row['BilledCost'], row['ConsumedQuantity']])).toEqual([
      ['call', '0.12345', '12345.0'],
      ['cpu', '4611686.018427387904', '1152921504.606846976'],
      ['energy', '0.000000000001', '0.000000005'],
      ['page', '0.00003', '3.0'],
      ['discount', '-0.000000000005', null],
    ]);
    expect(JSON.parse(rows[0]!['Tags']!)).toEqual({ eu: true, note: 'a=b', team: 'billing', '=odd': true });
    expect(rows[0]!['SubAccountId']).toBe(usage.principal);
  });
});
