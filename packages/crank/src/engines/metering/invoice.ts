import { csvLine } from '#src/core/csv.ts';
import type { ChargeKind } from './price.ts';

/** What calls of one service cost for one cost centre, of one kind of charge. Amounts are decimal text. */
export interface InvoiceLine {
  /** `account/service` */
  service: string;
  /** Empty where calls had none. */
  costCentre: string;
  kind: ChargeKind;
  quantity: string;
  unit: string;
  usd: string;
}

/** What an account was charged in a month, to the last picodollar. */
export interface Invoice {
  id: string;
  /** `acme-000001`: from 1 on within the account, without gaps. */
  number: string;
  issuer: string;
  account: string;
  /** `2026-11`, UTC */
  month: string;
  issued: string;
  currency: 'USD';
  calls: number;
  lines: readonly InvoiceLine[];
  /** Sums of the lines, by cost centre. */
  costCentres: readonly { costCentre: string; usd: string }[];
  total: string;
}

/** How charges are named for those who pay them. */
export const chargeNames: Readonly<Record<ChargeKind, string>> = {
  call: 'Platform fee',
  cpu: 'CPU time',
  energy: 'Energy',
  carbon: 'Carbon',
  request: 'Calls',
  memory: 'Memory',
  input: 'Bytes in',
  output: 'Bytes out',
  page: 'Pages',
  token: 'Tokens',
  discount: 'Discount',
};

const columns = ['Invoice', 'Account', 'Month', 'Service', 'CostCentre', 'Charge', 'Quantity', 'Unit', 'USD'] as const;

/** An invoice as CSV (RFC 4180): its lines, which add up to the total. */
export const invoiceCsv = ({ number, account, month, lines }: Invoice): string =>
  csvLine(columns) +
  lines
    .map(({ service, costCentre, kind, quantity, unit, usd }) =>
      csvLine([number, account, month, service, costCentre, kind, quantity, unit, usd]),
    )
    .join('');
