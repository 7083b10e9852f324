/** What an account was charged in a month that is over. Rows never change. */
export interface InvoiceRow {
  /** `inv_...` */
  id: string;
  account: string;
  /** From 1 on within the account, without gaps. */
  number: number;
  /** `2026-11`, UTC */
  month: string;
  /** `InvoiceLine`s, canonical JSON text. */
  lines: string;
  /** Picodollars, decimal text: may pass 2^53. */
  pico_usd: string;
  calls: number;
  issued_at: number;
  issued_by: string;
}
