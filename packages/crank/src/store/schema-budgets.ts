/** What may be spent within a period. Money is nanodollars (10^-9 USD). */
export interface BudgetRow {
  /** `bud_...` */
  id: string;
  account: string;
  /** `account`, `key`, `service` or `tag` */
  scope: string;
  /** Id of the key, name of the service, or the tag; empty for the account. */
  subject: string;
  /** `hour`, `day`, `month` or `total` */
  period: string;
  /** Null: not bounded. */
  nano_usd: number | null;
  calls: number | null;
  /** 1: calls beyond it are refused. */
  hard: number;
  /** Shares at which it tells, JSON text. */
  alerts: string;
  /** Where it tells it; null: in the log alone. */
  webhook: string | null;
  /** What deliveries to the webhook are signed with, encrypted; null where there is none. */
  wrapped_by: number | null;
  wrapped: Uint8Array | null;
  sealed: Uint8Array | null;
  created_at: number;
  created_by: string;
}

/** What was spent from a budget within one period. What is held stands here where several nodes share the database. */
export interface BudgetSpentRow {
  budget: string;
  /** `2026-11-27T16`, `2026-11-27`, `2026-11` or `total` */
  period: string;
  nano_usd: number;
  calls: number;
  held_nano_usd: number;
  held_calls: number;
}

/** What is held for a call that runs. */
export interface BudgetHoldRow {
  call: string;
  budget: string;
  period: string;
  nano_usd: number;
  node: string;
  /** Whoever is there then may take it back. */
  expires_at: number;
}

/** A share of a budget that was passed: told once. */
export interface BudgetAlertRow {
  budget: string;
  period: string;
  share: number;
  told_at: number;
  /** `pending`, `delivered`, `failed`, or `none` where there is no webhook. */
  delivery: string;
}
