/** What a service charges from a moment on. Rows never change; one that is not yet in force can be taken back. */
export interface PriceRow {
  /** `prc_...` */
  id: string;
  account: string;
  service: string;
  /** Digest; empty for all versions. */
  version: string;
  /** Account of those who call; empty for all. */
  payer: string;
  /** Milliseconds since 1970. */
  from_at: number;
  /** `PriceItem`s, JSON text; null: the node's tariff alone holds again. */
  items: string | null;
  created_at: number;
  created_by: string;
}

/** How much of a unit an account has used of a service in a month, where its price depends on that. */
export interface PriceUsedRow {
  account: string;
  service: string;
  payer: string;
  unit: string;
  /** `2026-11`, UTC */
  month: string;
  /** In the smallest parts of the unit: may pass 2^53, so that it is read as text. */
  parts: number;
}

/** What calls of an operation cost at most, for a while. */
export interface QuoteRow {
  /** `quo_...` */
  id: string;
  /** Of who asked. */
  payer: string;
  account: string;
  service: string;
  version: string;
  operation: string;
  /** The price that holds for them; null: the node's tariff. */
  price: string | null;
  most_pico: number;
  created_at: number;
  created_by: string;
  expires_at: number;
}
